import CPackSystem
import Glibc

/// A started server within a container's limits, and what it is asked.
///
/// For one thread. The process ends, with all that it has started, when the object goes.
public final class ContainerInstance {
    /// Seconds from the program's execution to the probe that succeeded.
    public private(set) var readySeconds = 0.0
    /// Probes until one succeeded.
    public private(set) var probes = 0
    /// The port that it listens on.
    public let port: UInt16
    /// What enforces the limit on memory: `cgroup v2`, `cgroup v1` or `RLIMIT_DATA`.
    public var limitMethod: String { limit.method.rawValue }
    /// Whether the share of the processors is enforced.
    public var limitsProcessors: Bool { limit.limitsProcessors }
    private let settings: ContainerSettings
    private let limit: ResourceLimit
    private let network: Network?
    private let process: RuntimeProcess
    private let client: LoadClient
    /// The peak of memory when it was asked to end.
    private var lastPeak = 0

    /// Starts a program and waits until it is ready.
    ///
    /// - Parameters:
    ///   - settings: The program and its limits.
    ///   - sandbox: Remembers what this machine refuses; one for all instances.
    /// - Throws: `notListening`, `notReady`, `exited` or `outOfMemory` where it does not get ready, `cannotStart` where it
    ///   cannot be executed.
    public init(_ settings: ContainerSettings, sandbox: Sandbox) throws(EmulationError) {
        self.settings = settings
        limit = ResourceLimit(memory: settings.memory, processors: settings.processors, period: settings.period)
        let started = try ContainerStart(settings, limit, sandbox)
        (process, network, port) = (started.process, started.network, started.port)
        client = LoadClient(port: started.port, network: started.network, process: started.process)
        try awaitReady()
    }

    // MARK: Readiness

    private func awaitReady() throws(EmulationError) {
        let deadline = process.started + UInt64(settings.startTime * 1e9)
        var pause: UInt32 = 100
        var status = -1
        while true {
            probes += 1
            status = probe() ?? status
            let now = pack_clock_ns()
            if status >= 200, status < 400 {
                readySeconds = Double(now - process.started) / 1e9
                return
            }
            process.collect()
            if process.wait(block: false) { throw process.ended(.start, limit) }
            guard now < deadline else { throw late(status) }
            usleep(pause)
            // A late probe makes the time that is measured longer, by a hundredth at most.
            pause = UInt32(clamping: min(max((now - process.started) / 100_000, 100), 20_000))
        }
    }

    /// The status of an answer, 0 for none; nil where nothing takes connections.
    private func probe() -> Int? {
        guard client.connects() else { return nil }
        guard case .http(let path) = settings.probe else { return 200 }
        let outcome = client.run(Load(get: path, timeout: 1))
        return outcome.firstStatus
    }

    private func late(_ status: Int) -> EmulationError {
        guard status < 0 else {
            guard case .http(let path) = settings.probe else { return .protocolError("no probe") }
            return .notReady(path: path, status: status, seconds: settings.startTime, errors: process.text)
        }
        return .notListening(
            port: port, seconds: settings.startTime, others: network == nil ? [] : process.listening,
            errors: process.text)
    }

    // MARK: Requests

    /// Sends requests and waits for the answers.
    ///
    /// - Throws: `exited` or `outOfMemory` where the program has ended meanwhile.
    public func run(_ load: Load) throws(EmulationError) -> Load.Outcome {
        let outcome = client.run(load)
        // A process that was killed may close its connections before it can be waited for.
        if outcome.statuses[0] != nil, process.wait(seconds: 0.2) { throw process.ended(.request, limit) }
        return outcome
    }

    /// Sends one request.
    ///
    /// - Returns: Its status, the body of the answer, and the seconds that it took.
    /// - Throws: As ``run(_:)``, and `badExchange` where there is no answer.
    public func request(
        _ body: [UInt8], path: String = "/predict", timeout: Double = 300
    ) throws(EmulationError) -> (status: Int, body: [UInt8], seconds: Double) {
        let outcome = try run(Load(bodies: [body], path: path, count: 1, timeout: timeout))
        if let failure = outcome.failure { throw .badExchange(failure) }
        return (outcome.firstStatus, outcome.firstBody, outcome.seconds)
    }

    // MARK: What it uses

    /// The most memory so far, in bytes: of the process and its mapped files (`VmHWM`), or of its control group, whichever is more.
    public var peakMemory: Int {
        max(process.status("VmHWM") ?? 0, process.end?.peakMemory ?? 0, limit.peakMemory ?? 0)
    }
    /// The process's own memory now, in bytes; nil where the system does not say.
    public var anonymousMemory: Int? { process.status("RssAnon") }
    /// Pages of mapped files in memory now, in bytes; nil where the system does not say.
    public var fileMemory: Int? { process.status("RssFile") }
    /// Seconds that the process has computed so far; nil where the system does not say.
    public var processorSeconds: Double? { process.processorSeconds }
    /// The last of what it printed.
    public var printed: String {
        process.collect()
        return process.text
    }

    /// Gives it another share of the processors; false where shares are not enforced.
    @discardableResult
    public func change(processors: Double) -> Bool {
        limit.change(processors: processors, period: settings.period)
    }

    // MARK: The end

    /// How it ended.
    public struct Stop: Sendable, Equatable {
        /// Seconds from SIGTERM to the end.
        public var seconds: Double
        /// Exit status, -1 after a signal.
        public var status: Int32
        /// The signal that ended it, or 0.
        public var signal: Int32
        /// Whether it had not ended in time, and was killed.
        public var wasKilled: Bool
    }

    /// Sends SIGTERM, waits, and kills it when the time is over.
    ///
    /// - Parameter grace: Seconds that it has.
    public func stop(grace: Double) -> Stop {
        lastPeak = peakMemory
        let began = pack_clock_ns()
        process.terminate()
        let isDone = process.wait(seconds: grace)
        let seconds = Double(pack_clock_ns() - began) / 1e9
        process.kill()
        limit.killAll()
        return Stop(
            seconds: seconds, status: process.end?.status ?? -1, signal: process.end?.signal ?? 0, wasKilled: !isDone)
    }
}
