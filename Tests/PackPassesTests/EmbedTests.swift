import PackCore
import PackGraph
import PackPasses
import Testing

/// Embeddings of three tables of 8 columns.
struct EmbedSketch {
    enum Positions: CaseIterable { case range, expandedRange, slicedTable, slicedList, counted }
    enum Types: CaseIterable { case input, none, rowZero, zeros, sliced }
    enum Fault: CaseIterable { case startsAtOne, stepsByTwo, wrongLength, extraConsumer, variableTable, axis }

    var s = Sketch(seed: 31)
    var positions = Positions.range
    var types = Types.input
    var fault: Fault?

    private mutating func scalar(_ value: Int) throws -> String { try s.graph.integers([value], shape: []) }

    private mutating func length(_ ids: String) throws -> String {
        s("Gather", s("Shape", ids), try scalar(fault == .wrongLength ? 0 : 1))
    }

    private mutating func places(_ ids: String) throws -> String {
        let table = try s.weight(12, 8)
        let length = try length(ids)
        let first = try scalar(fault == .startsAtOne ? 1 : 0)
        let one = try scalar(fault == .stepsByTwo ? 2 : 1)
        switch positions {
        case .range:
            return s("Gather", table, s("Unsqueeze", s("Range", first, length, one), try s.list(0)))
        case .expandedRange:
            let row = s("Unsqueeze", s("Range", first, length, one), try s.list(0))
            return s("Gather", table, s("Expand", row, s("Shape", ids)))
        case .slicedTable:
            return s("Slice", table, try s.list(0), s("Unsqueeze", length, try s.list(0)), try s.list(0))
        case .slicedList:
            let all = try s.graph.integers(Array(0..<12), shape: [1, 12])
            let row = s("Slice", all, try s.list(0), s("Unsqueeze", length, try s.list(0)), try s.list(1))
            return s("Gather", table, row)
        case .counted:
            let token = s("Cast", s("Not", s("Equal", ids, one)), attributes: ["to": .int(7)])
            let counted = s("Mul", token, s("CumSum", token, try scalar(1)))
            return s("Gather", table, s("Add", counted, one))
        }
    }

    private mutating func typeRows(_ ids: String) throws -> String? {
        if types == .none { return nil }
        let table = try s.weight(2, 8)
        switch types {
        case .input: return s("Gather", table, s.graph.input("token_type_ids", .i64, ["batch", "sequence"]))
        case .rowZero: return s("Gather", table, try scalar(0))
        case .zeros: return s("Gather", table, s("Expand", try scalar(0), s("Shape", ids)))
        default:
            let zeros = try s.graph.integers(Array(repeating: 0, count: 12), shape: [1, 12])
            let end = s("Unsqueeze", try length(ids), try s.list(0))
            return s("Gather", table, s("Slice", zeros, try s.list(0), end, try s.list(1)))
        }
    }

    mutating func build() throws -> Graph {
        let ids = s.graph.input("input_ids", .i64, ["batch", "sequence"])
        let table = try s.weight(20, 8)
        let words = s(
            "Gather", fault == .variableTable ? s("Add", table, s.graph.input("shift", .f32, [8])) : table, ids)
        let places = try places(ids)
        var sum = s("Add", places, words)
        if let rows = try typeRows(ids) { sum = s("Add", rows, sum) }
        let axis = fault == .axis ? 1 : -1
        let norm = s("LayerNormalization", sum, try s.weight(8), try s.weight(8), attributes: ["axis": .int(axis)])
        return try fault == .extraConsumer ? s.finish(norm, s("Relu", words)) : s.finish(norm)
    }
}

@Suite struct EmbedTests {
    @Test(arguments: EmbedSketch.Positions.allCases, EmbedSketch.Types.allCases)
    func spellings(_ positions: EmbedSketch.Positions, _ types: EmbedSketch.Types) throws {
        var sketch = EmbedSketch()
        (sketch.positions, sketch.types) = (positions, types)
        let graph = try rewritten(try sketch.build())
        #expect(graph.operators == ["Embed"], "\(graph)")
        let embed = try #require(graph.nodes.first)
        #expect(embed.attributes["padding"] == .int(positions == .counted ? 1 : -1))
        #expect(embed.inputs[0] == "input_ids")
        #expect(embed.inputs[1] == (types == .input ? "token_type_ids" : ""))
        #expect(embed.inputs[4].isEmpty == (types == .none))
    }

    @Test(arguments: EmbedSketch.Fault.allCases)
    func nearMisses(_ fault: EmbedSketch.Fault) throws {
        var sketch = EmbedSketch()
        sketch.fault = fault
        guard let graph = try? sketch.build() else { return }
        let result = try PassPipeline.standard.run(graph).graph
        #expect(result.node("Embed") == nil, "\(result)")
    }

    @Test(arguments: [EncoderBuilder.Family.bert, .distilbert, .roberta], 1...3 as ClosedRange<UInt64>)
    func families(_ family: EncoderBuilder.Family, seed: UInt64) throws {
        let graph = try EncoderBuilder.sentenceEncoder(layers: 1, family, seed: seed)
        #expect(try rewritten(graph).nodes.count == 10)
    }
}
