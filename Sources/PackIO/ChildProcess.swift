import Glibc

/// A program that is run to its end, with what it prints collected. No shell is involved.
package struct ChildProcess {
    /// How it ended and what it printed.
    package struct Result {
        /// Its exit status, or 128 and the signal that ended it.
        package var status: Int32
        /// Standard output, up to the limit.
        package var output: [UInt8]
        /// The last bytes of standard error.
        package var errors: [UInt8]
        /// Whether it was ended because its time was up.
        package var isTimedOut = false
    }

    /// Bytes of standard output that are kept.
    static let outputLimit = 64 << 20
    /// Bytes of standard error that are kept.
    static let errorLimit = 64 << 10

    private let program: String
    private let arguments: [String]
    private let variables: [String]?

    /// - Parameters:
    ///   - program: The program's path.
    ///   - arguments: What follows its name.
    ///   - variables: Its environment, `NAME=VALUE`; that of this process if not given.
    package init(program: String, arguments: [String], variables: [String]? = nil) {
        (self.program, self.arguments, self.variables) = (program, arguments, variables)
    }

    /// Runs it.
    /// - Parameter seconds: After these it is ended, with all processes of its group.
    /// - Throws: `.system(.start, …)` where it cannot be started.
    package func run(seconds: Int) throws(IOFailure) -> Result {
        let (output, errors) = (try Self.pipe(for: program), try Self.pipe(for: program))
        defer {
            close(output.reading)
            close(errors.reading)
        }
        let process: pid_t
        do {
            defer {
                close(output.writing)
                close(errors.writing)
            }
            process = try start(output: output.writing, errors: errors.writing)
        }
        var collector = Collector(descriptors: [output.reading, errors.reading])
        let isDone = collector.collect(milliseconds: seconds * 1000)
        if !isDone { kill(-process, SIGKILL) }
        return Result(
            status: Self.end(of: process), output: collector.buffers[0],
            errors: collector.buffers[1], isTimedOut: !isDone)
    }

    /// Waits until a child has ended: its exit status, or 128 and the signal that ended it.
    static func end(of process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// A pipe that programs started later do not inherit.
    static func pipe(for program: String) throws(IOFailure) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else {
            throw .system(.start, path: program, code: errno)
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private func start(output: Int32, errors: Int32) throws(IOFailure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        var pointers = ([program] + arguments).map { strdup($0) } + [nil]
        var environment = (variables ?? []).map { strdup($0) } + [nil]
        defer { for pointer in pointers + environment { free(pointer) } }
        var process: pid_t = 0
        func spawn() -> Int32 {
            guard variables != nil else {
                return posix_spawn(&process, program, &actions, &attributes, &pointers, environ)
            }
            return posix_spawn(&process, program, &actions, &attributes, &pointers, &environment)
        }
        var code = spawn()
        // A program that was just written can be held open for a moment by a process that another thread is starting.
        for _ in 0..<50 where code == ETXTBSY {
            usleep(20_000)
            code = spawn()
        }
        guard code == 0 else { throw .system(.start, path: program, code: code) }
        return process
    }

    /// Reads two pipes at once until both are closed.
    private struct Collector {
        let descriptors: [Int32]
        var buffers: [[UInt8]] = [[], []]

        init(descriptors: [Int32]) {
            self.descriptors = descriptors
        }

        /// - Returns: Whether both ended in time.
        mutating func collect(milliseconds: Int) -> Bool {
            let deadline = Self.now() + milliseconds
            var isOpen = [true, true]
            while isOpen[0] || isOpen[1] {
                let left = deadline - Self.now()
                guard left > 0 else { return false }
                var polled = descriptors.indices.map {
                    pollfd(fd: isOpen[$0] ? descriptors[$0] : -1, events: Int16(POLLIN), revents: 0)
                }
                guard poll(&polled, 2, Int32(clamping: left)) > 0 else { continue }
                for index in descriptors.indices where polled[index].revents != 0 { isOpen[index] = read(index) }
            }
            return true
        }

        private mutating func read(_ index: Int) -> Bool {
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = Glibc.read(descriptors[index], &chunk, chunk.count)
            if count < 0 { return errno == EINTR || errno == EAGAIN }
            guard count > 0 else { return false }
            if index == 0 {
                let room = ChildProcess.outputLimit - buffers[0].count
                buffers[0] += chunk[..<min(count, max(0, room))]
            } else {
                buffers[1] += chunk[..<count]
                if buffers[1].count > ChildProcess.errorLimit {
                    buffers[1].removeFirst(buffers[1].count - ChildProcess.errorLimit)
                }
            }
            return true
        }

        private static func now() -> Int {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
        }
    }
}
