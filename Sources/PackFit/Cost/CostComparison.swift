import PackProfiles

/// What the same month costs on several platforms, and which one is the cheapest for how many requests.
public struct CostComparison: Sendable {
    /// The month.
    public var workload: Workload
    /// Prices, the cheapest first; equal ones in the order of the profiles.
    public var costs: [Cost]
    /// Platforms without a price, with the reason.
    public var unpriced: [(profile: String, reason: String)]
    /// Which one is the cheapest from how many requests a month on, ascending; found as ``BreakEven`` is.
    public var cheapest: [Stretch]

    /// From a number of requests a month on, one platform is the cheapest.
    public struct Stretch: Hashable, Sendable {
        /// The first number.
        public var requests: Double
        /// The platform.
        public var profile: String
    }

    /// Compares platforms.
    ///
    /// - Parameter beyondFree: Whether the free parts are used.
    public init(_ workload: Workload, on profiles: [Profile], beyondFree: Bool) {
        self.workload = workload
        costs = []
        unpriced = []
        var priced: [Profile] = []
        for profile in profiles {
            do throws(Cost.Unknown) {
                costs.append(try Cost.of(workload, on: profile))
                priced.append(profile)
            } catch {
                unpriced.append((profile.name, error.reason))
            }
        }
        costs = costs.enumerated().sorted {
            ($0.element.total(beyondFree: beyondFree), $0.offset) < (
                $1.element.total(beyondFree: beyondFree), $1.offset
            )
        }.map(\.element)
        cheapest = Self.stretches(priced, workload, beyondFree)
    }

    private static func stretches(_ profiles: [Profile], _ workload: Workload, _ beyondFree: Bool) -> [Stretch] {
        guard !profiles.isEmpty else { return [] }
        func winner(_ requests: Double) -> Int {
            var best = (index: 0, dollars: Double.infinity)
            for (index, profile) in profiles.enumerated() {
                let dollars = dollars(requests, workload, profile, beyondFree)
                if dollars < best.dollars { best = (index, dollars) }
            }
            return best.index
        }
        var last = (requests: 1.0, index: winner(1))
        var stretches = [Stretch(requests: 1, profile: profiles[last.index].name)]
        for requests in BreakEven.grid {
            let here = winner(requests)
            // Between two points a third platform may be the cheapest: each place of change is looked at anew.
            while last.index != here {
                var (low, high) = (last.requests, requests)
                while high - low > 1 {
                    let middle = ((low + high) / 2).rounded(.down)
                    if winner(middle) == last.index { low = middle } else { high = middle }
                }
                last = (high, winner(high))
                stretches.append(Stretch(requests: high, profile: profiles[last.index].name))
            }
            last.requests = requests
        }
        return stretches
    }

    /// Infinite where there is no price for so many requests.
    private static func dollars(
        _ requests: Double, _ workload: Workload, _ profile: Profile, _ beyondFree: Bool
    ) -> Double {
        var workload = workload
        workload.requests = requests
        do throws(Cost.Unknown) {
            return try Cost.of(workload, on: profile).total(beyondFree: beyondFree)
        } catch {
            return .infinity
        }
    }
}

extension Cost {
    /// Dollars a month, with or without the free parts.
    public func total(beyondFree: Bool) -> Double { beyondFree ? totalBeyondFree : total }
}
