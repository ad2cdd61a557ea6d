import PackGraph
import PackPasses
import Testing

/// Attention over x with 2 heads, in the spellings of exporters and with single faults.
struct AttentionSketch {
    enum Mask: CaseIterable { case none, additive, chosen, notChosen, filled, expanded, float, gathered }
    enum Scale: CaseIterable { case scores, query, beforeSplit, both, afterMask }
    enum Fault: CaseIterable {
        case softmaxAxis, keyOrder, joinOrder, maskLayout, weakMask, extraConsumer, scaledValues
    }

    var s = Sketch(seed: 21)
    var mask = Mask.additive
    var scale = Scale.scores
    var fault: Fault?
    var turnsKeyTwice = false
    var sharesWeight = false
    var guardsShares = false

    mutating func projection(_ weight: String? = nil) throws -> String {
        let matrix = try weight ?? s.weight(8, 8)
        return s("Add", s("MatMul", s.x, matrix), try s.weight(8))
    }

    mutating func split(_ value: String, _ order: [Int]) throws -> String {
        let parts = s("Reshape", value, try s.list(0, -1, 2, 4))
        return s("Transpose", parts, attributes: ["perm": .ints(order)])
    }

    mutating func scaled(_ value: String, _ here: Scale...) throws -> String {
        guard here.contains(scale) else { return value }
        return s("Mul", value, try s.number(scale == .both ? Float(0.5).squareRoot() : 0.5))
    }

    /// The mask [batch, 1, 1, sequence], as numbers 1 and 0.
    private mutating func wideMask(_ mask: String) throws -> String {
        let axes = try fault == .maskLayout ? s.list(1, 3) : s.list(1, 2)
        return s("Unsqueeze", mask, axes)
    }

    private mutating func masked(_ scores: String) throws -> String {
        if mask == .none { return scores }
        if mask == .gathered { return s("Add", scores, try gatheredMask()) }
        let wide = try wideMask(s.mask())
        let low = try s.number(fault == .weakMask ? -10 : -1e9)
        let kept = s("Cast", wide, attributes: ["to": .int(1)])
        let dropped = s("Sub", try s.number(1), kept)
        switch mask {
        case .chosen: return s("Where", s("Equal", wide, try s.graph.integers([0], shape: [])), low, scores)
        case .notChosen: return s("Where", s("Cast", wide, attributes: ["to": .int(9)]), scores, low)
        case .filled:
            let bias = s("Where", s("Cast", dropped, attributes: ["to": .int(9)]), low, dropped)
            return s("Add", scores, bias)
        case .float:
            let bias = s("Where", s("Not", s("Equal", kept, try s.number(1))), low, try s.number(0))
            return s("Add", bias, scores)
        case .expanded:
            let shape = s("Shape", s.x)
            let batch = s("Slice", shape, try s.list(0), try s.list(1))
            let sequence = s("Slice", shape, try s.list(1), try s.list(2))
            let square = s("Concat", batch, try s.list(1), sequence, sequence, attributes: ["axis": .int(0)])
            return s("Add", scores, s("Mul", s("Expand", dropped, square), low))
        default: return s("Add", scores, s("Mul", dropped, low))
        }
    }

    /// The mask as torch exports `mask[batch, position]`, in front of zeros and minus infinity.
    private mutating func gatheredMask() throws -> String {
        let mask = s("Cast", s.mask(), attributes: ["to": .int(9)])
        let shape = s("Shape", s.x)
        let (zero, one) = (try s.graph.integers([0], shape: []), try s.graph.integers([1], shape: []))
        let (batch, length) = (s("Gather", shape, zero), s("Gather", shape, one))
        let row = s("Unsqueeze", s("Range", zero, batch, one), try s.list(1, 2, 3))
        let column = s("Unsqueeze", s("Range", zero, length, one), try s.list(0, 1, 2))
        let kept =
            fault == .maskLayout
            ? s("Add", row, s("Mul", column, batch)) : s("Add", column, s("Mul", row, length))
        let flat = s("Reshape", s("Gather", s("Flatten", mask, attributes: ["axis": .int(2)]), kept), try s.list(-1))
        let always = s("GreaterOrEqual", column, zero)
        let wide = s("And", always, s("Reshape", flat, s("Shape", kept)))
        let one4 = try s.list(1)
        let lengths = s("Unsqueeze", length, try s.list(0))
        let square = s(
            "Concat", s("Unsqueeze", batch, try s.list(0)), one4, lengths, lengths, attributes: ["axis": .int(0)])
        return s("Where", s("Expand", wide, square), try s.number(0), try s.number(-.infinity))
    }

    mutating func build() throws -> Graph {
        let shared = try sharesWeight ? s.weight(8, 8) : nil
        let query = try scaled(split(scaled(projection(shared), .beforeSplit), [0, 2, 1, 3]), .query, .both)
        let plainKey = try projection()
        var key: String
        if turnsKeyTwice {
            key = s("Transpose", try split(plainKey, [0, 2, 1, 3]), attributes: ["perm": .ints([0, 1, 3, 2])])
        } else if fault == .keyOrder {
            key = s("Reshape", try split(plainKey, [0, 2, 1, 3]), s("Shape", try split(plainKey, [0, 2, 3, 1])))
        } else {
            key = try split(plainKey, [0, 2, 3, 1])
        }
        key = try scaled(key, .both)
        var value = try split(projection(), [0, 2, 1, 3])
        if fault == .scaledValues { value = s("Mul", value, try s.number(2)) }
        var scores = s("MatMul", query, key)
        let dots = scores
        scores = try scaled(masked(scaled(scores, .scores)), .afterMask)
        var shares = s("Softmax", scores, attributes: ["axis": .int(fault == .softmaxAxis ? 2 : -1)])
        if guardsShares { shares = s("Where", s("IsNaN", shares), try s.number(0), shares) }
        let mixed = s("MatMul", shares, value)
        let order = fault == .joinOrder ? [0, 2, 3, 1] : [0, 2, 1, 3]
        let result = s("Reshape", s("Transpose", mixed, attributes: ["perm": .ints(order)]), try s.list(0, 0, 8))
        if let shared { return try s.finish(result, s("MatMul", s("Sigmoid", s.x), shared)) }
        return try fault == .extraConsumer ? s.finish(result, dots) : s.finish(result)
    }
}

@Suite struct AttentionTests {
    @Test(arguments: AttentionSketch.Mask.allCases, AttentionSketch.Scale.allCases)
    func spellings(_ mask: AttentionSketch.Mask, _ scale: AttentionSketch.Scale) throws {
        let graph = try rewritten(try Self.graph { ($0.mask, $0.scale) = (mask, scale) })
        #expect(graph.operators == ["Linear", "Attention"], "\(graph)")
        let attention = try #require(graph.node("Attention"))
        #expect(attention.attributes["heads"] == .int(2))
        guard case .float(let factor) = attention.attributes["scale"] else {
            throw GraphError(.wrongAttribute, found: "", expected: "")
        }
        #expect(abs(factor - 0.5) < 1e-6)
        #expect(attention.inputs[3] == (mask == .none ? "" : "attention_mask"))
    }

    private static func graph(_ change: (inout AttentionSketch) -> Void) throws -> Graph {
        var sketch = AttentionSketch()
        change(&sketch)
        return try sketch.build()
    }

    /// Zeros for rows without any key.
    @Test func guardedShares() throws {
        let graph = try Self.graph { $0.guardsShares = true }
        #expect(try PassPipeline.standard.run(graph).graph.operators == ["Linear", "Attention"])
    }

    /// Places that are computed from the mask's other axis.
    @Test func gatheredInTheWrongOrder() throws {
        let graph = try Self.graph { ($0.mask, $0.fault) = (.gathered, .maskLayout) }
        #expect(try PassPipeline.standard.run(graph).graph.node("Attention") == nil)
    }

    @Test func keysTurnedTwice() throws {
        let graph = try rewritten(try Self.graph { $0.turnsKeyTwice = true })
        #expect(graph.operators == ["Linear", "Attention"])
    }

    @Test(arguments: AttentionSketch.Fault.allCases)
    func nearMisses(_ fault: AttentionSketch.Fault) throws {
        var sketch = AttentionSketch()
        sketch.fault = fault
        let graph = try sketch.build()
        let result = try PassPipeline.standard.run(graph).graph
        // What becomes of the result does not matter to what makes it.
        #expect((result.node("Attention") != nil) == (fault == .joinOrder), "\(result)")
        // A mask along queries hides whole rows, where rounding alone decides.
        if fault != .maskLayout { #expect(try difference(graph, result) <= 1e-5) }
    }

    @Test func sharedWeightsStayApart() throws {
        let graph = try rewritten(try Self.graph { $0.sharesWeight = true })
        let attention = try #require(graph.node("Attention"))
        #expect(attention.inputs[1] != "" && attention.inputs[2] != "")
    }

    enum Pick: CaseIterable { case gather, slice, split }

    /// Query, key and value of one product, as vision transformers write it.
    @Test(arguments: Pick.allCases, [[0, 1, 2], [1, 0, 2]])
    func partsOfOneProduct(_ pick: Pick, _ places: [Int]) throws {
        var s = Sketch(seed: 22)
        let product = s("Add", s("MatMul", s.x, try s.weight(8, 24)), try s.weight(24))
        let split = s("Reshape", product, try s.list(0, -1, 3, 2, 4))
        let turned = s("Transpose", split, attributes: ["perm": .ints([2, 0, 3, 1, 4])])
        let cut = s.graph.node("Split", "part", [turned], ["axis": .int(0)], outputs: 3)
        let parts = try places.map { place in
            switch pick {
            case .gather: s("Gather", turned, try s.graph.integers([place], shape: []))
            case .slice:
                s(
                    "Squeeze", s("Slice", turned, try s.list(place), try s.list(place + 1), try s.list(0)),
                    try s.list(0))
            case .split: s("Squeeze", cut[place], try s.list(0))
            }
        }
        let key = s("Transpose", parts[1], attributes: ["perm": .ints([0, 1, 3, 2])])
        let shares = s("Softmax", s("MatMul", s("Mul", parts[0], try s.number(0.5)), key))
        let mixed = s("Transpose", s("MatMul", shares, parts[2]), attributes: ["perm": .ints([0, 2, 1, 3])])
        let graph = try rewritten(try s.finish(s("Reshape", mixed, try s.list(0, -1, 8))))
        if places == [0, 1, 2] {
            #expect(graph.operators == ["Linear", "Attention"], "\(graph)")
        } else {
            #expect(graph.node("Attention") == nil, "\(graph)")
        }
    }
}
