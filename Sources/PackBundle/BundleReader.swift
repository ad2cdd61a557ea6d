import PackIO

/// Reads one file out of a bundle's zip or image.
public enum BundleReader {
    /// Whether a file is a zip or a tar, by its first bytes.
    public static func isArchive(_ path: String) -> Bool {
        guard let file = try? MappedFile(path: path) else { return false }
        return file.withBytes { bytes in
            bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.dropFirst(257).starts(with: "ustar".utf8)
        }
    }

    /// The bytes of a file; nil if the bundle has no such file.
    ///
    /// - Throws: As ``read(_:of:limit:allocate:)``.
    public static func bytes(of name: String, in path: String, limit: Int) throws(BundleError) -> [UInt8]? {
        var memory: UnsafeMutableRawBufferPointer?
        defer { memory?.deallocate() }
        let isFound = try read(name, of: path, limit: limit) { size in
            memory = .allocate(byteCount: size, alignment: 16)
            return memory
        }
        return isFound ? memory.map { Array($0) } : nil
    }

    /// Gives the size of a file and then its bytes, in memory of the caller's choosing.
    ///
    /// - Parameters:
    ///   - name: The file.
    ///   - path: A zip, or the tar of an image: the first layer that has the file counts.
    ///   - limit: Bytes that the file may have.
    ///   - allocate: Called once with the file's size; nil gives up for want of memory.
    /// - Returns: Whether the bundle has such a file.
    /// - Throws: `BundleError.unreadable` for a damaged archive, or a file over the limit or of another size than it says.
    public static func read(
        _ name: String, of path: String, limit: Int, allocate: (Int) -> UnsafeMutableRawBufferPointer?
    ) throws(BundleError) -> Bool {
        let reader = try ArchiveReader(path: path)
        while let entry = try reader.next() {
            if entry.name == name {
                try reader.fill(entry, limit: limit, allocate)
                return true
            }
            // A layer of an image is an archive itself.
            guard entry.name.hasPrefix("blobs/"), entry.size <= limit else { continue }
            let blob = try reader.bytes(entry)
            guard let layer = try ArchiveReader(layer: blob, path: path) else { continue }
            while let inner = try layer.next() {
                guard inner.name == name else { continue }
                try layer.fill(inner, limit: limit, allocate)
                return true
            }
        }
        return false
    }
}
