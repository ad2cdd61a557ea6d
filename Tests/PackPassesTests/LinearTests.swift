import PackCore
import PackGraph
import PackPasses
import Testing

@Suite struct LinearTests {
    @Test(arguments: [false, true], [false, true])
    func products(transposed: Bool, hasBias: Bool) throws {
        var s = Sketch()
        let stored = try transposed ? s.weight(6, 8) : s.weight(8, 6)
        let matrix = transposed ? s("Transpose", stored, attributes: ["perm": .ints([1, 0])]) : stored
        var result = s("MatMul", s.x, matrix)
        if hasBias { result = s("Add", try s.weight(6), result) }
        let graph = try rewritten(try s.finish(result))
        #expect(graph.operators == ["Linear"])
        #expect(graph.nodes[0].inputs[1] == stored)
        #expect(graph.nodes[0].input(2) != nil || !hasBias)
        #expect(graph.nodes[0].attributes["transposed"] == .int(transposed ? 1 : 0))
        #expect(graph.constants.count == (hasBias ? 2 : 1))
    }

    @Test(arguments: [0, 1])
    func gemm(_ flips: Int) throws {
        var s = Sketch()
        let rows = s("Gather", s.x, try s.graph.integers([0], shape: []), attributes: ["axis": .int(1)])
        let matrix = try flips == 1 ? s.weight(6, 8) : s.weight(8, 6)
        let result = s("Gemm", rows, matrix, try s.weight(6), attributes: ["transB": .int(flips)])
        let graph = try rewritten(try s.finish(result))
        #expect(graph.operators == ["Gather", "Linear"])
    }

    @Test func gemmWithFactorStays() throws {
        var s = Sketch()
        let rows = s("Gather", s.x, try s.graph.integers([0], shape: []), attributes: ["axis": .int(1)])
        let result = s("Gemm", rows, try s.weight(8, 6), try s.weight(6), attributes: ["alpha": .float(2)])
        #expect(try rewritten(try s.finish(result)).node("Gemm") != nil)
    }

    @Test func narrowWeightsAreReadAsStored() throws {
        var s = Sketch()
        let halves = (0..<48).map { Float16($0) / 16 }
        let narrow = try Constant(.f16, [6, 8], bytes: halves.withUnsafeBytes { Array($0) })
        s.graph.constant("narrow", narrow)
        let wide = s("Cast", "narrow", attributes: ["to": .dtype(.f32)])
        let matrix = s("Transpose", wide, attributes: ["perm": .ints([1, 0])])
        let graph = try rewritten(try s.finish(s("Add", s("MatMul", s.x, matrix), try s.weight(6))))
        #expect(graph.operators == ["Linear"])
        #expect(graph.nodes[0].inputs[1] == "narrow")
    }

    enum Miss: CaseIterable { case extraConsumer, scalarBias, output, variableBias }

    @Test(arguments: Miss.allCases)
    func biasesThatStay(_ miss: Miss) throws {
        var s = Sketch()
        let product = s("MatMul", s.x, try s.weight(8, 6))
        let other = try s.reduce("ReduceMean", s.x, axis: -1)
        let bias =
            switch miss {
            case .scalarBias: try s.number(2)
            case .variableBias: other
            default: try s.weight(6)
            }
        let sum = s("Add", product, bias)
        let extra = s("Relu", miss == .extraConsumer ? product : other)
        let graph = try rewritten(try miss == .output ? s.finish(sum, extra, product) : s.finish(sum, extra))
        #expect(graph.node("Linear")?.input(2) == nil)
        #expect(graph.node("Add") != nil)
    }

    @Test(arguments: ["Relu", "Tanh", "Gelu"])
    func activations(_ op: String) throws {
        var s = Sketch()
        let product = s("Add", s("MatMul", s.x, try s.weight(8, 6)), try s.weight(6))
        let graph = try rewritten(try s.finish(s(op, product)))
        #expect(graph.operators == ["Linear"])
        #expect(graph.nodes[0].attributes["activation"] == .string(op.lowercased()))

        let shared = try rewritten(try s.finish(s(op, product), product))
        #expect(shared.operators == ["Linear", op])
    }

    @Test func activationThenResidual() throws {
        var s = Sketch()
        let active = s("Relu", s("Add", s("MatMul", s.x, try s.weight(8, 8)), try s.weight(8)))
        let graph = try rewritten(try s.finish(s("Add", s.x, active)))
        #expect(graph.operators == ["Linear"])
        #expect(graph.nodes[0].inputs[3] == s.x)
    }

    @Test func residualThenActivationStays() throws {
        var s = Sketch()
        let product = s("Add", s("MatMul", s.x, try s.weight(8, 8)), try s.weight(8))
        let graph = try rewritten(try s.finish(s("Relu", s("Add", s.x, product))))
        #expect(graph.operators == ["Linear", "Relu"])
    }

    @Test func stretchedResidualStays() throws {
        var s = Sketch()
        let product = s("MatMul", s.x, try s.weight(8, 8))
        let mean = try s.reduce("ReduceMean", s.x, axis: 1)
        #expect(try rewritten(try s.finish(s("Add", product, mean))).node("Add") != nil)
    }

    @Test func twoProductsAdded() throws {
        var s = Sketch()
        let first = s("MatMul", s.x, try s.weight(8, 8))
        let second = s("MatMul", s.x, try s.weight(8, 8))
        #expect(try rewritten(try s.finish(s("Add", first, second))).operators == ["Linear", "Linear"])
        // Twice the same product has no second operand to take in.
        #expect(try rewritten(try s.finish(s("Add", first, first))).operators == ["Linear", "Add"])
    }
}
