import PackIO

/// A layer of an image: a tar, compressed by gzip, in a file.
struct ImageLayer {
    /// What is in it, for the image's history.
    let title: String
    /// Digest of the tar before it is compressed.
    let difference: SHA256Digest
    /// The compressed file.
    let file: MappedFile
    /// Digest of the compressed file.
    let digest: SHA256Digest

    /// Makes a layer of files, in a folder that must outlive it.
    init(_ title: String, _ entries: [BundleEntry], in folder: String) throws(BundleError) {
        self.title = title
        let path = "\(folder)/\(title).tar"
        try ArchiveWriter.write(entries, as: .tar, to: path)
        let tar = try Self.mapped(path)
        difference = tar.withBytes { SHA256Digest(of: $0) }
        let whole = BundleEntry(title, lent: { body in tar.withBytes { body($0) } })
        try ArchiveWriter.write([whole], as: .gzip, to: path + ".gz")
        file = try Self.mapped(path + ".gz")
        digest = file.withBytes { SHA256Digest(of: $0) }
    }

    private static func mapped(_ path: String) throws(BundleError) -> MappedFile {
        do throws(IOFailure) { return try MappedFile(path: path) } catch { throw .io(error) }
    }
}
