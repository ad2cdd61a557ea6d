/// Writes bundles. The same files give the same bytes.
public enum BundleWriter {
    /// Writes a bundle in place of whatever is at `path`, complete or not at all.
    ///
    /// - Parameters:
    ///   - files: What changes with the architecture; several for an image alone.
    ///   - plan: `model.pack`.
    ///   - settings: How an image is called and what it is for.
    ///   - path: Where it is written. A folder takes the place of an earlier bundle only (``BundleFolder``).
    ///   - scratch: A folder for what is written on the way.
    /// - Throws: `BundleError` where it cannot be written; nothing is there then that was not before.
    public static func write(
        _ files: [BundleFiles], plan: BundleEntry, as form: BundleForm, _ settings: ImageWriter.Settings,
        to path: String, scratch: String
    ) throws(BundleError) {
        guard let first = files.first, files.count == 1 || form == .image else {
            throw .archive(path: path, message: "\(files.count) architectures in \(form.description)")
        }
        switch form {
        case .image:
            try ImageWriter.write(
                files.map { .init(arch: $0.arch, runtime: $0.runtime, annotations: $0.annotations) }, model: [plan],
                settings, to: path, scratch: scratch)
        case .zip: try ArchiveWriter.write(first.runtime + [plan], as: .zip, to: path)
        case .archive: try ArchiveWriter.write(first.runtime + [plan], as: .zstdTar, to: path)
        case .folder: try BundleFolder.write(first.runtime + [plan], to: path)
        case .file:
            try ExecutableWriter.write(first.program, plan: plan, documents: first.documents, to: path)
        }
    }
}
