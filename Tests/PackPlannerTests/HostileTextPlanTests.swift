import CPackKernels
import PackCore
import PackGraph
import PackPlanner
import PackRuntime
import Testing

/// Plans whose texts are damaged are refused, or what they ask for is; nothing traps.
@Suite struct HostileTextPlanTests {
    /// Joins texts with a constant, splits them, and drops some.
    private func plan() throws -> [UInt8] {
        var table = TextTable()
        let codes = [table.code(Array("-é".utf8)), table.code(Array("end".utf8))]
        var builder = GraphBuilder()
        let x = builder.input("x", .string, [.symbol("n")])
        let tail = builder.constant("tail", try Constant(codes: [codes[0]], shape: [1]))
        let joined = builder.node("StringConcat", "join", [x, tail], [:], outputs: 1)[0]
        let parts = builder.node("StringSplit", "split", [joined], ["delimiter": .int(codes[0])], outputs: 2)
        let stop = builder.constant("stop", try Constant(codes: [codes[1]], shape: [1]))
        let kept = builder.node("StringNormalizer", "drop", [x, stop], [:], outputs: 1)[0]
        for output in parts + [kept] { builder.output(output) }
        var graph = try builder.finish()
        graph.texts = table
        let metadata = PlanMetadata(task: .tensors, labels: ["one", "two"])
        let image = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: metadata).makeImage()
        return withExtendedLifetime(image) { Array(image.bytes) }
    }

    private func run(_ bytes: [UInt8]) throws -> [TextAnswer] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        let session = try Session(plan: UnsafeRawBufferPointer(rebasing: memory[..<bytes.count]), threads: 1)
        session.memoryLimit = 1 << 28
        return try session.answer(texts: [TextValue("a", "end", "b-éc")])
    }

    /// Where a section's entry says that it starts.
    private func section(_ index: pack_plan_section_index, _ bytes: [UInt8]) -> Int {
        let first = MemoryLayout<pack_plan_header>.size - Int(PACK_PLAN_SECTION_COUNT.rawValue) * 16
        return bytes.withUnsafeBytes {
            Int($0.loadUnaligned(fromByteOffset: first + Int(index.rawValue) * 16, as: UInt64.self))
        }
    }

    /// Where the header says how many texts there are.
    private var countOffset: Int { MemoryLayout<pack_plan_header>.offset(of: \pack_plan_header.text_count) ?? 0 }

    @Test func runsWhatThePlannerWrites() throws {
        let answers = try run(plan())
        #expect(answers[0].value == TextValue([3, 3], ["a", "", "", "end", "", "", "b", "c", ""]))
        #expect(answers[1].integers == [2, 2, 3])
        #expect(answers[2].strings == ["a", "b-éc"])
    }

    private func expect(_ record: Int, _ kind: PlanError.Kind, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try plan()
        change(&bytes)
        let error = PlanError(kind, section: Int(PACK_PLAN_LABELS.rawValue), record: record)
        #expect(throws: RuntimeError.plan(error)) { try run(resealed(bytes)) }
    }

    @Test func refusesDamagedTables() throws {
        let good = try plan()
        // Two names of classes stand before the empty text, "-é" and "end".
        let labels = section(PACK_PLAN_LABELS, good)
        #expect(good[countOffset] == 3)
        func length(_ record: Int) -> Int { labels + record * 8 + 4 }
        try expect(0, .badNumber) { $0[countOffset] = 6 }
        try expect(2, .badReference) { $0[length(2)] = 1 }
        try expect(3, .badReference) { $0[length(3) + 3] = 0xFF }
        // Two empty texts, the same text twice, a part of a scalar.
        try expect(3, .badReference) { $0[length(3)] = 0 }
        try expect(4, .badReference) { for byte in 0..<8 { $0[labels + 32 + byte] = $0[labels + 24 + byte] } }
        try expect(3, .badReference) { $0[length(3)] = 2 }
        // Fewer texts than constants name: the codes lead nowhere.
        var fewer = good
        fewer[countOffset] = 1
        #expect(throws: RuntimeError.self) { try run(resealed(fewer)) }
        // Values of texts without any text.
        var none = good
        none[countOffset] = 0
        #expect(throws: RuntimeError.self) { try run(resealed(none)) }
    }

    @Test func survivesOtherCodesInConstants() throws {
        let good = try plan()
        let data = section(PACK_PLAN_DATA, good)
        for code in [Int64(-1), 3, 1 << 40, .max, .min] {
            var changed = good
            changed.withUnsafeMutableBytes { $0.storeBytes(of: code, toByteOffset: data, as: Int64.self) }
            // The fourth text is one of the request itself.
            guard code != 3 else {
                _ = try run(changed)
                continue
            }
            #expect(throws: RuntimeError.self) { try run(changed) }
        }
    }

    @Test func survivesRandomBytes() throws {
        let good = try plan()
        let metadata = good.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 24, as: UInt64.self)) }
        var random = SplitMix(state: 0x7E47)
        print("seed 0x7E47")
        for _ in 0..<4000 {
            var changed = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                changed[Int.random(in: 12..<metadata, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            // Refused, or harmless.
            _ = try? run(resealed(changed))
        }
    }
}
