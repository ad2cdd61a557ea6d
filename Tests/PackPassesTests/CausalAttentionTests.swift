import PackCore
import PackGraph
import PackPasses
import Testing

/// Attention of 2 heads over x in which keys are hidden by their places, in the spellings of exporters and with single faults.
struct CausalSketch {
    enum Hiding: CaseIterable {
        case places, greater, difference, both, added, buffer, filledBuffer, constant, square, triangle
    }
    enum Fault: CaseIterable { case turned, window, strict, weak, shifted, output, mask, perHead }

    var s = Sketch(seed: 61)
    var hiding = Hiding.places
    var fault: Fault?
    var low: Float = -.infinity
    var sharedHeads = 2
    var source: String?

    init(length: Int? = nil) {
        guard let length else { return }
        s = Sketch(seed: 61, length: .constant(length))
    }

    private mutating func heads(_ value: String, _ count: Int) throws -> String {
        let matrix = try s.weight(8, 4 * count)
        let parts = s("Reshape", s("MatMul", value, matrix), try s.list(0, -1, count, 4))
        return s("Transpose", parts, attributes: ["perm": .ints([0, 2, 1, 3])])
    }

    private mutating func count(_ value: String, _ axis: Int) throws -> String {
        s("Gather", s("Shape", value), try s.graph.integers([axis], shape: []))
    }

    /// Places along an axis of four.
    private mutating func places(_ value: String, _ axis: Int) throws -> String {
        let (zero, one) = (try s.graph.integers([0], shape: []), try s.graph.integers([1], shape: []))
        let range = s("Range", zero, try count(value, 1), one)
        let axes = [0, 1, 2, 3].filter { $0 != axis }
        return s("Unsqueeze", range, try s.list(axes[0], axes[1], axes[2]))
    }

    /// True for keys to be seen.
    private mutating func seen() throws -> String {
        let keys = try places(s.x, fault == .turned ? 2 : 3)
        let queries = try places(s.x, fault == .turned ? 3 : 2)
        switch hiding {
        case .greater: return s("Not", s("Greater", keys, queries))
        case .difference:
            return s(
                "GreaterOrEqual", s("Sub", queries, keys), try s.graph.integers([fault == .shifted ? 1 : 0], shape: []))
        default:
            return s(fault == .strict ? "Less" : "LessOrEqual", keys, queries)
        }
    }

    /// 1 on and under the diagonal.
    private func triangle(_ size: Int) -> [Float] {
        (0..<size * size).map { index in
            let (row, column) = index.quotientAndRemainder(dividingBy: size)
            return column > row || fault == .window && column < row - 1 ? 0 : 1
        }
    }

    fileprivate mutating func hide(_ scores: String) throws -> String {
        let (zero, low) = (try s.number(0), try s.number(low))
        switch hiding {
        case .places, .greater, .difference:
            return s("Add", scores, s("Where", try seen(), zero, low))
        case .both:
            let mask = s("Unsqueeze", s("Cast", s.mask(), attributes: ["to": .int(9)]), try s.list(1, 2))
            return s("Add", scores, s("Where", s("And", try seen(), mask), zero, low))
        case .added:
            let kept = s(
                "Cast", s("Unsqueeze", s.mask(), try s.list(1, fault == .mask ? 3 : 2)), attributes: ["to": .int(1)])
            let bias = s("Mul", s("Sub", try s.number(1), kept), low)
            return s("Add", s("Add", scores, s("Where", try seen(), zero, low)), bias)
        case .buffer, .filledBuffer:
            let table = s.graph.constant(
                "triangle", try Constant(.bool, [1, 1, 7, 7], bytes: triangle(7).map { UInt8($0) }))
            let length = s("Unsqueeze", try count(s.x, 1), try s.list(0))
            let start = try s.list(fault == .shifted ? 1 : 0)
            let rows = s("Slice", table, start, fault == .shifted ? s("Add", length, start) : length, try s.list(2))
            let seen = s("Slice", rows, try s.list(0), length, try s.list(3))
            return hiding == .buffer ? s("Add", scores, s("Where", seen, zero, low)) : s("Where", seen, scores, low)
        case .constant, .square:
            let number: Float = fault == .weak ? -5 : self.low
            var values = triangle(5).map { $0 == 1 ? 0 : number }
            var shape = hiding == .square ? [5, 5] : [1, 1, 5, 5]
            if fault == .turned { values.swapAt(1, 5) }
            if fault == .perHead {
                values += values.map { $0 / 2 }
                shape = [2, 5, 5]
            }
            return s("Add", scores, s.graph.constant("bias", try Constant(floats: values, shape: shape)))
        case .triangle:
            let length = s("Unsqueeze", try count(s.x, 1), try s.list(0))
            let square = s("Concat", length, length, attributes: ["axis": .int(0)])
            let diagonal = try s.graph.integers([fault == .shifted ? 0 : 1], shape: [])
            return s("Add", scores, s("Trilu", s("Expand", low, square), diagonal, attributes: ["upper": .int(1)]))
        }
    }

    /// Several heads of queries use one of keys or values.
    private mutating func repeated(_ value: String) throws -> String {
        guard sharedHeads != 2 else { return value }
        let lifted = s("Unsqueeze", value, try s.list(2))
        return s("Reshape", s("Concat", lifted, lifted, attributes: ["axis": .int(2)]), try s.list(0, 2, -1, 4))
    }

    mutating func build() throws -> Graph {
        let query = try heads(s.x, 2)
        let source = source.map { s.graph.input($0, .f32, ["batch", "source", 8]) } ?? s.x
        let key = try repeated(heads(source, sharedHeads))
        let value = try repeated(heads(source, sharedHeads))
        let turned = s("Transpose", key, attributes: ["perm": .ints([0, 1, 3, 2])])
        var scores = s("Div", s("MatMul", query, turned), try s.number(2))
        if self.source == nil { scores = try hide(scores) }
        let mixed = s("MatMul", s("Softmax", scores), value)
        let rows = s("Transpose", mixed, attributes: ["perm": .ints([0, 2, 1, 3])])
        let result = s("Reshape", rows, try s.list(0, 0, 8))
        return try fault == .output ? s.finish(result, scores) : s.finish(result)
    }
}

@Suite struct CausalAttentionTests {
    private func graph(_ length: Int? = nil, _ change: (inout CausalSketch) -> Void) throws -> Graph {
        var sketch = CausalSketch(length: length)
        change(&sketch)
        return try sketch.build()
    }

    /// Extents that a constant bias has must be known.
    private func length(_ hiding: CausalSketch.Hiding) -> Int? {
        [.constant, .square].contains(hiding) ? 5 : nil
    }

    @Test(arguments: CausalSketch.Hiding.allCases, [-Float.infinity, -Float.greatestFiniteMagnitude, -1e9])
    func spellings(_ hiding: CausalSketch.Hiding, _ low: Float) throws {
        let original = try graph(length(hiding)) { ($0.hiding, $0.low) = (hiding, low) }
        let result = hiding == .triangle ? try PassPipeline.standard.run(original).graph : try rewritten(original)
        let attention = try #require(result.node("Attention"), "\(result)")
        #expect(result.node("Softmax") == nil)
        #expect(attention.attributes["causal"] == .int(1))
        let isMasked = hiding == .both || hiding == .added
        #expect(attention.inputs[3] == (isMasked ? "attention_mask" : ""))
    }

    @Test(arguments: [
        (CausalSketch.Hiding.places, CausalSketch.Fault.turned), (.places, .strict), (.places, .output),
        (.difference, .shifted), (.added, .mask), (.buffer, .window), (.buffer, .shifted), (.filledBuffer, .window),
        (.constant, .weak), (.constant, .window), (.square, .turned), (.constant, .perHead), (.triangle, .shifted),
    ])
    func nearMisses(_ hiding: CausalSketch.Hiding, _ fault: CausalSketch.Fault) throws {
        let original = try graph(length(hiding)) { ($0.hiding, $0.fault, $0.low) = (hiding, fault, -1e4) }
        let result = try PassPipeline.standard.run(original).graph
        #expect(result.node("Attention") == nil, "\(result)")
        // Where a query sees no key, rounding alone decides; the evaluator knows no triangles.
        if ![.mask, .strict, .shifted].contains(fault) { #expect(try difference(original, result) <= 1e-5) }
    }

    /// Scores that are replaced by a number that leaves them in sight.
    @Test func fillingBesidesAMaskMustLeaveNothing() throws {
        for (low, isRecognized) in [(-Float.greatestFiniteMagnitude, true), (-1e4, false)] {
            var sketch = CausalSketch()
            sketch.hiding = .filledBuffer
            sketch.low = low
            let original = try sketch.buildWithPadding()
            let result = try rewritten(original)
            #expect((result.node("Attention") != nil) == isRecognized, "\(result)")
        }
    }

    @Test func sharedHeads() throws {
        let result = try rewritten(try graph { $0.sharedHeads = 1 })
        #expect(result.node("Attention")?.attributes["kv_heads"] == .int(1), "\(result)")
        #expect(result.node("Concat") == nil)
    }

    @Test func anotherSource() throws {
        let result = try rewritten(try graph { $0.source = "source" })
        let attention = try #require(result.node("Attention"), "\(result)")
        #expect(attention.attributes["causal"] == nil)
        // Not of one product with the queries.
        #expect(attention.inputs[1] != "")
    }

    /// Queries, keys and values as thirds of one value.
    @Test(arguments: [[0, 1, 2], [2, 1, 0]])
    func thirds(_ places: [Int]) throws {
        var s = Sketch(seed: 62)
        let whole = s("MatMul", s.x, try s.weight(8, 24))
        let parts = s.graph.node("Split", "part", [whole, try s.list(8, 8, 8)], ["axis": .int(-1)], outputs: 3)
        let heads = try places.map { place in
            let apart = s("Reshape", parts[place], try s.list(0, -1, 2, 4))
            return s("Transpose", apart, attributes: ["perm": .ints([0, 2, 1, 3])])
        }
        let turned = s("Transpose", heads[1], attributes: ["perm": .ints([0, 1, 3, 2])])
        let mixed = s("MatMul", s("Softmax", s("MatMul", heads[0], turned)), heads[2])
        let rows = s("Transpose", mixed, attributes: ["perm": .ints([0, 2, 1, 3])])
        let result = try rewritten(try s.finish(s("Reshape", rows, try s.list(0, 0, 8))))
        let wanted = places == [0, 1, 2] ? ["Linear", "Attention"] : ["Linear", "Split", "Attention"]
        #expect(result.operators == wanted, "\(result)")
    }

    /// A text of which every token is masked weighs all keys by what is left of their scores, as it does written out.
    @Test(arguments: [-1e4, -1e9, -Float.greatestFiniteMagnitude])
    func textsWithoutTokens(_ low: Float) throws {
        for hiding in [CausalSketch.Hiding.both, .added] {
            let original = try graph { ($0.hiding, $0.low) = (hiding, low) }
            let result = try PassPipeline.standard.run(original).graph
            #expect(result.node("Attention") != nil)
            var inputs = encoderInputs(original)
            inputs["attention_mask"] = Tensor([2, 5], integers: [0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
            let (expected, found) = (try Evaluator.run(original, inputs), try Evaluator.run(result, inputs))
            for name in original.outputs {
                let (a, b) = (try #require(expected[name]), try #require(found[name]))
                // Adding a number this large to scores leaves three of their digits.
                let bound: Float = low == -1e4 ? 5e-3 : 1e-5
                #expect(zip(a.floats, b.floats).allSatisfy { abs($0 - $1) <= bound }, "\(low) \(hiding)")
            }
        }
    }
}

extension CausalSketch {
    /// Places fill scores, then a mask is added.
    mutating func buildWithPadding() throws -> Graph {
        let heads = try (0..<3).map { _ in
            let parts = s("Reshape", s("MatMul", s.x, try s.weight(8, 8)), try s.list(0, -1, 2, 4))
            return s("Transpose", parts, attributes: ["perm": .ints([0, 2, 1, 3])])
        }
        let turned = s("Transpose", heads[1], attributes: ["perm": .ints([0, 1, 3, 2])])
        let filled = try hide(s("MatMul", heads[0], turned))
        let kept = s("Cast", s("Unsqueeze", s.mask(), try s.list(1, 2)), attributes: ["to": .int(1)])
        let bias = s("Mul", s("Sub", try s.number(1), kept), try s.number(-1e4))
        let mixed = s("MatMul", s("Softmax", s("Add", filled, bias)), heads[2])
        let rows = s("Transpose", mixed, attributes: ["perm": .ints([0, 2, 1, 3])])
        return try s.finish(s("Reshape", rows, try s.list(0, 0, 8)))
    }
}
