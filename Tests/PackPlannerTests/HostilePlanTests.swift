import PackCore
import PackGraph
import PackImport
import PackPasses
import PackPlanner
import PackRuntime
import Testing

/// Damaged and hostile plans are refused, and requests that do not suit a plan as well; nothing traps.
@Suite struct HostilePlanTests {
    private func plan(_ kind: WeightKind = .int8) throws -> [UInt8] {
        let model = try ImportedModel.load(TestPaths.root + "/Fixtures/models/bert-embedding")
        let graph = try PassPipeline.standard.run(model.graph).graph
        let metadata = PlanMetadata(
            task: .embedding, labels: ["a", "b"], maximumTokens: 24, symbolMaxima: ["sequence": 24])
        let image = try Planner.draft(graph, storage: WeightStorage(kind), metadata: metadata).makeImage()
        return withExtendedLifetime(image) { Array(image.bytes) }
    }

    /// Opens bytes as a plan in aligned memory.
    private func open(_ bytes: [UInt8]) throws(RuntimeError) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        let session = try Session(plan: UnsafeRawBufferPointer(rebasing: memory[..<bytes.count]), threads: 1)
        for input in 0..<session.inputCount { try session.setInputShape(input, [2, 5]) }
        try session.prepare()
        for input in 0..<session.inputCount {
            session.inputBytes(input).withMemoryRebound(to: Int64.self) { for i in 0..<$0.count { $0[i] = 1 } }
        }
        try session.run()
    }

    @Test func opensWhatThePlannerWrites() throws {
        try open(plan())
    }

    @Test func refusesEveryTruncation() throws {
        let bytes = try plan()
        for count in Array(0..<600) + stride(from: 600, to: bytes.count, by: 977) {
            #expect(throws: RuntimeError.self) { try open(Array(bytes[..<count])) }
        }
    }

    @Test func refusesAnotherVersion() throws {
        var bytes = try plan()
        bytes[8] = 99
        #expect(throws: RuntimeError.plan(PlanError(.unknownVersion, record: 99))) { try open(bytes) }
    }

    @Test func refusesChangedTables() throws {
        var bytes = try plan()
        bytes[700] ^= 1
        #expect(throws: RuntimeError.plan(PlanError(.damaged))) { try open(bytes) }
    }

    @Test(arguments: [WeightKind.int8, .int4]) func survivesRandomBytesInTables(kind: WeightKind) throws {
        let bytes = try plan(kind)
        let metadata = bytes.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 24, as: UInt64.self)) }
        var random = SplitMix(state: 0x5EED)
        print("seed 0x5EED")
        for _ in 0..<4000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                changed[Int.random(in: 12..<metadata, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            // Refused, or harmless: what counts is that nothing traps and nothing is read or written out of bounds.
            try? open(resealed(changed))
        }
    }

    @Test func refusesShapesThatDoNotSuit() throws {
        let bytes = try plan()
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        let session = try Session(plan: UnsafeRawBufferPointer(memory), threads: 1)
        #expect(throws: RuntimeError.inputRank(input: 0, found: 1, expected: 2)) { try session.setInputShape(0, [3]) }
        #expect(throws: RuntimeError.notPrepared) { try session.run() }
        for input in 0..<session.inputCount { try session.setInputShape(input, [1, 25]) }
        #expect(throws: RuntimeError.inputTooLong(input: 0, axis: 1, found: 25, maximum: 24)) { try session.prepare() }
        try session.setInputShape(0, [1, 4])
        try session.setInputShape(1, [1, 5])
        #expect(throws: RuntimeError.self) { try session.prepare() }
        for input in 0..<session.inputCount { try session.setInputShape(input, [1, 4]) }
        try session.prepare()
        session.inputBytes(0).withMemoryRebound(to: Int64.self) { for i in 0..<$0.count { $0[i] = 1 << 40 } }
        #expect(throws: RuntimeError.self) { try session.run() }
        session.inputBytes(0).withMemoryRebound(to: Int64.self) { for i in 0..<$0.count { $0[i] = -1 } }
        #expect(throws: RuntimeError.self) { try session.run() }
        session.inputBytes(0).withMemoryRebound(to: Int64.self) { for i in 0..<$0.count { $0[i] = 1 } }
        try session.run()
    }
}
