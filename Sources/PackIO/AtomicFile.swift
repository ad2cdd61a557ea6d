import Glibc

/// A file that appears complete or not at all: written beside its place under a passing name, then renamed.
///
/// Without ``commit()`` nothing is left when the object goes.
public final class AtomicFile {
    /// Where the file will stand.
    public let path: String
    private let temporary: String
    private let descriptor: FileDescriptor
    private var committed = false

    /// Begins a file.
    /// - Parameters:
    ///   - path: Its place; a file that stands there is replaced at the end.
    ///   - mode: Its permission bits, exactly (the process's mask is not applied).
    public init(path: String, mode: UInt32 = 0o644) throws(IOFailure) {
        self.path = path
        // The name is hidden, short enough for any long `path`, and stays in the folder, so that renaming cannot copy.
        let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
        temporary = "\(folder).pack-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        do throws(IOFailure) {
            descriptor = try FileDescriptor(creating: temporary, mode: 0o600)
        } catch .system(_, _, let code) {
            throw .system(.create, path: path, code: code)
        }
        guard fchmod(descriptor.raw, mode) == 0 else {
            let code = errno
            unlink(temporary)
            throw .system(.create, path: path, code: code)
        }
    }

    deinit {
        if !committed { unlink(temporary) }
    }

    /// Appends bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(IOFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let wrote = retrying { Glibc.write(descriptor.raw, rest.baseAddress, rest.count) }
            guard wrote >= 0 else { throw .system(.write, path: path, code: errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[wrote...])
        }
    }

    /// Appends bytes.
    public func write(_ bytes: [UInt8]) throws(IOFailure) {
        let result: Result<Void, IOFailure> = bytes.withUnsafeBytes { buffer in
            do throws(IOFailure) {
                return .success(try write(buffer))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Flushes the file to the disk and puts it in its place.
    public func commit() throws(IOFailure) {
        guard fsync(descriptor.raw) == 0 else { throw .system(.sync, path: path, code: errno) }
        guard rename(temporary, path) == 0 else { throw .system(.rename, path: path, code: errno) }
        committed = true
    }

    /// Writes a whole file at once.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(IOFailure) {
        let file = try AtomicFile(path: path, mode: mode)
        try file.write(bytes)
        try file.commit()
    }
}
