import CPackKernels
import Glibc
import PackIO
import PackLab
import PackPlanner
import PackRuntime

/// Something that is measured.
protocol BenchEngine: AnyObject {
    /// Its name in reports, `pack int8`.
    var name: String { get }
    /// `fp32`, `fp16`, `bf16`, `int8`, `int6` or `int4`.
    var precision: String { get }
    /// Whether it is another runtime.
    var isPeer: Bool { get }
    /// What it takes on disk; nil where it is not known.
    var disk: BenchResult.Disk? { get }
    /// Runs for about so many seconds, at least three times after one that is not counted; the seconds of each.
    func run(_ shape: BenchShape, seconds: Double) throws -> [Double]
    /// A process of its own that answers one request of the shape and ends.
    ///
    /// - Parameter readsPeak: Whether its memory is wanted; its times may then mean nothing.
    func start(_ shape: BenchShape, readsPeak: Bool) throws -> ProcessStart
}

/// Seconds since some moment, by a clock that is never set.
func benchClock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The runtime inside the tool, with one plan and one number of threads.
final class PackEngine: BenchEngine {
    let name: String
    let precision: String
    let session: Session
    let plan: BenchPlan
    private let threads: Int

    init(_ plan: BenchPlan, threads: Int, instructionSet: String?) throws {
        (name, self.plan, self.threads) = (plan.name, plan, threads)
        session = try LocalSession.open(plan.image, threads: threads, instructionSet: instructionSet)
        precision = plan.kind?.precision ?? PlanShapes.precision(of: session.plan)
    }

    var isPeer: Bool { false }

    var disk: BenchResult.Disk? {
        plan.runtime.map { BenchResult.Disk(model: plan.image.bytes.count, runtime: $0.count) }
    }

    func start(_ shape: BenchShape, readsPeak: Bool) throws -> ProcessStart {
        let inputs = BenchInputs(session.plan, shape).list.enumerated().map { index, input in
            let dtype = session.inputDType(index)
            let bytes = BenchInputs.bytes(
                input.fill, dtype, count: input.shape.reduce(dtype.size, *), width: max(input.shape.last ?? 1, 1))
            return (name: input.name, shape: input.shape, dtype: dtype, bytes: bytes)
        }
        return try plan.start(SampleRequest.json(inputs), threads: threads, readsPeak: readsPeak)
    }

    /// The instruction set of its matrix products.
    var instructionSet: UInt32 {
        let family =
            switch precision {
            case WeightKind.int4.precision: PACK_FAMILY_gemm_s4
            case WeightKind.int8.precision, WeightKind.int6.precision: PACK_FAMILY_gemm_s8
            default: PACK_FAMILY_gemm_f32
            }
        return pack_kernels_isa(session.kernels, UInt32(family.rawValue))
    }

    /// A run's time includes copying the inputs in: their memory is used again for other values.
    func run(_ shape: BenchShape, seconds: Double) throws -> [Double] {
        let inputs = try prepare(shape)
        try runOnce(inputs)
        var times: [Double] = []
        let end = benchClock() + seconds
        while times.count < 3 || benchClock() < end {
            let start = benchClock()
            try runOnce(inputs)
            times.append(benchClock() - start)
        }
        return times
    }

    /// The same, step by step: for each step the seconds of each run.
    func runSteps(_ shape: BenchShape, seconds: Double) throws -> [[Double]] {
        let inputs = try prepare(shape)
        try runOnce(inputs)
        var times = [[Double]](repeating: [], count: session.plan.steps.count)
        let end = benchClock() + seconds
        var runs = 0
        while runs < 3 || benchClock() < end {
            fill(inputs)
            var start = benchClock()
            for step in times.indices {
                try wording { () throws(RuntimeError) in try session.run(step: step) }
                let now = benchClock()
                times[step].append(now - start)
                start = now
            }
            runs += 1
        }
        return times
    }

    private func runOnce(_ inputs: [[UInt8]]) throws {
        fill(inputs)
        try wording { () throws(RuntimeError) in try session.run() }
    }

    private func fill(_ inputs: [[UInt8]]) {
        for (index, values) in inputs.enumerated() {
            values.withUnsafeBytes { session.inputBytes(index).copyMemory(from: $0) }
        }
    }

    /// Sets the shape and makes the inputs.
    private func prepare(_ shape: BenchShape) throws -> [[UInt8]] {
        let inputs = BenchInputs(session.plan, shape).list
        let isPacked = shape.lengths.count > 1 && session.plan.packsTexts
        let ends = shape.ends
        try wording { () throws(RuntimeError) in
            for (index, input) in inputs.enumerated() {
                try setShape(index, isPacked ? [1, ends.last ?? 0] : input.shape)
            }
            if isPacked { try session.setSegments(ends) }
            try session.prepare()
        }
        return inputs.enumerated().map { index, input in
            // Side by side, no text is padded.
            var fill = input.fill
            if isPacked, case .lengths = fill { fill = .ones }
            return BenchInputs.bytes(
                fill, session.inputDType(index), count: session.inputBytes(index).count,
                width: max(input.shape.last ?? 1, 1))
        }
    }

    private func setShape(_ input: Int, _ extents: [Int]) throws(RuntimeError) {
        let failure: RuntimeError? = extents.withUnsafeBufferPointer { buffer in
            do throws(RuntimeError) {
                try session.setInputShape(input, buffer)
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }

    private func wording(_ body: () throws(RuntimeError) -> Void) throws {
        do throws(RuntimeError) { try body() } catch {
            throw Refusal(facts: RuntimeFacts.facts(error, instructionSet: nil))
        }
    }
}
