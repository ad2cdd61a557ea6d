import PackSimulation

/// What `pack bench` has measured. Times in seconds, rates in operations a second.
struct BenchResult {
    let model: String
    /// Names and versions.
    let peers: [String]
    let rounds: Int
    /// How long each turn lasted at least.
    let seconds: Double
    let cells: [Cell]
    /// What could not be measured.
    var missing: [Missing] = []

    /// A form of a model that a peer could not make or load.
    struct Missing {
        /// The engine's name.
        let name: String
        /// What it said.
        let reason: String
    }

    /// What an engine takes on disk, in bytes.
    struct Disk {
        /// Its form of the model.
        let model: Int
        /// The runtime: pack's program, or a peer's Python package with those that it needs. Python itself does not count.
        let runtime: Int
    }

    /// An engine as a process of its own, from its start until it has answered one request and is gone.
    struct Start {
        /// Seconds to the first byte of the answer, of each start.
        var answers: [Double] = []
        /// Seconds to the end, of each start.
        var wholes: [Double] = []
        /// Bytes of memory at the peak; nil where they could not be read.
        var peakMemory: Int?
    }

    /// All engines at one shape with one number of threads.
    struct Cell {
        let shape: BenchShape
        let threads: Int
        /// Floating-point operations of the matrix products of one run.
        let operations: Double
        /// The rate of multiply-adds on registers, the median of measurements between the turns.
        let peak: Double?
        /// Whether the peak is that of all that this CPU has, so that peers can be held against it.
        let isPeakOfCPU: Bool
        let timings: [Timing]
        let steps: [StepTimes]

        /// Operations a second of an engine, at its median.
        func speed(_ timing: Timing) -> Double { timing.median > 0 ? operations / timing.median : 0 }

        /// The same as a fraction of the peak; nil where there is none that the engine could be held against.
        func fractionOfPeak(_ timing: Timing) -> Double? {
            guard let peak, peak > 0, isPeakOfCPU || !timing.isPeer else { return nil }
            return speed(timing) / peak
        }

        /// Items of the batch a second, or runs where the model has no dimension of that name.
        func itemsPerSecond(_ timing: Timing) -> Double { timing.runsPerSecond * Double(shape["batch"] ?? 1) }

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
        let p99: Double
        /// Runs a second, over all of them.
        let runsPerSecond: Double
        /// The median of each round.
        let roundMedians: [Double]
        let disk: Disk?
        /// What quantization costs; nil for f32.
        let accuracy: BenchAccuracy?
        /// As a process of its own; nil where none was started.
        let start: Start?

        init(_ engine: any BenchEngine, rounds: [[Double]], accuracy: BenchAccuracy? = nil, start: Start? = nil) {
            (name, precision, isPeer, disk) = (engine.name, engine.precision, engine.isPeer, engine.disk)
            (self.accuracy, self.start) = (accuracy, start)
            let all = rounds.flatMap { $0 }.sorted()
            count = all.count
            smallest = all.first ?? 0
            median = Statistics.median(all)
            p95 = Statistics.percentile(all, 0.95)
            p99 = Statistics.percentile(all, 0.99)
            let total = all.reduce(0, +)
            runsPerSecond = total > 0 ? Double(all.count) / total : 0
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
        Quantiles(values).at(share) ?? 0
    }
}
