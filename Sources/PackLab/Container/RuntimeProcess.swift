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
    /// When it was executed, in nanoseconds of the monotonic clock.
    let started: UInt64
    private(set) var end: End?
    private var printed: [UInt8] = []

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: The program's path and its arguments, below its root.
    ///   - environment: All variables, `NAME=VALUE`.
    ///   - folder: Where it starts, below its root.
    ///   - descriptors: Files that it may have open; 0 for as many as this process.
    /// - Throws: `cannotConfine` where a part of the confinement is refused, `cannotStart` for everything else.
    init(
        _ arguments: [String], environment: [String], folder: String, limit: ResourceLimit, descriptors: Int,
        confinement: Confinement = Confinement()
    ) throws(EmulationError) {
        var (reading, writing): (Int32, Int32) = (-1, -1)
        let failure = pack_pipe(&reading, &writing)
        guard failure == 0 else { throw .system(path: arguments[0], code: -failure) }
        defer { close(writing) }
        output = reading
        let list = CStrings(arguments)
        let variables = CStrings(environment)
        var spawned = pack_spawned()
        let result = folder.withCString { folder in
            confinement.withOptions { confinement in
                var options = pack_spawn_options()
                options.path = UnsafePointer(list.pointers[0])
                options.arguments = UnsafePointer(list.list)
                options.environment = UnsafePointer(variables.list)
                options.folder = folder
                options.output = writing
                options.errors = writing
                options.cgroup_procs = limit.entrances
                options.data_limit = UInt64(limit.dataLimit)
                options.descriptor_limit = UInt64(descriptors)
                options.confinement = confinement
                return pack_spawn(&options, &spawned)
            }
        }
        number = spawned.process
        started = spawned.started_ns
        descriptor = result == 0 ? pack_process_descriptor(spawned.process) : -1
        if result == 0 { Interruption.add(number) }
        if result != 0 {
            end = End(status: -1, signal: 0, peakMemory: 0)
            throw spawned.step == PACK_STEP_EXECUTE
                ? .cannotStart(path: arguments[0], code: -result)
                : .cannotConfine(step: spawned.step.rawValue, code: -result)
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

    /// Asks it to end.
    func terminate() {
        guard end == nil else { return }
        Glibc.kill(number, SIGTERM)
    }

    /// Waits until it ends, and collects what it prints meanwhile; false after so many seconds.
    func wait(seconds: Double) -> Bool {
        let deadline = pack_clock_ns() + UInt64(seconds * 1e9)
        while !wait(block: false) {
            collect()
            let now = pack_clock_ns()
            guard now < deadline else { return false }
            let left = Int32(clamping: (deadline - now) / 1_000_000 + 1)
            var item = pack_poll_item(descriptor: descriptor, wanted: Int16(PACK_READABLE), ready: 0)
            _ = pack_poll(&item, 1, min(left, descriptor < 0 ? 2 : 100))
        }
        collect()
        return true
    }

    /// Whether it has ended; `end` then says how.
    @discardableResult
    func wait(block: Bool) -> Bool {
        guard end == nil else { return true }
        var result = pack_process_end()
        guard pack_process_wait(number, block ? 1 : 0, &result) == 1 else { return false }
        Interruption.remove(number)
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

    /// Seconds that its threads have computed so far; nil where the system does not say.
    var processorSeconds: Double? {
        guard let threads = opendir("/proc/\(number)/task") else { return nil }
        defer { closedir(threads) }
        var total: Double?
        while let entry = readdir(threads) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard Int(name) != nil else { continue }
            let text = SmallFile.text("/proc/\(number)/task/\(name)/schedstat")
            guard let nanoseconds = text.split(separator: " ").first.flatMap({ Double($0) }) else { continue }
            total = (total ?? 0) + nanoseconds / 1e9
        }
        return total
    }

    /// Why it has ended.
    func ended(_ phase: EmulationError.Phase, _ limit: ResourceLimit) -> EmulationError {
        collect()
        if limit.kills > 0 {
            return .outOfMemory(during: phase, limit: limit.memory, peak: limit.peakMemory ?? limit.memory)
        }
        return .exited(during: phase, status: end?.status ?? -1, signal: end?.signal ?? 0, errors: text)
    }

    /// Ports that something in its network listens on (TCP, by /proc/PID/net).
    var listening: [UInt16] {
        var ports: Set<UInt16> = []
        for file in ["tcp", "tcp6"] {
            for line in SmallFile.text("/proc/\(number)/net/\(file)").split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ")
                // State 0A is LISTEN.
                guard fields.count > 3, fields[3] == "0A", let port = fields[1].split(separator: ":").last else {
                    continue
                }
                if let port = UInt16(port, radix: 16) { ports.insert(port) }
            }
        }
        return ports.sorted()
    }

    /// Values of /proc/PID/status in bytes, such as `VmHWM`; nil where there is none.
    func status(_ key: String) -> Int? { Self.status(key, of: number) }

    /// The same of any process that still runs.
    static func status(_ key: String, of process: Int32) -> Int? {
        for line in SmallFile.text("/proc/\(process)/status").split(separator: "\n") where line.hasPrefix("\(key):") {
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
