import PackIO

/// A layer of an image: a compressed tar, in a file.
struct ImageLayer {
    /// What is in it, for the image's history.
    let title: String
    /// Digest of the tar before it is compressed.
    let difference: SHA256Digest
    /// The compressed file.
    let file: MappedFile
    /// Digest of the compressed file.
    let digest: SHA256Digest

    private let compression: LayerCompression

    /// What points to it.
    var descriptor: ImageDescriptor {
        ImageDescriptor(mediaType: compression.mediaType, digest: digest.description, size: file.size)
    }

    /// The compressed file as a blob of a layout.
    var blob: BundleEntry {
        let file = file
        return BundleEntry(ImageDescriptor.place(digest.description), lent: { body in file.withBytes { body($0) } })
    }

    /// Makes a layer of files, in a folder that must outlive it.
    ///
    /// - Parameter name: The beginning of the names of files there; the title if not given.
    init(
        _ title: String, _ entries: [BundleEntry], _ compression: LayerCompression, in folder: String,
        as name: String? = nil
    ) throws(BundleError) {
        (self.title, self.compression) = (title, compression)
        let path = "\(folder)/\(name ?? title).tar"
        try ArchiveWriter.write(entries, as: .tar, to: path)
        let tar = try Self.mapped(path)
        difference = tar.withBytes { SHA256Digest(of: $0) }
        let whole = BundleEntry(title, lent: { body in tar.withBytes { body($0) } })
        try ArchiveWriter.write([whole], as: .compressed(compression), to: path + ".packed")
        file = try Self.mapped(path + ".packed")
        digest = file.withBytes { SHA256Digest(of: $0) }
    }

    private static func mapped(_ path: String) throws(BundleError) -> MappedFile {
        do throws(IOFailure) { return try MappedFile(path: path) } catch { throw .io(error) }
    }
}
