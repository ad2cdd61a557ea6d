import Glibc

/// A regular file, mapped read-only and shared: opening costs no reading, and pages come and go with the page cache.
///
/// The mapping lives as long as the object. Bytes are lent to closures and must not leave them.
///
/// A file that another process shortens while it is mapped cannot be guarded against: touching a page beyond its new end
/// raises `SIGBUS`. Whoever maps a file vouches that nobody shortens it.
public final class MappedFile: Sendable {
    /// The path by which it was opened, for messages.
    public let path: String
    /// Bytes in the file when it was opened.
    public let size: Int
    private nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    /// Maps a file.
    /// - Parameters:
    ///   - path: The file; anything but a regular file is refused, and not waited for.
    ///   - followingLinks: Whether the last component of the path may be a symbolic link.
    public init(path: String, followingLinks: Bool = true) throws(IOFailure) {
        let descriptor = try FileDescriptor(reading: path, flags: followingLinks ? 0 : O_NOFOLLOW)
        let size = try descriptor.regularSize(path: path)
        self.path = path
        self.size = size
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let base = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor.raw, 0)
        guard let base, base != MAP_FAILED else { throw .system(.map, path: path, code: errno) }
        bytes = UnsafeRawBufferPointer(start: base, count: size)
    }

    deinit {
        guard let base = bytes.baseAddress else { return }
        munmap(UnsafeMutableRawPointer(mutating: base), size)
    }

    /// Lends all bytes.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(bytes)
    }

    /// Lends the bytes of a range, cut off at the ends of the file.
    public func withBytes<Result, Failure: Error>(
        in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: bytes[range.clamped(to: 0..<size)]))
    }
}
