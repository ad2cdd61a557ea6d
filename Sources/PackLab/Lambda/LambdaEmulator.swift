import Glibc
import PackIO

/// Lambda on this machine: a bundle unpacked into a read-only folder of its own, started with Lambda's environment and limits,
/// and driven through the Runtime API.
public final class LambdaEmulator {
    /// How much to measure.
    public struct Plan: Sendable {
        /// Fresh processes for cold starts; at least one.
        public var coldStarts = 10
        /// Events to a warm process.
        public var warmRequests = 200
        /// Events, sent in turn; the first is the one of cold starts. At least one.
        public var events: [[UInt8]]

        /// Events sent at the end and not timed: the largest that the bundle takes, for its memory at the peak.
        public var closing: [[UInt8]] = []

        /// Plans with events.
        public init(events: [[UInt8]] = SampleTexts.events) {
            self.events = events
        }
    }

    /// The limits and surroundings.
    public let settings: LambdaSettings
    /// Bytes of the unpacked bundle.
    public let unpackedBytes: Int
    private let temporary: TemporaryFolder
    private let folder: String

    /// Unpacks a bundle.
    ///
    /// - Parameters:
    ///   - bundle: A zip file (a tar file works as well).
    ///   - settings: The limits.
    public init(bundle: String, settings: LambdaSettings = LambdaSettings()) throws(EmulationError) {
        self.settings = settings
        do throws(IOFailure) {
            temporary = try TemporaryFolder(prefix: "pack-lambda")
        } catch { throw .system(path: "/tmp", code: EACCES) }
        folder = "\(temporary.path)/task"
        guard mkdir(folder, 0o755) == 0 else { throw .system(path: folder, code: errno) }
        unpackedBytes = try BundleUnpacker(folder: folder, limit: settings.unpackedLimit).unpack(bundle)
        try checkBootstrap(bundle)
    }

    deinit {
        chmod(folder, 0o755)
        if let entries = try? FolderWalk.entries(of: folder, maximumCount: 100_000, maximumDepth: 256) {
            for entry in entries where entry.kind == .folder { chmod("\(folder)/\(entry.path)", 0o755) }
        }
    }

    private func checkBootstrap(_ bundle: String) throws(EmulationError) {
        var status = stat()
        guard stat("\(folder)/bootstrap", &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .noBootstrap(path: bundle)
        }
        guard status.st_mode & 0o111 != 0 else { throw .notExecutable(path: bundle) }
    }

    /// Measures cold starts, then a warm process.
    ///
    /// - Parameter progress: Called before each phase with a word for it.
    public func run(_ plan: Plan, progress: (String) -> Void = { _ in }) throws(EmulationError) -> LambdaRun {
        var run = LambdaRun()
        run.unpackedBytes = unpackedBytes
        run.memoryLimit = settings.memory
        for index in 0..<max(plan.coldStarts, 1) {
            if index == 0 { progress("cold starts") }
            try coldStart(plan, &run)
        }
        progress("warm requests")
        try warm(plan, &run)
        run.notes = notes(run)
        return run
    }

    /// Starts a fresh process and sends one event.
    ///
    /// - Returns: The answer, or the error object of the runtime; and whether it is an answer.
    public func invoke(_ event: [UInt8]) throws(EmulationError) -> (body: [UInt8], isAnswer: Bool) {
        let instance = try LambdaInstance(folder: folder, settings: settings)
        switch try instance.invoke(event).0 {
        case .answer(let body): return (body, true)
        case .error(let body): return (body, false)
        }
    }

    private func coldStart(_ plan: Plan, _ run: inout LambdaRun) throws(EmulationError) {
        let instance = try LambdaInstance(folder: folder, settings: settings)
        let (outcome, seconds) = try instance.invoke(plan.events[0])
        guard case .answer(let body) = outcome else { throw functionError(outcome) }
        run.coldStarts.append(instance.startSeconds + seconds)
        run.starts.append(instance.startSeconds)
        if run.firstAnswer.isEmpty { run.firstAnswer = body }
        run.limitMethod = instance.limitMethod.rawValue
    }

    private func warm(_ plan: Plan, _ run: inout LambdaRun) throws(EmulationError) {
        let instance = try LambdaInstance(folder: folder, settings: settings)
        for event in plan.events { try check(try instance.invoke(event).0) }
        for index in 0..<plan.warmRequests {
            let (outcome, seconds) = try instance.invoke(plan.events[index % plan.events.count])
            try check(outcome)
            run.warm.append(seconds)
        }
        for event in plan.closing { try check(try instance.invoke(event).0) }
        run.memory.anonymous = instance.process.status("RssAnon")
        run.memory.file = instance.process.status("RssFile")
        let peak = instance.process.status("VmHWM")
        instance.process.kill()
        run.memory.peak = peak ?? instance.process.end?.peakMemory ?? 0
    }

    private func check(_ outcome: LambdaInstance.Outcome) throws(EmulationError) {
        guard case .answer = outcome else { throw functionError(outcome) }
    }

    private func functionError(_ outcome: LambdaInstance.Outcome) -> EmulationError {
        guard case .error(let body) = outcome else { return .protocolError("an answer that is none") }
        return .functionError(body: String(decoding: body.prefix(2000), as: UTF8.self))
    }

    private func notes(_ run: LambdaRun) -> [String] {
        var notes = [
            "Cold starts are those of the process, its files in the page cache; making the environment and fetching the "
                + "bundle, which Lambda does before, are not in them.",
            "CPU time is that of this machine: Lambda gives one vCPU for each 1,769 MB.",
        ]
        if run.limitMethod == ResourceLimit.Method.dataLimit.rawValue {
            notes.append(
                "This machine permits no control group: only writable memory is limited (RLIMIT_DATA); resident memory is "
                    + "watched and reported.")
        }
        if getuid() == 0 {
            notes.append("The folder is read-only, but this process runs as root, whom that does not stop.")
        }
        return notes
    }
}
