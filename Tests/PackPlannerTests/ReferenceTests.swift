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

    private func compare(
        _ graph: Graph, _ kind: WeightKind, _ reference: Checkpoint, _ tolerance: Float, _ threads: Int
    ) throws {
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
}
