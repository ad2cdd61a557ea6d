import CPackKernels
import PackCore

/// Where the time of a plan goes.
struct StepTimes {
    /// The engine's name.
    let engine: String
    /// The slowest first.
    let steps: [Step]
    /// Seconds of all.
    let total: Double

    /// One step.
    struct Step {
        /// Its place in the plan.
        let index: Int
        let name: String
        /// Its operator.
        let kind: String
        /// The extents of its first output.
        let extents: [Int]
        /// The median.
        let seconds: Double
        /// Floating-point operations of its matrix products.
        let operations: Double
    }

    init(engine: String, plan: PlanView, shape: BenchShape, times: [[Double]]) {
        self.engine = engine
        let shapes = PlanShapes(plan, shape)
        let parts = shape.parts.map { PlanShapes(plan, $0) }
        let steps = plan.steps.indices.map { index in
            let step = plan.steps[index]
            return Step(
                index: index, name: String(decoding: plan.string(step.name), as: UTF8.self),
                kind: pack_operator_name(UInt32(step.op)).map { String(cString: $0) } ?? "?",
                extents: step.output_count > 0
                    ? shapes.extents(plan.arguments[Int(step.first_argument) + Int(step.input_count)]) : [],
                seconds: Statistics.median(times[index]),
                operations: parts.reduce(0) { $0 + $1.operations(step: index) })
        }
        total = steps.reduce(0) { $0 + $1.seconds }
        self.steps = steps.sorted { ($1.seconds, $0.index) < ($0.seconds, $1.index) }
    }

    /// The share of a number of seconds in all.
    func share(_ seconds: Double) -> Double { total > 0 ? seconds / total : 0 }

    /// Operators with the number and the seconds of their steps, the slowest first.
    var kinds: [(kind: String, count: Int, seconds: Double)] {
        var sums: [String: (Int, Double)] = [:]
        for step in steps {
            let sum = sums[step.kind] ?? (0, 0)
            sums[step.kind] = (sum.0 + 1, sum.1 + step.seconds)
        }
        return sums.map { ($0.key, $0.value.0, $0.value.1) }.sorted { ($1.2, $0.0) < ($0.2, $1.0) }
    }
}
