import PackIO

/// Packs a bundle anew, in the form that a platform takes.
public enum BundleConverter {
    /// Bytes that a file of a bundle may have.
    private static let limit = 1 << 36

    /// The form of a bundle; nil for what is none.
    ///
    /// - Throws: `BundleError.unreadable` for a damaged archive.
    public static func form(of path: String) throws(BundleError) -> BundleForm? {
        let isFolder: Bool
        do throws(IOFailure) { isFolder = try FileContents.kind(of: path) == .folder } catch { throw .io(error) }
        if isFolder {
            return try BundleReader.bytes(of: "bootstrap", in: path, limit: 4, prefix: true).map { _ in .folder }
        }
        guard BundleReader.isBundle(path), let file = try? MappedFile(path: path) else { return nil }
        if file.withBytes({ $0.starts(with: [0x50, 0x4B]) }) { return .zip }
        if file.withBytes({ $0.starts(with: [0x7F]) }) { return .file }
        return try ImageLayers.names(in: path, arch: nil) == nil ? .archive : .image
    }

    /// Writes a bundle as a zip or an image.
    ///
    /// - Parameters:
    ///   - source: A bundle of any form.
    ///   - arch: Of an image for several architectures the one that is taken.
    ///   - port: The port that an image listens on.
    ///   - path: Where it is written.
    ///   - scratch: A folder for what is written on the way.
    /// - Throws: `BundleError.unreadable` where the source has no program.
    public static func convert(
        _ source: String, to form: BundleForm, arch: String, port: Int?, at path: String, scratch: String
    ) throws(BundleError) {
        func bytes(_ name: String) throws(BundleError) -> [UInt8]? {
            try BundleReader.bytes(of: name, in: source, limit: limit, arch: arch)
        }
        guard let program = try bytes("bootstrap") else {
            throw .unreadable(path: source, message: "no file bootstrap in it")
        }
        var documents: [BundleEntry] = []
        for name in ["manifest.json", MLBOM.fileName] {
            if let document = try bytes(name) { documents.append(BundleEntry(name, bytes: document)) }
        }
        // A program that holds its plan needs no other file.
        let isWhole = try Self.form(of: source) == .file
        let plan = isWhole ? nil : try bytes("model.pack").map { BundleEntry("model.pack", bytes: $0) }
        let runtime = [BundleEntry("bootstrap", isExecutable: true, bytes: program)] + documents
        guard form == .image else {
            return try ArchiveWriter.write(runtime + [plan].compactMap(\.self), as: .zip, to: path)
        }
        let made = program.count > 18 && program[18] == 0xB7 ? "arm64" : "x86_64"
        try ImageWriter.write(
            [.init(arch: made, runtime: runtime, annotations: [:])], model: [plan].compactMap(\.self),
            ImageWriter.Settings(name: "bundle", port: port, labels: [:]), to: path, scratch: scratch)
    }
}
