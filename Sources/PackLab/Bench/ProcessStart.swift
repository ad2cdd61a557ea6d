import CPackSystem
import Glibc

/// A program from its start to its end: how long it took to answer, and to be gone.
public struct ProcessStart: Sendable {
    /// Seconds until it wrote its first byte to standard output; those of the whole where it wrote none.
    public let firstOutput: Double
    /// Seconds until it had ended.
    public let whole: Double
    /// Bytes of memory at the peak; nil where they are not known.
    public private(set) var peakMemory: Int?
    /// Exit status, -1 after a signal.
    public let status: Int32
    /// What it wrote to standard output, of which 64 KB are kept.
    public let output: String

    /// The same with a peak that the program has told.
    func with(peakMemory: Int) -> ProcessStart {
        var result = self
        result.peakMemory = peakMemory
        return result
    }

    /// Runs a program to its end, with this process's environment, nothing to read, and its errors dropped.
    ///
    /// - Parameters:
    ///   - arguments: The program's path and its arguments.
    ///   - variables: `NAME=VALUE`, in place of those of this process.
    ///   - readsPeak: Whether to read its peak of memory when it has written its first byte. It must still run then: what the
    ///     system tells of a process that has ended is at least the peak of the one that started it.
    /// - Throws: `EmulationError` where it cannot be started.
    public static func run(
        _ arguments: [String], variables: [String] = [], readsPeak: Bool = false
    ) throws(EmulationError) -> ProcessStart {
        var (reading, writing): (Int32, Int32) = (-1, -1)
        let failure = pack_pipe(&reading, &writing)
        guard failure == 0 else { throw .system(path: arguments[0], code: -failure) }
        defer { close(reading) }
        let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(nowhere) }
        let list = CStrings(arguments)
        let environment = CStrings(inherited(without: variables) + variables)
        var options = pack_spawn_options()
        options.path = UnsafePointer(list.pointers[0])
        options.arguments = UnsafePointer(list.list)
        options.environment = UnsafePointer(environment.list)
        options.output = writing
        options.errors = nowhere
        options.cgroup_procs = (-1, -1)
        var spawned = pack_spawned()
        let started = pack_clock_ns()
        let result = pack_spawn(&options, &spawned)
        close(writing)
        guard result == 0 else { throw .cannotStart(path: arguments[0], code: -result) }
        return watch(spawned.process, reading, started, readsPeak)
    }

    private static func watch(
        _ process: Int32, _ reading: Int32, _ started: UInt64, _ readsPeak: Bool
    ) -> ProcessStart {
        var first: UInt64?
        var peak: Int?
        var kept: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 16384)
        while true {
            var waiting = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            _ = poll(&waiting, 1, -1)
            let now = pack_clock_ns()
            let count = read(reading, &bytes, bytes.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { break }
            if first == nil {
                first = now
                if readsPeak { peak = RuntimeProcess.status("VmHWM", of: process) }
            }
            kept += bytes[..<count].prefix(65536 - kept.count)
        }
        var end = pack_process_end()
        _ = pack_process_wait(process, 1, &end)
        let whole = Double(pack_clock_ns() - started) / 1e9
        return ProcessStart(
            firstOutput: first.map { Double($0 - started) / 1e9 } ?? whole, whole: whole, peakMemory: peak,
            status: end.status, output: String(decoding: kept, as: UTF8.self))
    }

    /// This process's environment without variables of the same names as others.
    private static func inherited(without others: [String]) -> [String] {
        let names = others.map { $0.prefix { $0 != "=" } + "=" }
        var list: [String] = []
        var next = environ
        while let entry = next.pointee {
            let variable = String(cString: entry)
            if !names.contains(where: { variable.hasPrefix($0) }) { list.append(variable) }
            next += 1
        }
        return list
    }
}
