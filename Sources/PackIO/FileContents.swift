import Glibc

/// Whole small files.
public enum FileContents {
    /// Bytes that a file of settings may have, unless its reader says otherwise.
    public static let settingsLimit = 64 << 20

    /// Reads a regular file into memory.
    /// - Throws: ``IOFailure/tooLarge(path:bytes:limit:)`` before anything is allocated for a file beyond the limit.
    public static func bytes(of path: String, limit: Int = settingsLimit) throws(IOFailure) -> [UInt8] {
        let descriptor = try FileDescriptor(reading: path)
        let size = try descriptor.regularSize(path: path)
        guard size <= limit else { throw .tooLarge(path: path, bytes: size, limit: limit) }
        var code: Int32 = 0
        let raw = descriptor.raw
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                let got = retrying { read(raw, rest.baseAddress, rest.count) }
                if got < 0 { code = errno }
                if got <= 0 { return }
                count += got
            }
        }
        guard code == 0 else { throw .system(.read, path: path, code: code) }
        guard bytes.count == size else { throw .truncated(path: path, bytes: bytes.count, expected: size) }
        return bytes
    }

    /// What stands at a path, links followed; nil when nothing does.
    public static func kind(of path: String) throws(IOFailure) -> FileKind? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .system(.status, path: path, code: errno)
        }
        return FileKind(mode: status.st_mode)
    }
}
