import PackGraph
import PackPasses
import Testing

@Suite struct LayerNormTests {
    enum Square: CaseIterable { case power, product, secondSubtraction }
    enum Root: CaseIterable { case division, reciprocal, reciprocalTimesGamma, power, inverse }

    @Test(arguments: Square.allCases, Root.allCases)
    func spellings(_ square: Square, _ root: Root) throws {
        var s = Sketch(seed: 11)
        let centred = s("Sub", s.x, try s.reduce("ReduceMean", s.x, axis: -1))
        let squares =
            switch square {
            case .power: s("Pow", centred, try s.number(2))
            case .product: s("Mul", centred, centred)
            case .secondSubtraction:
                s("Pow", s("Sub", s.x, try s.reduce("ReduceMean", s.x, axis: 2)), try s.number(2))
            }
        let variance = s("Add", try s.number(1e-6), try s.reduce("ReduceMean", squares, axis: 2))
        let gamma = try s.weight(8)
        let scaled =
            switch root {
            case .division: s("Mul", gamma, s("Div", centred, s("Sqrt", variance)))
            case .reciprocal: s("Mul", s("Mul", s("Reciprocal", s("Sqrt", variance)), centred), gamma)
            case .reciprocalTimesGamma:
                s("Mul", centred, s("Mul", s("Div", try s.number(1), s("Sqrt", variance)), gamma))
            case .power: s("Mul", s("Mul", centred, s("Pow", variance, try s.number(-0.5))), gamma)
            case .inverse: s("Mul", s("Div", centred, s("Pow", variance, try s.number(0.5))), gamma)
            }
        let graph = try rewritten(try s.finish(s("Add", try s.weight(8), scaled)))
        #expect(graph.operators == ["LayerNormalization"], "\(graph)")
        #expect(graph.nodes[0].attributes["epsilon"] == .float(1e-6))
    }

    enum Miss: CaseIterable { case axis, gamma, extraConsumer, otherMean, epsilon, cube }

    @Test(arguments: Miss.allCases)
    func nearMisses(_ miss: Miss) throws {
        var s = Sketch(seed: 12)
        let y = s("Sigmoid", s.x)
        let axis = miss == .axis ? 1 : -1
        let centred = s("Sub", s.x, try s.reduce("ReduceMean", miss == .otherMean ? y : s.x, axis: axis))
        let squares = s("Pow", centred, try s.number(miss == .cube ? 4 : 2))
        let spread = try s.reduce("ReduceMean", squares, axis: axis)
        let variance = s("Add", spread, miss == .epsilon ? try s.weight(8, range: 0.1...1) : try s.number(1e-5))
        let normal = s("Div", centred, s("Sqrt", variance))
        let gamma = try miss == .gamma ? s.weight(1, 1, 1, 8) : s.weight(8)
        let result = s("Add", s("Mul", normal, gamma), try s.weight(8))
        let sum = s("Add", y, miss == .extraConsumer ? normal : y)
        let graph = try rewritten(try s.finish(result, sum))
        #expect(graph.node("LayerNormalization") == nil, "\(graph)")
    }

    /// Over which axis, and in which order flax and TensorFlow write it.
    enum Order: CaseIterable { case centred, batchNormalization, differenceFirst, withoutBeta }

    @Test(arguments: Order.allCases, [1, 2])
    func varianceFromSquares(_ order: Order, _ axis: Int) throws {
        for clipped in [false, true] {
            for sums in [false, true] {
                let graph = try rewritten(try Self.meanOfSquares(order, axis, clipped, sums))
                let normal = ["LayerNormalization"]
                #expect(graph.operators == (axis == 2 ? normal : ["Transpose"] + normal + ["Transpose"]), "\(graph)")
            }
        }
    }

    /// mean(x²) − mean(x)² over an axis of x [batch, 4, 8].
    private static func meanOfSquares(_ order: Order, _ axis: Int, _ clipped: Bool, _ sums: Bool) throws -> Graph {
        var s = Sketch(seed: 13)
        let x = s.graph.input("y", .f32, ["batch", 4, 8])
        let count: Float = axis == 1 ? 4 : 8
        let mean = { (s: inout Sketch, value: String) throws -> String in
            if !sums { return try s.reduce("ReduceMean", value, axis: axis) }
            let part = s("Mul", try s.reduce("ReduceSum", value, axis: axis, keep: false), try s.number(1 / count))
            return s("Unsqueeze", part, try s.list(axis))
        }
        let average = try mean(&s, x)
        var variance = s("Sub", try mean(&s, s("Mul", x, x)), s("Pow", average, try s.number(2)))
        if clipped { variance = s("Max", try s.number(0), variance) }
        let inverse = s("Reciprocal", s("Sqrt", s("Add", variance, try s.number(1e-3))))
        let gamma = try axis == 1 ? s.weight(1, 4, 1) : s.weight(1, 8)
        let beta = try axis == 1 ? s.weight(4, 1) : s.weight(8)
        let scale = s("Mul", inverse, gamma)
        switch order {
        case .centred: return try s.finish(s("Add", s("Mul", s("Sub", x, average), scale), beta))
        case .withoutBeta: return try s.finish(s("Mul", s("Sub", x, average), scale))
        case .batchNormalization:
            return try s.finish(s("Add", s("Mul", x, scale), s("Sub", beta, s("Mul", average, scale))))
        case .differenceFirst:
            return try s.finish(s("Add", s("Sub", s("Mul", scale, x), s("Mul", average, scale)), beta))
        }
    }

    enum Mismatch: CaseIterable { case otherSquare, otherAxis, turnedMean, otherScale, floor }

    @Test(arguments: Mismatch.allCases)
    func nearMissesOfSquares(_ miss: Mismatch) throws {
        var s = Sketch(seed: 14)
        let x = s.graph.input("y", .f32, ["batch", 8, 8])
        let other = s("Sigmoid", x)
        var mean = try s.reduce("ReduceMean", x, axis: 2)
        if miss == .turnedMean { mean = s("Reshape", mean, try s.list(0, 1, 8)) }
        let squared = s("Mul", x, miss == .otherSquare ? other : x)
        let squares = try s.reduce("ReduceMean", squared, axis: miss == .otherAxis ? 1 : 2)
        let variance = s("Max", try s.number(miss == .floor ? 0.5 : 0), s("Sub", squares, s("Mul", mean, mean)))
        let inverse = s("Reciprocal", s("Sqrt", s("Add", variance, try s.number(30))))
        let scale = s("Mul", inverse, try s.weight(8))
        let shift = miss == .otherScale ? inverse : scale
        let result = s("Add", s("Mul", x, scale), s("Sub", try s.weight(8), s("Mul", mean, shift)))
        let graph = try rewritten(try s.finish(result, other))
        #expect(graph.node("LayerNormalization") == nil, "\(graph)")
    }
}
