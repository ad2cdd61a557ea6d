import PackProfiles

/// A number of requests a month at which the cheaper one of two platforms changes.
public struct BreakEven: Hashable, Sendable {
    /// The least number of requests at which `above` is not dearer.
    public var requests: Double
    /// The cheaper platform for fewer requests.
    public var below: String
    /// The cheaper platform for more.
    public var above: String

    /// The largest number of requests that is looked at.
    public static let most = 1e11

    /// All changes from one request to `most`, found on a grid of 20 points a decade and then by halving.
    ///
    /// Two changes that lie between two points of the grid are not seen.
    ///
    /// - Parameters:
    ///   - workload: All but the number of requests.
    ///   - first: A platform.
    ///   - second: Another one.
    ///   - beyondFree: Whether the free parts are used.
    /// - Throws: Why one of them has no price.
    public static func between(
        _ first: Profile, _ second: Profile, for workload: Workload, beyondFree: Bool
    ) throws(Cost.Unknown) -> [BreakEven] {
        func difference(_ requests: Double) throws(Cost.Unknown) -> Double {
            var workload = workload
            workload.requests = requests
            let costs = (try Cost.of(workload, on: first), try Cost.of(workload, on: second))
            return beyondFree
                ? costs.0.totalBeyondFree - costs.1.totalBeyondFree : costs.0.total - costs.1.total
        }
        var changes: [BreakEven] = []
        var last = (requests: 1.0, difference: try difference(1))
        for requests in grid {
            let here = try difference(requests)
            if last.difference * here < 0 {
                let place = try halved(last.requests, requests, last.difference, difference)
                let names = last.difference < 0 ? (first.name, second.name) : (second.name, first.name)
                changes.append(BreakEven(requests: place, below: names.0, above: names.1))
            }
            if here != 0 { last = (requests, here) }
        }
        return changes
    }

    private static var grid: [Double] {
        var points: [Double] = []
        var decade = 1.0
        while decade < most {
            // 20 steps from 1 to 10, each a factor of about 1.122.
            points += (1...20).map { (decade * power($0)).rounded() }
            decade *= 10
        }
        return points
    }

    private static func power(_ step: Int) -> Double {
        step == 20 ? 10 : (0..<step).reduce(1) { value, _ in value * 1.122_018_454_301_963_3 }
    }

    /// The least whole number in the interval whose difference has not the sign that it has at `low`.
    private static func halved(
        _ low: Double, _ high: Double, _ sign: Double,
        _ difference: (Double) throws(Cost.Unknown) -> Double
    ) throws(Cost.Unknown) -> Double {
        var (low, high) = (low, high)
        while high - low > 1 {
            let middle = ((low + high) / 2).rounded(.down)
            if try difference(middle) * sign > 0 { low = middle } else { high = middle }
        }
        return high
    }
}
