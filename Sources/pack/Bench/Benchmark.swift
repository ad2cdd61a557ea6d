import Glibc
import PackIO
import PackImport
import PackPlanner
import PackRuntime

/// Measures engines in turns: for each number of threads and each shape, round by round, one engine after the other.
struct Benchmark {
    private let command: Bench
    private let lists: Bench.Lists

    init(_ command: Bench, _ lists: Bench.Lists) { (self.command, self.lists) = (command, lists) }

    func run() throws -> BenchResult {
        let progress = Progress()
        defer { progress.finish() }
        let (plans, pipeline) = try plans()
        guard lists.peers.isEmpty || pipeline != nil else {
            throw Refusal(
                facts: ErrorFacts(
                    "peers cannot run a bundle", file: command.path,
                    found: "--against \(lists.peers.joined(separator: ","))",
                    expected: "a model folder or an ONNX file",
                    hint: "give the model itself; --quantize says how its weights are stored"))
        }
        // Opened first: what is wrong with the plan or the shapes is told before peers are started.
        let first = try PackEngine(plans[0], threads: 1, instructionSet: command.isa)
        let plan = first.session.plan
        let shapes = try lists.shapes.combinations(PlanShapes.dimensions(of: plan), file: command.path)
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
        for threads in lists.threads {
            let ours = try plans.map { try PackEngine($0, threads: threads, instructionSet: command.isa) }
            progress.step("starting peers")
            let others = try peers?.start(threads: threads) ?? []
            for other in others { other.inputs = { BenchInputs(plan, $0).list } }
            for shape in shapes {
                cells.append(try measure(ours, others, shape, threads: threads, progress))
            }
        }
        return BenchResult(
            model: command.path, peers: peers?.versions ?? [], rounds: command.rounds, seconds: command.seconds,
            cells: cells)
    }

    /// The plans to measure, and the pipeline of a model.
    private func plans() throws -> ([BenchPlan], ModelPipeline?) {
        let isFolder = try FileContents.kind(of: command.path) == .folder
        let isModel = ONNXImport.path(at: command.path) != nil
        let isBundle = try !isModel && (!isFolder || FileContents.kind(of: command.path + "/model.pack") == .regular)
        let specialization = try command.specialization()
        if isBundle {
            guard specialization.isEmpty else { throw ImportError.notFixable(command.path) }
            guard lists.storage == nil else {
                throw Refusal(
                    facts: ErrorFacts(
                        "is a bundle, whose weights are stored already", file: command.path, found: "--quantize",
                        expected: "a model folder with --quantize"))
            }
            return ([BenchPlan(name: "pack bundle", image: try PlanSource.load(command.path))], nil)
        }
        let pipeline = try ModelPipeline.load(command.path, specialization: specialization)
        let plans = try (lists.storage ?? (pipeline.imported.onnx == nil ? [.f32, .int8] : [.f32])).map { kind in
            BenchPlan(
                name: "pack \(kind.precision)", image: try pipeline.draft(WeightStorage(kind)).makeImage())
        }
        return (plans, pipeline)
    }

    private func measure(
        _ ours: [PackEngine], _ others: [PeerBenchEngine], _ shape: BenchShape, threads: Int, _ progress: Progress
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
                rounds[index].append(try engine.run(shape, seconds: command.seconds))
            }
            for (index, engine) in ours.enumerated() where command.steps {
                let times = try engine.runSteps(shape, seconds: command.seconds)
                steps[index] = steps[index].isEmpty ? times : zip(steps[index], times).map { $0 + $1 }
            }
        }
        let timings = zip(engines, rounds).map { engine, rounds in
            BenchResult.Timing(
                name: engine.name, precision: engine.precision, isPeer: engine is PeerBenchEngine, rounds: rounds)
        }
        let details = zip(ours, steps).filter { !$1.isEmpty }.map { engine, times in
            StepTimes(engine: engine.name, plan: engine.session.plan, shape: shape, times: times)
        }
        return BenchResult.Cell(
            shape: shape, threads: threads,
            operations: shape.parts.reduce(0) { $0 + PlanShapes(ours[0].session.plan, $1).operations },
            peak: peaks.isEmpty ? nil : Statistics.median(peaks), timings: timings, steps: details)
    }
}
