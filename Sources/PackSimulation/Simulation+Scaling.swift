extension Simulation {
    // MARK: Instances that come

    /// An instance that is there at the beginning, and has served before.
    mutating func startReady() {
        var instance = Instance()
        instance.state = .ready
        instance.hasServed = true
        if let (node, _) = machines?.place(at: 0) {
            machines?.hasImage(node)
            instance.node = node
        }
        instances.append(instance)
    }

    /// Begins to start an instance; returns its number.
    mutating func start(_ now: Double) -> Int {
        instances.append(Instance())
        tally.countStart(at: now)
        place(instances.count - 1, now)
        return instances.count - 1
    }

    /// Starts an instance where there is room, or has a machine made for it.
    private mutating func place(_ instance: Int, _ now: Double) {
        guard machines != nil else {
            events.add(.ready(instance), at: now + fleet.start.draw(&generator))
            return
        }
        guard let (node, imageAt) = machines?.place(at: now) else {
            instances[instance].state = .unplaced
            if !isScanning, let scan = fleet.nodes?.scan {
                isScanning = true
                events.add(.scan, at: now + scan)
            }
            return
        }
        instances[instance].state = .starting
        instances[instance].node = node
        events.add(.ready(instance), at: imageAt + fleet.start.draw(&generator))
    }

    mutating func placeAll(_ now: Double) {
        for instance in instances.indices where instances[instance].state == .unplaced { place(instance, now) }
    }

    /// Orders machines for instances without room.
    mutating func scan(_ now: Double) {
        isScanning = false
        let unplaced = instances.count { $0.state == .unplaced }
        guard unplaced > 0, let start = fleet.nodes?.start else { return }
        for _ in 0..<(machines?.order(for: unplaced) ?? 0) { events.add(.machine, at: now + start) }
    }

    /// Cloud Run starts instances at once for requests that find no room in those that come.
    mutating func startForWaiting(_ now: Double) {
        let coming = instances.count(where: \.isComing)
        guard waiting.count > coming * fleet.concurrency, instances.count(where: \.counts) < fleet.maximum else {
            return
        }
        _ = start(now)
    }

    // MARK: The scaler's looks

    mutating func look(_ now: Double) {
        let ready = instances.count { $0.state == .ready }
        let coming = instances.count(where: \.isComing)
        switch fleet.scaler {
        case .fixed: break
        case .perRequest: endIdle(now)
        case .managed(let rule):
            endIdle(now)
            let wanted = rule.instances(
                busy: busy.mean(over: rule.window, at: now), requests: inFlight.mean(over: rule.window, at: now),
                concurrency: fleet.concurrency)
            grow(to: wanted, now)
        case .knative(let rule):
            let wanted = knative?.instances(
                stable: inFlight.mean(over: rule.stableWindow, at: now),
                panic: inFlight.mean(over: rule.panicWindow, at: now), ready: ready, concurrency: fleet.concurrency,
                at: now)
            resize(to: wanted ?? ready, now)
        case .horizontal(let rule):
            let use = busy.mean(over: rule.window, at: now)
            let wanted = horizontal?.instances(use: use, ready: ready, starting: coming, at: now)
            resize(to: wanted ?? ready, now)
        }
    }

    private mutating func resize(to wanted: Int, _ now: Double) {
        let count = instances.count(where: \.counts)
        if wanted > count { return grow(to: wanted, now) }
        // Those that came last go first, of them the ones that are not ready yet.
        let order = instances.indices.filter { instances[$0].counts }.sorted {
            let (a, b) = (instances[$0].isComing, instances[$1].isComing)
            return a == b ? $0 > $1 : a
        }
        for instance in order.prefix(max(count - max(wanted, fleet.initial, 1), 0)) { leave(instance) }
    }

    private mutating func grow(to wanted: Int, _ now: Double) {
        let count = instances.count(where: \.counts)
        guard wanted > count else { return }
        for _ in count..<min(max(wanted, count), max(fleet.maximum, count)) { _ = start(now) }
    }

    private mutating func endIdle(_ now: Double) {
        for instance in instances.indices.dropFirst(fleet.initial)
        where instances[instance].state == .ready && instances[instance].inFlight == 0
            && instances[instance].idleSince + fleet.idle <= now
        {
            remove(instance)
        }
    }

    private mutating func leave(_ instance: Int) {
        if instances[instance].inFlight == 0 { remove(instance) } else { instances[instance].state = .leaving }
    }

    mutating func remove(_ instance: Int) {
        instances[instance].state = .gone
        if let node = instances[instance].node { machines?.release(node) }
        instances[instance].node = nil
    }
}
