import Glibc

/// Lambda on this machine: a bundle or an image in a read-only root of its own, started with Lambda's environment and limits, and
/// driven through the Runtime API.
public final class LambdaEmulator: Emulation {
    /// The user that functions of zips run as: sbx_user1051.
    public static let user: UInt32 = 993
    /// The limits and surroundings.
    public let settings: LambdaSettings
    /// Bytes of the unpacked bundle.
    public var unpackedBytes: Int { program.unpackedBytes }
    private let program: LambdaProgram
    private let sandbox = Sandbox()

    /// Unpacks a bundle.
    ///
    /// - Parameters:
    ///   - bundle: A zip file (a tar file works as well).
    ///   - settings: The limits.
    public init(bundle: String, settings: LambdaSettings = LambdaSettings()) throws(EmulationError) {
        self.settings = settings
        program = try LambdaProgram(bundle: bundle, settings: settings)
    }

    /// Takes an image.
    public init(image: ContainerImage, settings: LambdaSettings) {
        self.settings = settings
        program = LambdaProgram(image)
    }

    /// Measures cold starts, then a warm process.
    public func run(_ plan: EmulationPlan, progress: (String) -> Void = { _ in }) throws(EmulationError) -> EmulationRun
    {
        var run = EmulationRun()
        run.unpackedBytes = unpackedBytes
        run.size = settings.size
        run.firstEventBytes = plan.events[0].count
        progress("cold starts")
        for _ in 0..<max(plan.instances, 1) { try coldStart(plan, &run) }
        progress("warm requests")
        try warm(plan, &run)
        run.noteLimits(sandbox)
        if !program.systemFolders.isEmpty {
            run.notes.append(
                "The bootstrap is no static program: this machine's /usr, /lib and so on stood for those of Lambda.")
        }
        return run
    }

    /// Measures an instance of another size.
    public func times(_ size: InstanceSize, _ plan: EmulationPlan) throws(EmulationError) -> SizeTimes {
        var settings = settings
        settings.size = size
        let instance = try LambdaInstance(program, settings: settings, sandbox: sandbox)
        for event in plan.events { try check(try instance.invoke(event).0) }
        return try SizeTimes.measure(
            plan.requests, limitsProcessors: instance.limitsProcessors, used: { instance.process.processorSeconds }
        ) { (index) throws(EmulationError) in
            let (outcome, seconds) = try instance.invoke(plan.events[index % plan.events.count])
            try check(outcome)
            return seconds
        }
    }

    /// Starts a fresh process and sends one event.
    ///
    /// - Returns: The answer, or the error object of the runtime; and whether it is an answer.
    public func invoke(_ event: [UInt8]) throws(EmulationError) -> (body: [UInt8], isAnswer: Bool) {
        let instance = try LambdaInstance(program, settings: settings, sandbox: sandbox)
        switch try instance.invoke(event).0 {
        case .answer(let body): return (body, true)
        case .error(let body): return (body, false)
        }
    }

    private func coldStart(_ plan: EmulationPlan, _ run: inout EmulationRun) throws(EmulationError) {
        let instance = try LambdaInstance(program, settings: settings, sandbox: sandbox)
        let (outcome, seconds) = try instance.invoke(plan.events[0])
        guard case .answer(let body) = outcome else { throw functionError(outcome) }
        run.coldStarts.append(instance.startSeconds + seconds)
        run.starts.append(instance.startSeconds)
        if run.firstAnswer.isEmpty { run.firstAnswer = body }
        run.limitMethod = instance.limitMethod
        run.limitsProcessors = instance.limitsProcessors
    }

    private func warm(_ plan: EmulationPlan, _ run: inout EmulationRun) throws(EmulationError) {
        let instance = try LambdaInstance(program, settings: settings, sandbox: sandbox)
        for event in plan.events { try check(try instance.invoke(event).0) }
        let before = instance.process.processorSeconds
        for index in 0..<plan.requests {
            let (outcome, seconds) = try instance.invoke(plan.events[index % plan.events.count])
            try check(outcome)
            run.warm.append(seconds)
        }
        if let before, let after = instance.process.processorSeconds, !run.warm.isEmpty {
            run.processorSeconds = (after - before) / Double(run.warm.count)
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
}
