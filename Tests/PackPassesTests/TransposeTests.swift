import PackCore
import PackGraph
import PackPasses
import Testing

/// Graphs over y [batch, 3, 4, 5] between a Transpose and the one that undoes it.
@Suite struct TransposeTests {
    static let there = [0, 2, 3, 1]
    static let back = [0, 3, 1, 2]

    static func turn(_ s: inout Sketch, _ value: String, _ order: [Int]) -> String {
        s("Transpose", value, attributes: ["perm": .ints(order)])
    }

    enum Between: CaseIterable {
        case unary, constants, twoTurned, plainOperand, reduction, squeezed, sliced, padded, joined, split, normalized
        case softmax, unsqueezed, codes, thinned
    }

    /// What stands between, how many Transposes stay, and in which order what comes out is turned.
    @Test(arguments: Between.allCases)
    func between(_ kind: Between) throws {
        var s = Sketch(seed: 31)
        let input = s.graph.input("y", .f32, ["batch", 3, 4, 5])
        let x = Self.turn(&s, input, Self.there)
        var (order, left) = (Self.back, 0)
        var y: String
        switch kind {
        case .unary: y = s("Relu", s("Cast", x, attributes: ["to": .int(1)]))
        case .constants: y = s("Mul", s("Add", x, try s.weight(3)), try s.weight(4, 1, 3))
        case .twoTurned: y = s("Add", x, s("Sigmoid", Self.turn(&s, s("Tanh", input), Self.there)))
        case .plainOperand:
            y = s("Add", s("Relu", x), s.graph.input("z", .f32, ["batch", 4, 5, 3]))
            left = 1
        case .reduction: y = s("Mul", x, try s.reduce("ReduceMax", x, axis: 3))
        case .squeezed:
            y = try s.reduce("ReduceSum", x, axis: 2, keep: false)
            order = [0, 2, 1]
        case .sliced: y = s("Slice", x, try s.list(1, 0), try s.list(3, 2), try s.list(2, -1))
        case .padded: y = s("Pad", x, try s.list(0, 1, 0, 0, 0, 2, 3, 1))
        case .joined: y = s("Concat", x, s("Abs", x), try s.weight(1, 4, 5, 3), attributes: ["axis": .int(0)])
        case .split:
            let parts = s.graph.node("Split", "part", [x], ["axis": .int(1)], outputs: 2)
            y = s("Sub", parts[0], parts[1])
        case .normalized:
            order = [0, 2, 1, 3]
            let turned = Self.turn(&s, input, order)
            let names = (try s.weight(5), try s.weight(5))
            y = s("LayerNormalization", turned, names.0, names.1, attributes: ["axis": .int(-1)])
        case .softmax: y = s("Softmax", x, attributes: ["axis": .int(1)])
        case .unsqueezed:
            y = s("Unsqueeze", x, try s.list(2))
            order = [0, 4, 2, 1, 3]
        case .thinned:
            let thin = Self.turn(&s, s.graph.input("z", .f32, ["batch", 3, 1, 5]), Self.there)
            y = s("Reshape", thin, try s.list(-1, 5, 3, 1))
            order = [0, 2, 1, 3]
        case .codes:
            let zero = s.graph.constant("zero", try Constant(.u8, [], bytes: [100]))
            let codes = s("QuantizeLinear", x, try s.number(0.01), zero)
            y = s("DequantizeLinear", codes, try s.number(0.01), zero)
        }
        let graph = try s.finish(s("Exp", Self.turn(&s, y, order)))
        let result = try rewrittenWithin(graph, kind)
        #expect(result.operators.filter { $0 == "Transpose" }.count == left, "\(result)")
    }

    /// Checks the numbers where the evaluator knows all operators.
    private func rewrittenWithin(_ graph: Graph, _ kind: Between) throws -> Graph {
        switch kind {
        case .padded, .codes, .joined:
            let result = try PassPipeline.standard.run(graph).graph
            try result.validate()
            return result
        default: return try rewritten(graph)
        }
    }

    enum Stay: CaseIterable { case alone, reshaped, lastAxis, otherOrder, fanOut, sharedConstant }

    /// Where nothing is saved, nothing is moved.
    @Test(arguments: Stay.allCases)
    func stays(_ kind: Stay) throws {
        var s = Sketch(seed: 32)
        let input = s.graph.input("y", .f32, ["batch", 3, 4, 5])
        let x = Self.turn(&s, input, Self.there)
        var outputs: [String] = []
        switch kind {
        case .alone: outputs = [s("Relu", s("Add", x, try s.weight(3)))]
        case .reshaped: outputs = [Self.turn(&s, s("Reshape", x, try s.list(0, 5, 4, 3)), Self.back)]
        case .lastAxis: outputs = [Self.turn(&s, s("Softmax", x, attributes: ["axis": .int(3)]), Self.back)]
        case .otherOrder: outputs = [Self.turn(&s, s("CumSum", x, try s.graph.integers([1], shape: [])), [1, 0, 2, 3])]
        case .fanOut:
            let y = s("Relu", x)
            outputs = [s("Sigmoid", y), s("Tanh", y), Self.turn(&s, s("Abs", y), [3, 2, 1, 0])]
        case .sharedConstant:
            let weights = try s.weight(4, 5, 3)
            outputs = [
                Self.turn(&s, s("Add", x, weights), Self.back), s("Add", s.graph.input("z", .f32, [4, 5, 3]), weights),
            ]
        }
        var builder = s.graph
        for output in outputs { builder.output(output) }
        let graph = try builder.finish()
        let result = try rewritten(graph)
        #expect(result.operators.sorted() == graph.operators.sorted(), "\(result)")
        #expect(result.constantBytes <= graph.constantBytes)
    }

    @Test func pairsMerge() throws {
        var s = Sketch(seed: 33)
        let input = s.graph.input("y", .f32, ["batch", 3, 4, 5])
        let same = Self.turn(&s, Self.turn(&s, s("Relu", input), Self.there), Self.back)
        let other = Self.turn(&s, Self.turn(&s, input, Self.there), Self.there)
        let graph = try rewritten(try s.finish(same, other))
        #expect(graph.operators == ["Relu", "Transpose"])
        #expect(graph.node("Transpose")?.attributes["perm"] == .ints([0, 3, 1, 2]))
    }

    @Test func extentsOfOneAreReshaped() throws {
        var s = Sketch(seed: 34)
        let thin = s.graph.input("y", .f32, ["batch", 1, 4, 5])
        let graph = try rewritten(try s.finish(s("Relu", Self.turn(&s, thin, Self.there))))
        #expect(graph.operators == ["Reshape", "Relu"])
    }

    @Test func outputsKeepTheirNames() throws {
        var s = Sketch(seed: 35)
        let input = s.graph.input("y", .f32, ["batch", 3, 4, 5])
        let inner = s("Relu", Self.turn(&s, input, Self.there))
        let before = try s.finish(inner, Self.turn(&s, inner, Self.back), s("Exp", Self.turn(&s, inner, Self.back)))
        let graph = try rewritten(before)
        #expect(graph.operators.filter { $0 == "Transpose" }.count == 1, "\(graph)")
        #expect(graph.outputs == before.outputs)
    }

    /// Long chains of blocks that turn there and back, as TensorFlow's converter leaves them.
    @Test func manyBlocks() throws {
        var s = Sketch(seed: 36)
        var value = s.graph.input("y", .f32, ["batch", 3, 4, 5])
        for _ in 0..<500 {
            let x = Self.turn(&s, value, Self.there)
            value = Self.turn(&s, s("Add", s("Tanh", x), try s.weight(3)), Self.back)
        }
        let result = try PassPipeline.standard.run(try s.finish(value)).graph
        #expect(!result.operators.contains("Transpose"))
        #expect(result.nodes.count == 1000)
    }
}
