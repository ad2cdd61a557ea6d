import PackCore
import PackFormats
import PackGraph
import PackIO
import PackImport
import PackPasses
import PackPlanner
import PackRuntime
import Testing

/// Plans of the tiny models, run by the runtime, give what transformers gives.
@Suite struct ReferenceTests {
    private static let models = TestPaths.root + "/Fixtures/models"
    private static let names =
        (try? FolderWalk.names(in: models))?
        .filter { $0 != "minilm" && $0 != "README.md" }.sorted() ?? []

    @Test(arguments: names)
    func givesWhatTransformersGives(name: String) throws {
        let model = try ImportedModel.load(Self.models + "/" + name)
        let reference = try Checkpoint(file: Self.models + "/" + name + "/reference.safetensors")
        let optimized = try PassPipeline.standard.run(model.graph).graph
        for threads in [1, 3] {
            try compare(model.graph, .f32, reference, 2e-5, threads)
            try compare(optimized, .f32, reference, 2e-5, threads)
        }
        try compare(optimized, .f16, reference, 5e-3, 2)
        try compare(optimized, .int8, reference, 0.15, 2)
    }

    /// 4-bit weights give what the same weights give as floats, but for the rounding of activations to 8 bits.
    @Test(arguments: names)
    func int4GivesWhatItsWeightsGive(name: String) throws {
        let model = try ImportedModel.load(Self.models + "/" + name)
        let reference = try Checkpoint(file: Self.models + "/" + name + "/reference.safetensors")
        let graph = try PassPipeline.standard.run(model.graph).graph
        let rounded = try answers(try Self.rounded(graph), .f32, reference, 1)
        for (found, expected) in zip(try answers(graph, .int4, reference, 2), rounded) {
            let difference = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
            let largest = expected.map(abs).max() ?? 1
            #expect(found.count == expected.count)
            #expect(difference <= 0.1 * max(largest, 1), "differs by \(difference) of \(largest)")
        }
    }

    /// The graph with the weights that int4 leaves of its own.
    private static func rounded(_ graph: Graph) throws -> Graph {
        var graph = graph
        for node in graph.nodes {
            let tables = node.op == "Embed" ? Array(node.inputs[2...4]) : []
            let matrices = node.op == "Linear" ? [node.inputs[1]] : []
            for name in Set(tables + matrices) where !name.isEmpty {
                let constant = try #require(graph.constants[name])
                let byRows = node.op == "Embed" || node.attributes["transposed"] == .int(1)
                graph.constants[name] = try Self.rounded(constant, byRows: byRows)
            }
        }
        return graph
    }

    private static func rounded(_ constant: Constant, byRows: Bool) throws -> Constant {
        let (rows, columns) = (constant.shape[0], constant.shape[1])
        func transposed(_ values: [Float], _ rows: Int, _ columns: Int) -> [Float] {
            (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
        }
        let floats = try constant.floats()
        var kept = floats
        if byRows {
            kept = WeightKind.int4.restored(floats, rows: rows, columns: columns)
        } else {
            let turned = transposed(floats, rows, columns)
            kept = transposed(WeightKind.int4.restored(turned, rows: columns, columns: rows), columns, rows)
        }
        return try Constant(.f32, constant.shape, bytes: kept.withUnsafeBytes { Array($0) })
    }

    /// What the model answers to the reference's inputs, in the order of its outputs.
    private func answers(
        _ graph: Graph, _ kind: WeightKind, _ reference: Checkpoint, _ threads: Int
    ) throws -> [[Float]] {
        let session = try run(graph, kind, reference, threads)
        return (0..<session.outputCount).map { output in
            session.outputBytes(output).withMemoryRebound(to: Float.self) { Array($0) }
        }
    }

    private func compare(
        _ graph: Graph, _ kind: WeightKind, _ reference: Checkpoint, _ tolerance: Float, _ threads: Int
    ) throws {
        let session = try run(graph, kind, reference, threads)
        for output in 0..<session.outputCount {
            let name = String(decoding: session.outputName(output), as: UTF8.self)
            let tensor = try #require(reference.tensor(named: name))
            let expected = tensor.withBytes { bytes in
                (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
            }
            let found = session.outputBytes(output).withMemoryRebound(to: Float.self) { Array($0) }
            #expect(found.count == expected.count)
            let difference = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
            let largest = expected.map(abs).max() ?? 1
            #expect(
                difference <= tolerance * max(largest, 1),
                "\(name) as \(kind), \(threads) threads: differs by \(difference)")
        }
    }

    private func run(
        _ graph: Graph, _ kind: WeightKind, _ reference: Checkpoint, _ threads: Int
    ) throws -> Session {
        let metadata = PlanMetadata(task: .tensors)
        let image = try Planner.draft(graph, storage: WeightStorage(kind), metadata: metadata).makeImage()
        let session = try Session(plan: image.bytes, threads: threads, keeping: image)
        for input in 0..<session.inputCount {
            let tensor = try #require(reference.tensor(named: session.name(ofInput: input)))
            try session.setInputShape(input, tensor.record.shape)
        }
        try session.prepare()
        for input in 0..<session.inputCount {
            let tensor = try #require(reference.tensor(named: session.name(ofInput: input)))
            tensor.withBytes { session.inputBytes(input).copyMemory(from: $0) }
        }
        try session.run()
        return session
    }
}
