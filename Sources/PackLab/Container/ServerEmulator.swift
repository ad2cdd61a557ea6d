/// A platform that speaks HTTP on this machine: instances of an image, probed as it probes them, asked, and ended by SIGTERM.
public final class ServerEmulator: Emulation {
    /// What a platform promises beside an instance's limits.
    public struct Settings: Sendable {
        /// The container; its size is that of the first instances.
        public var container: ContainerSettings
        /// Where events are posted.
        public var path = "/predict"
        /// Seconds until a request must be answered.
        public var requestTime = 300.0
        /// The largest request in bytes.
        public var requestLimit = Int.max
        /// The largest answer in bytes.
        public var responseLimit = 64 << 20
        /// Seconds between SIGTERM and SIGKILL.
        public var grace = 10.0

        /// Describes a platform around a container.
        public init(container: ContainerSettings) {
            self.container = container
        }
    }

    /// What the platform promises.
    public let settings: Settings
    private let image: ContainerImage
    private let sandbox = Sandbox()

    /// Takes an image that has been unpacked.
    public init(image: ContainerImage, settings: Settings) {
        self.image = image
        self.settings = settings
    }

    /// Measures cold starts, then a warm instance.
    public func run(_ plan: EmulationPlan, progress: (String) -> Void = { _ in }) throws(EmulationError) -> EmulationRun
    {
        var run = EmulationRun()
        let container = settings.container
        run.unpackedBytes = image.unpackedBytes
        run.size = InstanceSize(
            memory: container.memory, processors: container.processors, visibleProcessors: container.visibleProcessors)
        run.firstEventBytes = plan.events[0].count
        for event in plan.events + plan.closing where event.count > settings.requestLimit {
            throw .eventTooLarge(found: event.count, limit: settings.requestLimit)
        }
        progress("cold starts")
        for _ in 0..<max(plan.instances, 1) { try coldStart(plan, &run) }
        progress("warm requests")
        try warm(plan, &run)
        run.noteLimits(sandbox)
        if image.asksForRoot { run.notes.append("The image asks for root, and was run as user \(image.user).") }
        return run
    }

    /// Measures an instance of another size.
    public func times(_ size: InstanceSize, _ plan: EmulationPlan) throws(EmulationError) -> SizeTimes {
        var container = settings.container
        container.memory = size.memory
        container.processors = size.processors
        container.visibleProcessors = size.visibleProcessors
        let instance = try ContainerInstance(container, sandbox: sandbox)
        try check(try instance.run(load(plan.events, plan.events.count)))
        return try SizeTimes.measure(
            plan.requests, limitsProcessors: instance.limitsProcessors, used: { instance.processorSeconds }
        ) { (index) throws(EmulationError) in
            let outcome = try instance.run(load([plan.events[index % plan.events.count]], 1))
            try check(outcome)
            return outcome.latencies[0]
        }
    }

    private func load(_ bodies: [[UInt8]], _ count: Int, concurrency: Int = 1) -> Load {
        var load = Load(
            bodies: bodies, path: settings.path, count: count, concurrency: concurrency, timeout: settings.requestTime)
        load.replyLimit = settings.responseLimit
        return load
    }

    private func coldStart(_ plan: EmulationPlan, _ run: inout EmulationRun) throws(EmulationError) {
        let instance = try ContainerInstance(settings.container, sandbox: sandbox)
        let outcome = try instance.run(load([plan.events[0]], 1))
        try check(outcome)
        run.coldStarts.append(instance.readySeconds + outcome.seconds)
        run.starts.append(instance.readySeconds)
        guard run.firstAnswer.isEmpty else { return }
        run.firstAnswer = outcome.firstBody
        run.probes = instance.probes
        run.limitMethod = instance.limitMethod
        run.limitsProcessors = instance.limitsProcessors
    }

    private func warm(_ plan: EmulationPlan, _ run: inout EmulationRun) throws(EmulationError) {
        let instance = try ContainerInstance(settings.container, sandbox: sandbox)
        try check(try instance.run(load(plan.events, plan.events.count)))
        let before = instance.processorSeconds
        let alone = try instance.run(load(plan.events, plan.requests))
        try check(alone)
        run.warm = alone.latencies
        if let before, let after = instance.processorSeconds, !run.warm.isEmpty {
            run.processorSeconds = (after - before) / Double(run.warm.count)
        }
        if plan.concurrency > 1 {
            // Refusals under load are an answer of the measurement, not its end.
            run.loaded = try instance.run(
                load(plan.events, max(plan.requests, plan.concurrency * 4), concurrency: plan.concurrency))
        }
        for event in plan.closing { try check(try instance.run(load([event], 1))) }
        run.memory.anonymous = instance.anonymousMemory
        run.memory.file = instance.fileMemory
        run.memory.peak = instance.peakMemory
        run.stop = instance.stop(grace: settings.grace)
    }

    private func check(_ outcome: Load.Outcome) throws(EmulationError) {
        if outcome.late > 0 { throw .timeout(during: .request, seconds: settings.requestTime, errors: "") }
        if let failure = outcome.failure { throw .badExchange(failure) }
        guard let refusal = outcome.refusal else { return }
        throw .functionError(
            body: "status \(refusal.status): \(String(decoding: refusal.body.prefix(2000), as: UTF8.self))")
    }
}
