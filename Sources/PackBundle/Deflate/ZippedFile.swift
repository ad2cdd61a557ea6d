/// A file as a zip would take it.
public struct ZippedFile: Sendable {
    /// Where its bytes are.
    public enum Source: Sendable {
        /// On disk. Links in the last place of the path are refused unless `followingLinks`.
        case path(String, followingLinks: Bool = false)
        /// With somebody who lends them all, to several threads at a time.
        case lent(@Sendable ((UnsafeRawBufferPointer) -> Void) -> Void)
        /// Nowhere: an empty file, or a folder.
        case nothing
    }

    /// Bytes of its name in the archive, folders included.
    public var nameBytes: Int
    /// Bytes in it.
    public var size: Int
    /// Where they are.
    public var source: Source

    /// Describes a file whose bytes are somewhere.
    public init(nameBytes: Int, size: Int, source: Source) {
        self.nameBytes = nameBytes
        self.size = max(size, 0)
        self.source = source
    }

    /// Describes a file on disk.
    public init(name: String, size: Int, path: String, followingLinks: Bool = false) {
        self.init(nameBytes: name.utf8.count, size: size, source: .path(path, followingLinks: followingLinks))
    }

    /// Describes a file in memory.
    public init(name: String, bytes: [UInt8]) {
        self.init(
            nameBytes: name.utf8.count, size: bytes.count,
            source: .lent { body in bytes.withUnsafeBytes(body) })
    }

    /// Its path, for messages; empty for one that is not on disk.
    var path: String {
        if case .path(let path, _) = source { path } else { "" }
    }
}
