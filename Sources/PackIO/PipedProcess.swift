import Glibc

/// A program that is spoken to by lines, through its standard input and output; its errors are dropped. No shell is involved.
package final class PipedProcess {
    private let process: pid_t
    private var input: Int32
    private let output: Int32
    private var buffered: [UInt8] = []
    private var end: Int32?

    /// Starts the program, with the environment of this process.
    ///
    /// - Parameter command: The program's path and its arguments.
    /// - Throws: `.system(.start, …)` where it cannot be started.
    package init(_ command: [String]) throws(IOFailure) {
        let toIt = try ChildProcess.pipe(for: command[0])
        let fromIt: (reading: Int32, writing: Int32)
        do throws(IOFailure) {
            fromIt = try ChildProcess.pipe(for: command[0])
        } catch {
            close(toIt.reading)
            close(toIt.writing)
            throw error
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, toIt.reading, 0)
        posix_spawn_file_actions_adddup2(&actions, fromIt.writing, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var pointers = command.map { strdup($0) } + [nil]
        defer {
            posix_spawn_file_actions_destroy(&actions)
            pointers.forEach { free($0) }
            close(toIt.reading)
            close(fromIt.writing)
        }
        var started: pid_t = 0
        let code = posix_spawn(&started, command[0], &actions, nil, &pointers, environ)
        (process, input, output) = (started, toIt.writing, fromIt.reading)
        guard code == 0 else {
            end = 0
            throw .system(.start, path: command[0], code: code)
        }
    }

    deinit {
        closeInput()
        close(output)
        guard end == nil else { return }
        // Another child may hold its input open.
        kill(process, SIGTERM)
        _ = waitForEnd()
    }

    /// Writes all bytes. The caller must ignore `SIGPIPE`: a process that has ended is an error here.
    package func write(_ bytes: [UInt8]) throws(IOFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(.write, path: "its input", code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// The next line without its end; nil where the program has closed its output before one was whole.
    package func line() -> [UInt8]? {
        var searched = 0
        while true {
            if let end = buffered[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffered[..<end])
                buffered.removeSubrange(...end)
                return line
            }
            searched = buffered.count
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = read(output, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            buffered += chunk[..<count]
        }
    }

    /// Waits until it has ended: its exit status, or 128 and the signal that ended it.
    package func waitForEnd() -> Int32 {
        if let end { return end }
        let result = ChildProcess.end(of: process)
        end = result
        return result
    }

    private func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }
}
