import PackCore
import PackGraph
import PackIO
import PackImport
import PackPasses
import PackPlanner
import PackRuntime
import Testing

/// Texts of different lengths, computed side by side without padding, give what each gives alone.
@Suite struct PackedTextTests {
    private static let models = TestPaths.root + "/Fixtures/models"
    private static let names =
        (try? FolderWalk.names(in: models))?.filter { $0 != "minilm" && $0 != "README.md" }.sorted() ?? []
    private static let lengths = [3, 1, 12, 7, 1, 1, 5, 12, 2]

    private func session(_ name: String, _ kind: WeightKind = .f32, threads: Int = 1) throws -> Session {
        let model = try ImportedModel.load(Self.models + "/" + name)
        return try session(try PassPipeline.standard.run(model.graph).graph, kind, threads: threads)
    }

    private func session(_ graph: Graph, _ kind: WeightKind, threads: Int) throws -> Session {
        let metadata = PlanMetadata(task: .tensors, symbolMaxima: ["sequence": 12])
        let image = try Planner.draft(graph, storage: WeightStorage(kind), metadata: metadata).makeImage()
        return try Session(plan: image.bytes, threads: threads, keeping: image)
    }

    /// Random ids and types; the last token of each text of more than five is hidden.
    private func fill(_ session: Session, _ lengths: [Int], seed: UInt64) {
        for input in 0..<session.inputCount {
            let name = session.name(ofInput: input)
            session.inputBytes(input).withMemoryRebound(to: Int64.self) { target in
                var place = 0
                for (text, length) in lengths.enumerated() {
                    var numbers = SplitMix(state: seed + UInt64(text))
                    for index in 0..<length {
                        let number = Int64(numbers.next() % 90)
                        switch name {
                        case "input_ids": target[place + index] = number
                        case "token_type_ids": target[place + index] = number % 2
                        default: target[place + index] = length > 5 && index == length - 1 ? 0 : 1
                        }
                    }
                    place += length
                }
            }
        }
    }

    /// Outputs for texts side by side.
    private func packed(_ session: Session, _ lengths: [Int], seed: UInt64) throws -> [[Float]] {
        for input in 0..<session.inputCount { try session.setInputShape(input, [1, lengths.reduce(0, +)]) }
        var end = 0
        let ends = lengths.map { length in
            end += length
            return end
        }
        try session.setSegments(ends)
        try session.prepare()
        fill(session, lengths, seed: seed)
        try session.run()
        return outputs(session)
    }

    private func alone(_ session: Session, _ length: Int, seed: UInt64) throws -> [[Float]] {
        for input in 0..<session.inputCount { try session.setInputShape(input, [1, length]) }
        try session.prepare()
        fill(session, [length], seed: seed)
        try session.run()
        return outputs(session)
    }

    private func outputs(_ session: Session) -> [[Float]] {
        (0..<session.outputCount).map { output in
            session.outputBytes(output).withMemoryRebound(to: Float.self) { Array($0) }
        }
    }

    @Test(arguments: names)
    func givesWhatEachGivesAlone(name: String) throws {
        for (kind, threads) in [(WeightKind.f32, 1), (.f32, 3), (.int8, 1), (.int8, 3), (.int4, 2), (.f16, 1)] {
            let session = try session(name, kind, threads: threads)
            #expect(session.plan.packsTexts)
            let together = try packed(session, Self.lengths, seed: 1)
            let single = try Self.lengths.enumerated().map { try alone(session, $1, seed: 1 + UInt64($0)) }
            for output in 0..<session.outputCount {
                #expect(together[output].contains { $0 != 0 })
                #expect(
                    together[output].map(\.bitPattern) == single.flatMap { $0[output].map(\.bitPattern) },
                    "output \(output) as \(kind), \(threads) threads")
            }
            // Rows are rows again, and shapes of before are planned anew.
            #expect(try alone(session, 3, seed: 1) == single[0])
            #expect(try packed(session, Self.lengths, seed: 1) == together)
        }
    }

    /// A graph that no pass has fused looks at the whole batch in many places.
    @Test func otherPlansTakeRows() throws {
        let model = try ImportedModel.load(Self.models + "/bert-embedding")
        let session = try session(model.graph, .f32, threads: 1)
        #expect(!session.plan.packsTexts)
        try session.setInputShape(0, [1, 4])
        #expect(throws: RuntimeError.notPrepared) {
            try session.setSegments([1, 4])
        }
    }

    @Test(arguments: [[], [4], [0, 4], [4, 4], [5, 4], [-1, 4], [.min, .max]])
    func badEndsAreRefused(ends: [Int]) throws {
        let session = try session("bert-embedding")
        for input in 0..<session.inputCount { try session.setInputShape(input, [1, 4]) }
        #expect(throws: RuntimeError.self) {
            try session.setSegments(ends)
            try session.prepare()
        }
        #expect(throws: Never.self) { try alone(session, 4, seed: 0) }
    }

    /// Ends that do not agree with the inputs' shape, and a text longer than the model takes.
    @Test(arguments: [("bert-embedding", [1, 3]), ("bert-classification", [1, 5]), ("bert-embedding", [1, 14])])
    func endsThatDoNotFitAreRefused(name: String, ends: [Int]) throws {
        let session = try session(name)
        for input in 0..<session.inputCount { try session.setInputShape(input, [1, ends[1] == 14 ? 14 : 4]) }
        #expect(throws: RuntimeError.self) {
            try session.setSegments(ends)
            try session.prepare()
        }
        #expect(throws: Never.self) { try packed(session, [2, 12], seed: 0) }
    }

    /// A plan that says of itself that it packs texts, and does not, is refused when it is prepared, or computes something.
    @Test func falseFlagsDoNoHarm() throws {
        let model = try ImportedModel.load(Self.models + "/bert-embedding")
        let metadata = PlanMetadata(task: .tensors)
        let honest = try Planner.draft(model.graph, storage: WeightStorage(.f32), metadata: metadata).makeImage()
        var bytes = withExtendedLifetime(honest) { Array(honest.bytes) }
        bytes[52] |= 1
        bytes = resealed(bytes)
        let image = try #require(PlanImage(byteCount: bytes.count) { $0.copyBytes(from: bytes) })
        let session = try Session(plan: image.bytes, threads: 1, keeping: image)
        #expect(session.plan.packsTexts)
        _ = try? packed(session, [2, 3, 4], seed: 0)
        #expect(throws: Never.self) { try alone(session, 4, seed: 0) }
    }
}
