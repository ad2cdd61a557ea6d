import PackCore

/// When requests come: phases one after the other, each at one rate.
public struct Arrivals: Sendable, Equatable {
    /// How requests of a phase are spaced.
    public enum Spacing: String, CaseIterable, Sendable {
        /// At random, independent of each other.
        case poisson
        /// At equal distances.
        case constant
    }

    /// A time at one rate.
    public struct Phase: Sendable, Equatable {
        /// How long it lasts, in seconds.
        public var seconds: Double
        /// Requests a second.
        public var rate: Double

        /// Describes a phase.
        public init(seconds: Double, rate: Double) { (self.seconds, self.rate) = (seconds, rate) }
    }

    /// The phases in their order.
    public var phases: [Phase]
    /// How requests are spaced.
    public var spacing: Spacing

    /// Describes a load.
    public init(_ phases: [Phase], spacing: Spacing = .poisson) { (self.phases, self.spacing) = (phases, spacing) }

    /// The step of the study of 2020: a minute at one request a second, then five minutes at a hundred.
    public static let step = Arrivals([Phase(seconds: 60, rate: 1), Phase(seconds: 300, rate: 100)])

    /// How long it lasts in all, in seconds.
    public var seconds: Double { phases.reduce(0) { $0 + $1.seconds } }

    /// Requests that are to be expected in all.
    public var requests: Double { phases.reduce(0) { $0 + $1.seconds * $1.rate } }

    /// When the phase with the largest rise of the rate begins, in seconds; nil where the rate never rises.
    public var largestRise: Double? {
        var best: (rise: Double, time: Double)?
        var time = 0.0
        for (index, phase) in phases.enumerated() {
            if index > 0 {
                let rise = phase.rate - phases[index - 1].rate
                if rise > max(best?.rise ?? 0, 0) { best = (rise, time) }
            }
            time += phase.seconds
        }
        return best?.time
    }

    /// The times of all requests, in seconds, ascending. Equal seeds give equal times.
    public func times(seed: UInt64) -> [Double] {
        var generator = SplitMix(state: SplitMix.mix(seed ^ 0x5DEE_CE66))
        var times: [Double] = []
        var start = 0.0
        for phase in phases {
            let end = start + phase.seconds
            guard phase.rate > 0 else {
                start = end
                continue
            }
            var time = start
            while true {
                time += spacing == .constant ? 1 / phase.rate : generator.exponential(mean: 1 / phase.rate)
                if time >= end { break }
                times.append(time)
            }
            start = end
        }
        return times
    }
}
