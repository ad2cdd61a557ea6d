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
    /// - Throws: `EmulationError` where the program cannot be started.
    public static func run(_ plan: Plan) throws(EmulationError) -> StackMeasurement {
        let limit = ResourceLimit(memory: plan.memory)
        let port = plan.isServer ? try ContainerStart.freePort() : 0
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

    /// Whether something takes connections there.
    private static func accepts(_ port: UInt16) -> Bool {
        let connection = pack_connect(0x7F00_0001, port, 1000)
        pack_close(connection)
        return connection >= 0
    }
}
