import CPackSystem
import Glibc

/// An entry point run once under a platform's limits: how long it takes to be ready, and how much memory it needs until then.
///
/// This executes the code, so it is only done when it is asked for.
public struct StackMeasurement: Sendable {
    /// Seconds from the start of the process until it was ready, or until it was given up.
    public var seconds: Double
    /// Bytes of memory at the peak, as the kernel counts them for the process.
    public var peakMemory: Int
    /// How it ended.
    public var outcome: Outcome
    /// What enforced the memory limit: `cgroup v2`, `cgroup v1` or `RLIMIT_DATA`.
    public var limitMethod: String
    /// The last of what it printed.
    public var output: String

    /// How a measured start ended.
    public enum Outcome: Hashable, Sendable {
        /// It took a connection on its port, or a handler's module was imported.
        case ready
        /// It was killed when it had used up its memory.
        case outOfMemory
        /// It was not ready in time.
        case tooSlow
        /// It ended by itself: exit status, or the signal as a negative number.
        case ended(status: Int32)
    }

    /// What is run, and within which limits.
    public struct Plan: Sendable {
        /// The program and its arguments.
        public var arguments: [String]
        /// All variables, `NAME=VALUE`; `PORT` is added for a server.
        public var environment: [String]
        /// Where it starts.
        public var folder: String
        /// Whether it is ready when it takes connections on `PORT`; else when it exits with status 0.
        public var isServer: Bool
        /// Bytes of memory that it may use.
        public var memory: Int
        /// Seconds that it may take.
        public var seconds: Double

        /// Describes a run.
        public init(
            arguments: [String], environment: [String], folder: String, isServer: Bool, memory: Int, seconds: Double
        ) {
            self.arguments = arguments
            self.environment = environment
            self.folder = folder
            self.isServer = isServer
            self.memory = memory
            self.seconds = seconds
        }
    }

    /// Runs it once.
    /// - Throws: `LambdaError` where the program cannot be started.
    public static func run(_ plan: Plan) throws(LambdaError) -> StackMeasurement {
        let limit = MemoryLimit(bytes: plan.memory)
        let port = plan.isServer ? freePort() : 0
        let environment = plan.environment + (plan.isServer ? ["PORT=\(port)"] : [])
        let process = try RuntimeProcess(
            plan.arguments, environment: environment, folder: plan.folder, limit: limit, descriptors: 1024)
        let deadline = process.started + UInt64(max(plan.seconds, 0) * 1e9)
        var outcome: Outcome?
        var peak = 0
        while outcome == nil {
            process.collect()
            peak = max(peak, process.status("VmHWM") ?? 0)
            if process.wait(block: false) {
                outcome = ended(process, plan)
            } else if plan.isServer, accepts(port) {
                outcome = .ready
            } else if pack_clock_ns() > deadline {
                outcome = .tooSlow
            } else {
                usleep(2000)
            }
        }
        let seconds = Double(pack_clock_ns() - process.started) / 1e9
        peak = max(peak, process.status("VmHWM") ?? 0)
        process.kill()
        process.collect()
        return StackMeasurement(
            seconds: seconds, peakMemory: max(peak, process.end?.peakMemory ?? 0), outcome: outcome ?? .tooSlow,
            limitMethod: limit.method.rawValue, output: process.text)
    }

    private static func ended(_ process: RuntimeProcess, _ plan: Plan) -> Outcome {
        guard let end = process.end else { return .ended(status: -1) }
        if end.signal == SIGKILL { return .outOfMemory }
        if end.signal != 0 { return .ended(status: -end.signal) }
        return end.status == 0 && !plan.isServer ? .ready : .ended(status: end.status)
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Calls a socket function with an address.
    private static func with(
        _ address: inout sockaddr_in, _ call: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// A port of this machine that nothing listens on.
    private static func freePort() -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return 8080 }
        defer { close(descriptor) }
        var address = loopback(0)
        guard with(&address, { bind(descriptor, $0, $1) }) == 0 else { return 8080 }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard with(&address, { pointer, _ in getsockname(descriptor, pointer, &length) }) == 0 else { return 8080 }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Whether something takes connections there.
    private static func accepts(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = loopback(port)
        return with(&address) { connect(descriptor, $0, $1) } == 0
    }
}
