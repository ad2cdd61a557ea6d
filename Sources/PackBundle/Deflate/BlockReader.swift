import Glibc
import PackIO

/// Reads blocks of files into a buffer of its own. A file that is shortened meanwhile gives fewer bytes, and no fault.
final class BlockReader {
    private let buffer: UnsafeMutableRawBufferPointer

    /// - Parameter capacity: Bytes of the longest range that will be asked for.
    init(capacity: Int) { buffer = .allocate(byteCount: capacity, alignment: 64) }

    deinit { buffer.deallocate() }

    /// Lends a range of a file's bytes, or as many of them as there are.
    func read(
        _ range: Range<Int>, of file: ZippedFile, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(IOFailure) {
        switch file.source {
        case .nothing: body(UnsafeRawBufferPointer(start: nil, count: 0))
        case .lent(let lend):
            lend { bytes in body(UnsafeRawBufferPointer(rebasing: bytes[range.clamped(to: 0..<bytes.count)])) }
        case .path(let path, let followingLinks):
            let (count, size) = try fill(range, path, followingLinks)
            body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            guard count == range.count else { throw .truncated(path: path, bytes: size, expected: file.size) }
        }
    }

    /// Reads into the buffer; gives the bytes read and those in the file.
    private func fill(
        _ range: Range<Int>, _ path: String, _ followingLinks: Bool
    ) throws(IOFailure) -> (count: Int, size: Int) {
        // Nobody who would write into a pipe is waited for.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (followingLinks ? 0 : O_NOFOLLOW)
        let descriptor = open(path, flags)
        guard descriptor >= 0 else { throw .system(.open, path: path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(.status, path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .notRegular(path: path, found: (try FileContents.kind(of: path)) ?? .unknown)
        }
        var count = 0
        while count < range.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<range.count])
            let got = pread(descriptor, rest.baseAddress, rest.count, off_t(range.lowerBound + count))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .system(.read, path: path, code: errno) }
            guard got > 0 else { break }
            count += got
        }
        return (count, Int(status.st_size))
    }
}
