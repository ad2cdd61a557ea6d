import PackCore

/// A fleet under a load, event by event. Equal seeds give equal results.
///
/// Requests that come find an instance by the platform's rule, wait in it or before all of them, and are computed; the
/// scaler looks at its times and starts and ends instances. Networks take no time, and nothing fails.
public struct Simulation {
    /// What happens.
    enum Event {
        case arrival(Int)
        case done(instance: Int, request: Int)
        case ready(Int)
        case look
        case scan
        case machine
        case impatience
    }

    let fleet: Fleet
    var generator: SplitMix
    var events = EventQueue<Event>()
    var instances: [Instance] = []
    var requests: [Request]
    /// Requests that no instance has yet.
    var waiting = Line()
    /// Requests at a time, and instances' worth of busy processors.
    var inFlight = Meter()
    var busy = Meter()
    var open = 0
    var running = 0
    var tokens: BurstRule.Tokens?
    var knative: KnativeRule.State?
    var horizontal: HorizontalRule.State?
    var machines: Machines?
    var isScanning = false
    var tally: Tally
    private let end: Double

    /// One request.
    struct Request {
        let arrival: Double
        /// When its answer was there, in seconds; nil where it was refused.
        var end: Double?
        var isRefused = false
        /// Whether it met an instance that had not served yet.
        var isCold = false
    }

    /// Runs a fleet under a load.
    ///
    /// - Parameters:
    ///   - fleet: The platform and what is deployed on it.
    ///   - load: When requests come.
    ///   - seed: What chance follows from.
    public static func run(_ fleet: Fleet, under load: Arrivals, seed: UInt64) -> SimulationResult {
        var simulation = Simulation(fleet, load, seed)
        return simulation.run(load)
    }

    private init(_ fleet: Fleet, _ load: Arrivals, _ seed: UInt64) {
        self.fleet = fleet
        generator = SplitMix(state: SplitMix.mix(seed &+ 1))
        // Requests come at the same times whatever the fleet does.
        requests = load.times(seed: seed).map { Request(arrival: $0) }
        end = load.seconds
        tally = Tally(seconds: end)
        machines = fleet.nodes.map(Machines.init)
        switch fleet.scaler {
        case .fixed, .managed: break
        case .perRequest(let rule): tokens = BurstRule.Tokens(rule)
        case .knative(let rule): knative = KnativeRule.State(rule)
        case .horizontal(let rule): horizontal = HorizontalRule.State(rule)
        }
    }

    private mutating func run(_ load: Arrivals) -> SimulationResult {
        for _ in 0..<fleet.initial { startReady() }
        for (index, request) in requests.enumerated() { events.add(.arrival(index), at: request.arrival) }
        if let period { events.add(.look, at: period) }
        var left = requests.count
        while let (time, event) = events.next() {
            tally.sample(before: time, instances, waiting: waiting.count)
            guard time <= end || left > 0, time <= end + fleet.patience else { break }
            left -= handle(event, at: time)
        }
        tally.sample(before: end, instances, waiting: waiting.count)
        return SimulationResult(requests, tally, load)
    }

    /// Seconds between looks of the scaler; nil where it never looks.
    private var period: Double? {
        switch fleet.scaler {
        case .fixed: nil
        case .perRequest: 10
        case .managed(let rule): rule.period
        case .knative(let rule): rule.period
        case .horizontal(let rule): rule.period
        }
    }

    /// Returns how many requests came to their end.
    private mutating func handle(_ event: Event, at now: Double) -> Int {
        switch event {
        case .arrival(let request): return arrive(request, now)
        case .done(let instance, let request):
            finish(request, on: instance, now)
            return 1
        case .ready(let instance): ready(instance, now)
        case .look:
            look(now)
            if let period { events.add(.look, at: now + period) }
        case .scan: scan(now)
        case .machine:
            machines?.arrive()
            placeAll(now)
        case .impatience: return refuseImpatient(now)
        }
        return 0
    }

    // MARK: Requests

    private mutating func arrive(_ request: Int, _ now: Double) -> Int {
        open += 1
        inFlight.set(Double(open), at: now)
        if let instance = choose() {
            guard instances[instance].inFlight < fleet.queue else {
                refuse(request, now)
                return 1
            }
            give(request, to: instance, now)
            return 0
        }
        if case .perRequest = fleet.scaler { return bind(request, now) }
        waiting.append(request)
        events.add(.impatience, at: now + fleet.patience)
        if case .managed = fleet.scaler { startForWaiting(now) }
        return 0
    }

    /// Lambda starts an instance for a request, which waits for that one.
    private mutating func bind(_ request: Int, _ now: Double) -> Int {
        guard instances.count(where: \.counts) < fleet.maximum, tokens?.take(at: now) == true else {
            refuse(request, now)
            return 1
        }
        let instance = start(now)
        give(request, to: instance, now)
        return 0
    }

    private mutating func refuse(_ request: Int, _ now: Double) {
        requests[request].isRefused = true
        open -= 1
        inFlight.set(Double(open), at: now)
    }

    private mutating func refuseImpatient(_ now: Double) -> Int {
        var count = 0
        while let first = waiting.first, requests[first].arrival + fleet.patience <= now + 1e-9 {
            _ = waiting.removeFirst()
            refuse(first, now)
            count += 1
        }
        return count
    }

    /// The instance that a request goes to; nil where it has to wait.
    private mutating func choose() -> Int? {
        let ready = instances.indices.filter { instances[$0].state == .ready }
        switch fleet.scaler {
        case .perRequest:
            // The one that was used last stays warm.
            return ready.filter { instances[$0].inFlight == 0 }.max {
                instances[$0].idleSince < instances[$1].idleSince
            }
        case .horizontal:
            // A Service sends connections to any pod.
            return ready.isEmpty ? nil : ready[Int(generator.uniform() * Double(ready.count))]
        case .fixed, .managed, .knative:
            let least = ready.min { instances[$0].inFlight < instances[$1].inFlight }
            return least.flatMap { instances[$0].inFlight < fleet.concurrency ? $0 : nil }
        }
    }

    mutating func give(_ request: Int, to instance: Int, _ now: Double) {
        instances[instance].inFlight += 1
        if instances[instance].state == .ready, instances[instance].running < fleet.workers {
            compute(request, on: instance, now)
        } else {
            instances[instance].line.append(request)
        }
    }

    private mutating func compute(_ request: Int, on instance: Int, _ now: Double) {
        let isFirst = !instances[instance].hasServed
        instances[instance].hasServed = true
        instances[instance].running += 1
        if isFirst { requests[request].isCold = true }
        let distribution = isFirst ? fleet.firstService ?? fleet.service : fleet.service
        running += 1
        busy.set(Double(running) / Double(fleet.workers), at: now)
        events.add(.done(instance: instance, request: request), at: now + distribution.draw(&generator))
    }

    private mutating func finish(_ request: Int, on instance: Int, _ now: Double) {
        requests[request].end = now
        open -= 1
        running -= 1
        inFlight.set(Double(open), at: now)
        busy.set(Double(running) / Double(fleet.workers), at: now)
        instances[instance].inFlight -= 1
        instances[instance].running -= 1
        if let next = instances[instance].line.removeFirst() { compute(next, on: instance, now) }
        if instances[instance].inFlight == 0 {
            instances[instance].idleSince = now
            if instances[instance].state == .leaving { remove(instance) }
        }
        dispatch(now)
    }

    /// Gives waiting requests to instances with room.
    mutating func dispatch(_ now: Double) {
        while waiting.count > 0, let instance = choose(), let request = waiting.removeFirst() {
            give(request, to: instance, now)
        }
    }

    private mutating func ready(_ instance: Int, _ now: Double) {
        guard instances[instance].state == .starting else { return }
        instances[instance].state = .ready
        instances[instance].idleSince = now
        while instances[instance].running < fleet.workers, let request = instances[instance].line.removeFirst() {
            compute(request, on: instance, now)
        }
        dispatch(now)
    }
}
