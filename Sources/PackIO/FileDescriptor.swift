import Glibc

/// A descriptor that is closed when its owner goes.
struct FileDescriptor: ~Copyable {
    let raw: Int32

    /// Opens a path for reading, without waiting for whoever would write into a pipe.
    init(reading path: String, flags: Int32 = 0) throws(IOFailure) {
        let raw = retrying { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags) }
        guard raw >= 0 else { throw .system(.open, path: path, code: errno) }
        self.raw = raw
    }

    /// Creates a file that must not exist yet.
    init(creating path: String, mode: mode_t) throws(IOFailure) {
        let raw = retrying { open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode) }
        guard raw >= 0 else { throw .system(.create, path: path, code: errno) }
        self.raw = raw
    }

    deinit { close(raw) }

    /// The size of the file behind the descriptor, which must be a regular one.
    func regularSize(path: String) throws(IOFailure) -> Int {
        var status = stat()
        guard fstat(raw, &status) == 0 else { throw .system(.status, path: path, code: errno) }
        let kind = FileKind(mode: status.st_mode)
        guard kind == .regular else { throw .notRegular(path: path, found: kind) }
        return Int(status.st_size)
    }
}

/// Repeats a call while a signal interrupts it.
func retrying<Count: SignedInteger>(_ call: () -> Count) -> Count {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
