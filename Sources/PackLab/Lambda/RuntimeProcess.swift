import CPackSystem
import Glibc

/// A program under limits, with what it prints collected.
package final class RuntimeProcess {
    /// How it ended.
    struct End: Equatable, Sendable {
        /// Exit status, -1 after a signal.
        var status: Int32
        /// The signal, or 0.
        var signal: Int32
        /// Largest resident set in bytes.
        var peakMemory: Int
    }

    let number: Int32
    /// Becomes readable when the process ends; -1 where the system has none.
    let descriptor: Int32
    /// The reading end of its standard output and error.
    let output: Int32
    /// When it was started, in nanoseconds of the monotonic clock.
    let started: UInt64
    private(set) var end: End?
    private var printed: [UInt8] = []

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: The program's path and its arguments.
    ///   - environment: All variables, `NAME=VALUE`.
    ///   - folder: Where it starts.
    init(
        _ arguments: [String], environment: [String], folder: String, limit: MemoryLimit, descriptors: Int
    ) throws(LambdaError) {
        var (reading, writing): (Int32, Int32) = (-1, -1)
        let failure = pack_pipe(&reading, &writing)
        guard failure == 0 else { throw .system(path: arguments[0], code: -failure) }
        defer { close(writing) }
        output = reading
        let argumentPointers = CStrings(arguments)
        let environmentPointers = CStrings(environment)
        var process: Int32 = 0
        started = pack_clock_ns()
        let result = folder.withCString { folder in
            var options = pack_spawn_options()
            options.path = UnsafePointer(argumentPointers.pointers[0])
            options.arguments = UnsafePointer(argumentPointers.list)
            options.environment = UnsafePointer(environmentPointers.list)
            options.folder = folder
            options.output = writing
            options.errors = writing
            options.cgroup_procs = limit.procs
            options.data_limit = UInt64(limit.dataLimit)
            options.descriptor_limit = UInt64(descriptors)
            return pack_spawn(&options, &process)
        }
        number = process
        descriptor = result == 0 ? pack_process_descriptor(process) : -1
        if result != 0 {
            end = End(status: -1, signal: 0, peakMemory: 0)
            throw .cannotStart(path: arguments[0], code: -result)
        }
    }

    deinit {
        kill()
        close(output)
        pack_close(descriptor)
    }

    /// Ends it at once, if it still runs.
    func kill() {
        guard end == nil else { return }
        Glibc.kill(number, SIGKILL)
        wait(block: true)
    }

    /// Whether it has ended; `end` then says how.
    @discardableResult
    func wait(block: Bool) -> Bool {
        guard end == nil else { return true }
        var result = pack_process_end()
        guard pack_process_wait(number, block ? 1 : 0, &result) == 1 else { return false }
        end = End(status: result.status, signal: result.signal, peakMemory: Int(clamping: result.peak_memory))
        return true
    }

    /// Takes what it has printed; the last 16 KB are kept.
    func collect() {
        var bytes = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = read(output, &bytes, bytes.count)
            guard count > 0 else { return }
            printed += bytes[..<count]
            if printed.count > 16384 { printed.removeFirst(printed.count - 16384) }
        }
    }

    /// What it printed, without white space at the end.
    var text: String {
        var text = String(decoding: printed, as: UTF8.self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }

    /// Values of /proc/PID/status in bytes, such as `VmHWM`; nil where there is none.
    func status(_ key: String) -> Int? { Self.status(key, of: number) }

    /// The same of any process that still runs.
    static func status(_ key: String, of process: Int32) -> Int? {
        for line in MemoryLimit.read("/proc/\(process)/status").split(separator: "\n") where line.hasPrefix("\(key):") {
            let parts = line.split { $0 == " " || $0 == "\t" }
            return parts.count >= 2 ? Int(parts[1]).map { $0 * 1024 } : nil
        }
        return nil
    }
}

/// Strings as C has them, for as long as the object lives.
final class CStrings {
    let pointers: [UnsafeMutablePointer<CChar>]
    let list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    init(_ strings: [String]) {
        pointers = strings.map { string in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: string.utf8.count + 1)
            for (index, byte) in string.utf8.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[string.utf8.count] = 0
            return copy
        }
        list = .allocate(capacity: strings.count + 1)
        for (index, pointer) in pointers.enumerated() { list[index] = pointer }
        list[strings.count] = nil
    }

    deinit {
        for pointer in pointers { pointer.deallocate() }
        list.deallocate()
    }
}
