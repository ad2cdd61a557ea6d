import Glibc
import PackIO
import PackImport
import PackLab
import PackPlanner
import PackQuantize
import PackRuntime

/// Measures engines in turns: for each number of threads and each shape, round by round, one engine after the other.
struct Benchmark {
    private let command: Bench
    private let path: String
    private let lists: Bench.Lists

    init(_ command: Bench, _ path: String, _ lists: Bench.Lists) {
        (self.command, self.path, self.lists) = (command, path, lists)
    }

    func run() throws -> BenchResult {
        let progress = Progress()
        defer { progress.finish() }
        let (plans, pipeline) = try plans()
        guard lists.peers.isEmpty || pipeline != nil else {
            throw Refusal(
                facts: ErrorFacts(
                    "peers cannot run a bundle", file: path,
                    found: "--against \(lists.peers.map(\.rawValue).joined(separator: ","))",
                    expected: "a model folder or an ONNX file",
                    hint: "give the model itself; --quantize says how its weights are stored"))
        }
        // Opened first: what is wrong with the plan or the shapes is told before peers are started.
        let first = try PackEngine(plans[0], threads: 1, instructionSet: command.isa)
        let plan = first.session.plan
        let shapes = try lists.shapes.combinations(PlanShapes.dimensions(of: plan), file: path)
        let isQuantized = plans.count > 1 || lists.storage.map { $0 != [.f32] } ?? false
        let peers =
            try lists.peers.isEmpty
            ? nil
            : pipeline.map {
                try PeerSet(
                    lists.peers, $0.imported, isFixed: !command.specialization().isEmpty, python: command.python,
                    precisions: isQuantized ? ["fp32", "int8"] : ["fp32"])
            }
        var cells: [BenchResult.Cell] = []
        var accuracies: [String: BenchAccuracy]?
        for threads in lists.threads {
            let ours = try plans.map { try PackEngine($0, threads: threads, instructionSet: command.isa) }
            progress.step("starting peers")
            let others = try peers?.start(threads: threads) ?? []
            for other in others { other.inputs = { BenchInputs(plan, $0).list } }
            if accuracies == nil {
                progress.step("comparing answers")
                accuracies = try pipeline.map { try self.accuracies(ours, others, $0) } ?? [:]
            }
            for shape in shapes {
                cells.append(try measure(ours, others, shape, threads: threads, accuracies ?? [:], progress))
            }
        }
        return BenchResult(
            model: path, peers: peers?.versions ?? [], rounds: command.rounds, seconds: command.turn,
            cells: cells, missing: peers?.failures ?? [])
    }

    /// What quantization costs each engine whose precision is not f32, by name.
    private func accuracies(
        _ ours: [PackEngine], _ others: [PeerBenchEngine], _ pipeline: ModelPipeline
    ) throws -> [String: BenchAccuracy] {
        let engines: [any BenchEngine] = ours + others
        guard engines.contains(where: { $0.precision != "fp32" }) else { return [:] }
        let exact = try ours.first { $0.precision == "fp32" }?.plan ?? plan(of: pipeline, .f32, nil)
        let samples = try AccuracySamples(exact)
        var found: [String: BenchAccuracy] = [:]
        for engine in ours where engine.precision != "fp32" {
            found[engine.name] = try samples.accuracy(of: engine.plan)
        }
        for engine in others where engine.precision != "fp32" {
            let reference = others.first { $0.engine.peer == engine.engine.peer && $0.precision == "fp32" }
            if let reference { found[engine.name] = try samples.accuracy(of: engine, with: reference) }
        }
        return found
    }

    /// The plans to measure, and the pipeline of a model.
    private func plans() throws -> ([BenchPlan], ModelPipeline?) {
        let isFolder = try FileContents.kind(of: path) == .folder
        let isModel = ONNXImport.path(at: path) != nil
        let isBundle = try !isModel && (!isFolder || FileContents.kind(of: path + "/model.pack") == .regular)
        let specialization = try command.specialization()
        if isBundle {
            guard specialization.isEmpty else { throw ImportError.notFixable(path) }
            guard lists.storage == nil else {
                throw Refusal(
                    facts: ErrorFacts(
                        "is a bundle, whose weights are stored already", file: path, found: "--quantize",
                        expected: "a model folder with --quantize"))
            }
            let program = BenchPlan.Program.bundle(path)
            return (
                [BenchPlan(name: "pack bundle", kind: nil, image: try PlanSource.load(path), program: program)], nil
            )
        }
        let pipeline = try ModelPipeline.load(path, specialization: specialization)
        let kinds = lists.storage ?? (pipeline.imported.onnx == nil ? [.f32, .int8] : [.f32])
        let quantizer = try kinds.contains(.int4) ? quantizer(of: pipeline) : nil
        return (try kinds.map { try plan(of: pipeline, $0, quantizer) }, pipeline)
    }

    /// The plan that `pack slim` makes with weights stored so.
    private func plan(of pipeline: ModelPipeline, _ kind: WeightKind, _ quantizer: Quantizer?) throws -> BenchPlan {
        let choice = kind == .int4 ? try quantizer?.evaluate(WeightStorage(kind)) : nil
        let draft = try choice?.draft ?? pipeline.draft(WeightStorage(kind))
        return BenchPlan(
            name: "pack \(kind.precision)", kind: kind, image: try choice?.image ?? draft.makeImage(),
            program: .parts(operators: draft.operators, kernelFamilies: draft.kernelFamilies))
    }

    /// What adjusts 4-bit codes to texts, as `pack slim` does; nil for models that take none.
    private func quantizer(of pipeline: ModelPipeline) throws -> Quantizer? {
        guard pipeline.imported.onnx == nil else { return nil }
        return try Quantizer(
            original: try pipeline.draft(WeightStorage(.f32)).makeImage(), graph: pipeline.optimized,
            metadata: pipeline.metadata, texts: [], adjusting: CalibrationTexts.adjusting, threads: 1)
    }

    private func measure(
        _ ours: [PackEngine], _ others: [PeerBenchEngine], _ shape: BenchShape, threads: Int,
        _ accuracies: [String: BenchAccuracy], _ progress: Progress
    ) throws -> BenchResult.Cell {
        let engines: [any BenchEngine] = ours + others
        let peak = MultiplyAddPeak(threads: threads, instructionSet: ours[0].instructionSet)
        var rounds = [[[Double]]](repeating: [], count: engines.count)
        var peaks: [Double] = []
        var steps = [[[Double]]](repeating: [], count: ours.count)
        for round in 1...command.rounds {
            progress.step("\(shape.text), \(threads) threads: round \(round) of \(command.rounds)")
            for (index, engine) in engines.enumerated() {
                // Threads of the engine before may spin for a while.
                usleep(20_000)
                if let rate = peak.measure() { peaks.append(rate) }
                rounds[index].append(try engine.run(shape, seconds: command.turn))
            }
            for (index, engine) in ours.enumerated() where command.steps {
                let times = try engine.runSteps(shape, seconds: command.turn)
                steps[index] = steps[index].isEmpty ? times : zip(steps[index], times).map { $0 + $1 }
            }
        }
        let starts = try starts(engines, shape, progress)
        let timings = engines.enumerated().map { index, engine in
            BenchResult.Timing(
                engine, rounds: rounds[index], accuracy: accuracies[engine.name],
                start: starts.isEmpty ? nil : starts[index])
        }
        let details = zip(ours, steps).filter { !$1.isEmpty }.map { engine, times in
            StepTimes(engine: engine.name, plan: engine.session.plan, shape: shape, times: times)
        }
        return BenchResult.Cell(
            shape: shape, threads: threads,
            operations: shape.parts.reduce(0) { $0 + PlanShapes(ours[0].session.plan, $1).operations },
            peak: peaks.isEmpty ? nil : Statistics.median(peaks), isPeakOfCPU: !isLimited, timings: timings,
            steps: details)
    }

    /// Whether instruction sets of this CPU were ruled out.
    private var isLimited: Bool {
        !(command.isa ?? getenv("PACK_ISA").map { String(cString: $0) } ?? "").isEmpty
    }

    /// Starts each engine in turn, as often as was asked for, after one start that is not timed but whose memory is read.
    private func starts(
        _ engines: [any BenchEngine], _ shape: BenchShape, _ progress: Progress
    ) throws -> [BenchResult.Start] {
        guard command.starts > 0 else { return [] }
        var starts = [BenchResult.Start](repeating: .init(), count: engines.count)
        for round in 0...command.starts {
            progress.step("\(shape.text): start \(round) of \(command.starts)")
            for (index, engine) in engines.enumerated() {
                let start = try engine.start(shape, readsPeak: round == 0)
                if let peak = start.peakMemory { starts[index].peakMemory = max(peak, starts[index].peakMemory ?? 0) }
                guard round > 0 else { continue }
                starts[index].answers.append(start.firstOutput)
                starts[index].wholes.append(start.whole)
            }
        }
        return starts
    }
}
