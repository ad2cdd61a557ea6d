/// What `pack bench` has measured. Times in seconds, rates in operations a second.
struct BenchResult {
    let model: String
    /// Names and versions.
    let peers: [String]
    let rounds: Int
    /// How long each turn lasted at least.
    let seconds: Double
    let cells: [Cell]

    /// All engines at one shape with one number of threads.
    struct Cell {
        let shape: BenchShape
        let threads: Int
        /// Floating-point operations of the matrix products of one run.
        let operations: Double
        /// The rate of multiply-adds on registers, the median of measurements between the turns.
        let peak: Double?
        let timings: [Timing]
        let steps: [StepTimes]

        /// The fastest peer of the precision that a timing is compared with: codes with int8, all else with fp32.
        func rival(of timing: Timing) -> Timing? {
            guard !timing.isPeer else { return nil }
            let precision = ["int8", "int6", "int4"].contains(timing.precision) ? "int8" : "fp32"
            return timings.filter { $0.isPeer && $0.precision == precision }.min { $0.median < $1.median }
        }
    }

    /// One engine at one shape.
    struct Timing {
        let name: String
        let precision: String
        let isPeer: Bool
        /// How many runs there were.
        let count: Int
        let smallest: Double
        let median: Double
        let p95: Double
        /// The median of each round.
        let roundMedians: [Double]

        init(name: String, precision: String, isPeer: Bool, rounds: [[Double]]) {
            (self.name, self.precision, self.isPeer) = (name, precision, isPeer)
            let all = rounds.flatMap { $0 }.sorted()
            count = all.count
            smallest = all.first ?? 0
            median = Statistics.median(all)
            p95 = Statistics.percentile(all, 0.95)
            roundMedians = rounds.map { Statistics.median($0) }
        }
    }
}

/// Summaries of samples.
enum Statistics {
    /// The middle value, or the mean of the two in the middle; 0 for none.
    static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The smallest value that at least a share of the values does not exceed (nearest rank); 0 for none.
    static func percentile(_ values: [Double], _ share: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        let rank = Int((share * Double(values.count)).rounded(.up))
        return values.sorted()[min(max(rank, 1), values.count) - 1]
    }
}
