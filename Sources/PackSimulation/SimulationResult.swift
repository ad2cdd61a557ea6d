/// What became of the requests of a load. Times are in seconds.
public struct SimulationResult: Sendable {
    /// One second of the load.
    public struct Second: Sendable, Equatable {
        /// Requests that came in it.
        public var requests: Int
        /// Those of them that were refused or never answered.
        public var refused: Int
        /// Latencies of those of them that were answered, from coming to the answer.
        public var latencies: Quantiles
        /// Instances that took requests at its end.
        public var ready: Int
        /// Instances that did not take requests yet at its end.
        public var starting: Int
        /// Requests that waited at its end.
        public var waiting: Int
        /// Instances that were begun to be started in it.
        public var starts: Int
    }

    /// All seconds of the load.
    public let seconds: [Second]
    /// Latencies of all answered requests.
    public let latencies: Quantiles
    /// Requests that were refused or never answered.
    public let refused: Int
    /// Requests that met an instance that had not served yet.
    public let cold: Int

    /// Seconds whose requests are taken together for a quantile over time.
    public static let window = 5

    init(_ requests: [Simulation.Request], _ tally: Tally, _ load: Arrivals) {
        let count = tally.starts.count
        var latencies: [[Double]] = Array(repeating: [], count: count)
        var refusals = Array(repeating: 0, count: count)
        for request in requests {
            let second = min(Int(request.arrival), count - 1)
            if let end = request.end { latencies[second].append(end - request.arrival) } else { refusals[second] += 1 }
        }
        func last(_ list: [Int], _ index: Int) -> Int { index < list.count ? list[index] : list.last ?? 0 }
        seconds = (0..<count).map { index in
            Second(
                requests: latencies[index].count + refusals[index], refused: refusals[index],
                latencies: Quantiles(latencies[index]), ready: last(tally.ready, index),
                starting: last(tally.starting, index), waiting: last(tally.waiting, index),
                starts: tally.starts[index])
        }
        self.latencies = Quantiles(latencies.flatMap { $0 })
        refused = refusals.reduce(0, +)
        cold = requests.count(where: \.isCold)
    }

    /// A quantile of the requests of a second and the four before it; infinite where that many were refused, nil without any.
    ///
    /// - Parameters:
    ///   - share: Which one.
    ///   - second: The last of the seconds.
    ///   - start: Requests of seconds before this one do not count.
    public func quantile(_ share: Double, at second: Int, from start: Int = 0) -> Double? {
        let part = seconds[max(second - Self.window + 1, start, 0)...second]
        let refused = part.reduce(0) { $0 + $1.refused }
        return Quantiles(part.flatMap(\.latencies.sorted) + Array(repeating: .infinity, count: refused)).at(share)
    }

    /// Seconds for which the quantile 0.95 has to keep to a bound to count as back under it.
    public static let hold = 10

    /// Seconds after a time until the quantile 0.95 keeps to a bound for ten seconds: zero where it does from the
    /// beginning, nil where it never does.
    public func recovery(after time: Double, bound: Double) -> Double? {
        let start = Int(time)
        var since = start
        for second in start..<max(seconds.count, start) {
            if (quantile(0.95, at: second, from: start) ?? 0) > bound { since = second + 1 }
            if second - since + 1 >= Self.hold { return Double(since - start) }
        }
        return nil
    }

    /// The share of the requests from a time on that took longer than a bound, or were refused; zero without requests.
    public func late(after time: Double, bound: Double) -> Double {
        let part = seconds.dropFirst(Int(time))
        let all = part.reduce(0) { $0 + $1.requests }
        let late = part.reduce(0) { sum, second in
            sum + second.refused + second.latencies.sorted.count { $0 > bound }
        }
        return all == 0 ? 0 : Double(late) / Double(all)
    }

    /// Mean instances that took requests, over seconds from a time on.
    public func meanReady(from time: Double) -> Double {
        let part = seconds.dropFirst(Int(time))
        return part.isEmpty ? 0 : Double(part.reduce(0) { $0 + $1.ready }) / Double(part.count)
    }
}
