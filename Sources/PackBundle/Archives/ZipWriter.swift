/// Writes zip files of which the same entries always give the same bytes.
public enum ZipWriter {
    /// Writes a zip in place of whatever is at `path`; on an error nothing is there that was not before.
    public static func write(_ entries: [BundleEntry], to path: String) throws(BundleError) {
        try ArchiveWriter.write(entries, as: .zip, to: path)
    }
}
