import CPackBench
import CPackKernels
import PackIO

/// Measures every kernel of the list that this CPU can run, in turns, with one thread.
struct KernelBenchmark {
    private let rounds: Int
    private let seconds: Double
    private let instructionSet: String?

    /// - Parameters:
    ///   - seconds: How long a kernel's turn lasts at least.
    ///   - instructionSet: An upper bound of what dispatch picks; nil for none.
    init(rounds: Int, seconds: Double, instructionSet: String?) {
        (self.rounds, self.seconds, self.instructionSet) = (rounds, seconds, instructionSet)
    }

    func run() throws -> KernelResult {
        let progress = Progress()
        defer { progress.finish() }
        var picked = pack_kernels()
        let limit = instructionSet ?? ""
        guard pack_kernels_select(limit, &picked) == PACK_SELECT_DONE.rawValue else {
            throw Refusal(facts: RuntimeFacts.facts(.unavailableInstructionSet, instructionSet: limit))
        }
        guard let operands = pack_bench_operands_create() else {
            throw Refusal(facts: ErrorFacts("no memory to measure kernels with"))
        }
        defer { pack_bench_operands_destroy(operands) }
        let candidates = Self.candidates()
        let peak = MultiplyAddPeak(threads: 1, instructionSet: UInt32.max)
        var times = [[Double]](repeating: [], count: candidates.count)
        var peaks: [Double] = []
        for round in 1...rounds {
            progress.step("kernels: round \(round) of \(rounds)")
            if let rate = peak.measure() { peaks.append(rate) }
            for (index, candidate) in candidates.enumerated() {
                times[index].append(turn(operands, candidate))
            }
        }
        let kernels = zip(candidates, times).map { candidate, times in
            let work = pack_bench_kernel(operands, candidate.family, candidate.function)
            return KernelResult.Kernel(
                family: candidate.familyName, instructionSet: candidate.isaName,
                shape: work.shape.map { String(cString: $0) } ?? "", operations: work.operations, bytes: work.bytes,
                seconds: Statistics.median(times),
                isPicked: pack_kernels_isa(&picked, candidate.family) == candidate.isa)
        }
        return KernelResult(
            kernels: kernels, peak: peaks.isEmpty ? nil : Statistics.median(peaks), rounds: rounds, seconds: seconds)
    }

    private struct Candidate {
        let family: UInt32
        let isa: UInt32
        let familyName: String
        let isaName: String
        let function: pack_any_kernel
    }

    /// Those of the list that this build has and this CPU can run, family by family in the order of the list.
    private static func candidates() -> [Candidate] {
        var count = 0
        guard let entries = pack_kernel_entries(&count) else { return [] }
        let families = numbers(upTo: UInt32(PACK_FAMILY_COUNT.rawValue), from: 0, name: pack_family_name)
        let sets = numbers(upTo: UInt32(PACK_ISA_COUNT.rawValue), from: 1, name: pack_isa_name)
        return UnsafeBufferPointer(start: entries, count: count).enumerated().compactMap { index, entry in
            let (familyName, isaName) = (String(cString: entry.family), String(cString: entry.isa))
            guard let family = families[familyName], let isa = sets[isaName], pack_isa_available(isa) != 0,
                let function = pack_kernel_function(index)
            else { return nil }
            return Candidate(family: family, isa: isa, familyName: familyName, isaName: isaName, function: function)
        }.sorted { ($0.family, $0.isa) < ($1.family, $1.isa) }
    }

    private static func numbers(
        upTo end: UInt32, from start: UInt32, name: (UInt32) -> UnsafePointer<CChar>?
    ) -> [String: UInt32] {
        var found: [String: UInt32] = [:]
        for number in start..<end { if let name = name(number) { found[String(cString: name)] = number } }
        return found
    }

    /// Seconds of a call, the median of a turn's, which is at least three after one that is not counted.
    private func turn(_ operands: OpaquePointer, _ candidate: Candidate) -> Double {
        _ = pack_bench_kernel(operands, candidate.family, candidate.function)
        var times: [Double] = []
        let end = benchClock() + seconds
        while times.count < 3 || benchClock() < end {
            let start = benchClock()
            _ = pack_bench_kernel(operands, candidate.family, candidate.function)
            times.append(benchClock() - start)
        }
        return Statistics.median(times)
    }
}

/// What kernels reach on this CPU.
struct KernelResult {
    let kernels: [Kernel]
    /// Operations a second of multiply-adds on registers; nil where there is no loop for this CPU.
    let peak: Double?
    let rounds: Int
    let seconds: Double

    /// One kernel.
    struct Kernel {
        let family: String
        let instructionSet: String
        let shape: String
        /// Floating-point operations of a call; 0 for kernels without products.
        let operations: Double
        /// Bytes that a call reads and writes; 0 for kernels with products.
        let bytes: Double
        /// Seconds of a call: the median over the rounds of each one's median.
        let seconds: Double
        /// Whether dispatch chooses it on this CPU.
        let isPicked: Bool

        /// Operations or bytes a second.
        var rate: Double { seconds > 0 ? max(operations, bytes) / seconds : 0 }
    }
}
