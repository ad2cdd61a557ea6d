import PackCore
import PackGraph
import PackPlanner
import PackRuntime
import Testing

/// Operators on texts, and the texts that a session keeps.
@Suite struct TextOperatorTests {
    @Test func joinsWithBroadcasting() throws {
        let session = try Session(try Graph.texts("StringConcat", ranks: [2, 1]))
        var answer = try session.answer(texts: [TextValue([2, 1], ["a", ""]), TextValue("x", "é", "")])
        #expect(answer[0].value == TextValue([2, 3], ["ax", "aé", "a", "x", "é", ""]))
        answer = try session.answer(texts: [TextValue([0, 3], []), TextValue("x", "y", "z")])
        #expect(answer[0].value == TextValue([0, 3], []))
        #expect(throws: RuntimeError.self) {
            try session.answer(texts: [TextValue([1, 2], ["a", "b"]), TextValue("x", "y", "z")])
        }
    }

    @Test(
        arguments: [
            (
                "", -1, ["a b", " a  b\tc ", "", "  "],
                [["a", "b", ""], ["a", "b", "c"], ["", "", ""], ["", "", ""]]
            ),
            ("", 1, [" a  b\tc "], [["a", "b\tc "]]), ("", 0, [" a b "], [["a b "]]),
            (",", -1, ["a,b", "", ",", "abc"], [["a", "b"], ["", ""], ["", ""], ["abc", ""]]),
            (",,", 2, ["a,,b,,,,c"], [["a", "b", ",,c"]]), ("é", -1, ["aéb", "é"], [["a", "b"], ["", ""]]),
            (",", 0, ["a,b"], [["a,b"]]), ("", -1, ["a\u{3000}b\u{85}c"], [["a", "b", "c"]]),
        ] as [(String, Int, [String], [[String]])])
    func splits(delimiter: String, most: Int, texts: [String], pieces: [[String]]) throws {
        var table = TextTable()
        let code = table.code(Array(delimiter.utf8))
        let session = try Session(
            try Graph.texts(
                "StringSplit", ranks: [1], ["delimiter": .int(code), "maxsplit": .int(most)], outputs: 2, table: table))
        // The second time, what the first one left must not matter.
        for _ in 0..<2 {
            let answer = try session.answer(texts: [TextValue([texts.count], texts)])
            #expect(answer[0].value == TextValue([texts.count, pieces[0].count], pieces.flatMap { $0 }))
        }
    }

    @Test func splitsNothing() throws {
        let session = try Session(try Graph.texts("StringSplit", ranks: [2], outputs: 2))
        let answer = try session.answer(texts: [TextValue([3, 0], [])])
        #expect(answer.map(\.shape) == [[3, 0, 0], [3, 0]])
    }

    @Test func normalizesOnlyLists() throws {
        let session = try Session(try Graph.texts("StringNormalizer", ranks: [2]))
        #expect(try session.answer(texts: [TextValue([1, 0], [])])[0].value == TextValue([1, 1], [""]))
        #expect(
            try session.answer(texts: [TextValue([1, 2], ["b", "a"])])[0].value == TextValue([1, 2], ["b", "a"]))
        #expect(throws: RuntimeError.self) { try session.answer(texts: [TextValue([2, 1], ["b", "a"])]) }
    }

    // MARK: Texts that are kept

    @Test func keepsOneRunsTexts() throws {
        let session = try Session(try Graph.texts("StringConcat", ranks: [1, 1]))
        for round in 0..<50 {
            let left = (0..<40).map { "left \($0) of \(round)" }
            let answer = try session.answer(texts: [TextValue([40], left), TextValue(" and right")])
            #expect(answer[0].strings == left.map { $0 + " and right" })
        }
        // All but the empty one are gone: the first text of a request gets the first code again.
        let text = Array("new".utf8)
        #expect(try text.withUnsafeBufferPointer { text throws(RuntimeError) in try session.code(of: text) } == 1)
        #expect(session.text(2).isEmpty)
        #expect(session.text(-1).isEmpty)
    }

    @Test func numbersTexts() {
        let texts = (0..<3000).map { Array("text \($0 % 1500)".utf8) } + [[], [0], [0, 0], [0xC3, 0xA9]]
        let found = Texts.probe(texts, keeping: 700)
        #expect(Array(found.codes[..<1500]) == (0..<1500).map { Int64($0) })
        #expect(found.codes[1500..<3000].elementsEqual(found.codes[..<1500]))
        #expect(Set(found.codes).count == 1504)
        #expect(found.count == 700)
        #expect(found.again == found.codes)
    }

    @Test func refusesBytesThatAreNoText() {
        let bad: [[UInt8]] = [
            [0x80], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x61, 0xE2, 0x82], [0xFF],
            [0xEF, 0xBF], [0xF0, 0x9F, 0x98],
        ]
        #expect(Texts.probe(bad, keeping: 0).codes.allSatisfy { $0 < 0 })
        #expect(Texts.probe([[0xEF, 0xBF, 0xBD], [0xF4, 0x8F, 0xBF, 0xBF]], keeping: 0).codes == [0, 1])
    }

    @Test func boundsTexts() {
        let texts = (0..<20).map { Array("0123456789-\($0)".utf8) }
        let byBytes = Texts.probe(texts, keeping: 2, bytes: 50, count: 1000)
        #expect(byBytes.codes.allSatisfy { $0 >= 0 })
        #expect(byBytes.again[..<2] == [0, 1])
        #expect(byBytes.again.filter { $0 >= 0 }.count == 6)
        let byCount = Texts.probe(texts, keeping: 2, bytes: 1000, count: 3)
        #expect(byCount.again.filter { $0 >= 0 }.count == 5)
    }

    /// Where the whole run needs more than there is room for, the request fails and the next one is served.
    @Test func refusesTooMuchText() throws {
        let session = try Session(try Graph.texts("StringConcat", ranks: [1, 1]))
        let long = String(repeating: "a", count: (1 << 25) + 1)
        #expect(throws: RuntimeError.tooManyTexts) { try session.answer(texts: [TextValue(long), TextValue(long)]) }
        #expect(try session.answer(texts: [TextValue("a"), TextValue("b")])[0].strings == ["ab"])
    }

    @Test func refusesInputsThatAreNoText() throws {
        let session = try Session(try Graph.texts("Identity", ranks: [1]))
        #expect(throws: RuntimeError.badText) { try session.answer(texts: [TextValue([1], bytes: [[0xFF]])]) }
        // A code that nobody gave.
        try session.setInputShape(0, [1])
        try session.prepare()
        session.inputBytes(0).storeBytes(of: 12345, as: Int64.self)
        #expect(throws: RuntimeError.self) { try session.run() }
    }

    // MARK: Graphs

    @Test(arguments: [
        "Add", "Less", "Relu", "ReduceMax", "MatMul", "CumSum", "TopK", "Softmax", "Max", "NonZero", "Pad",
    ])
    func refusesArithmetic(op: String) {
        #expect(throws: GraphError.self) { try Graph.texts(op, ranks: [2, 2]) }
    }

    @Test func movesAndComparesTexts() throws {
        let session = try Session(try Graph.texts("Equal", ranks: [1, 1]))
        let answer = try session.answer(texts: [TextValue("a", "b", "", "é"), TextValue("a", "c", "", "e\u{301}")])
        #expect(answer[0].bytes == [1, 0, 1, 0])
        let transposed = try Session(try Graph.texts("Transpose", ranks: [2]))
        #expect(
            try transposed.answer(texts: [TextValue([2, 2], ["a", "b", "c", "d"])])[0].strings == ["a", "c", "b", "d"])
        let unique = try Session(try Graph.texts("Unique", ranks: [1], ["sorted": .int(0)], outputs: 1))
        #expect(try unique.answer(texts: [TextValue("b", "a", "b", "c")])[0].strings == ["b", "a", "c"])
        #expect(throws: GraphError.self) { try Graph.texts("Unique", ranks: [1]) }
    }

    /// A plan without texts has nothing of them.
    @Test func costsNothingWithoutTexts() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", .f32, [2])
        builder.output(builder.node("Relu", "relu", [x], [:], outputs: 1)[0])
        var graph = try builder.finish()
        let plain = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors))
        _ = graph.texts.code(Array("unused".utf8))
        let other = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors))
        #expect(plain.operators == ["Unary"])
        let (one, two) = (try plain.makeImage(), try other.makeImage())
        #expect(one.bytes.elementsEqual(two.bytes))
        let texts = try Planner.draft(
            try Graph.texts("Identity", ranks: [1]), storage: WeightStorage(.f32),
            metadata: PlanMetadata(task: .tensors))
        #expect(texts.operators == ["Texts"])
    }
}
