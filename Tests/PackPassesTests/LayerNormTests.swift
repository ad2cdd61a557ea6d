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

    enum Miss: CaseIterable { case axis, gamma, extraConsumer, otherMean, scale, epsilon, cube }

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
        let gamma = try miss == .gamma ? s.weight(1, 8) : s.weight(8)
        var scaled = s("Mul", normal, gamma)
        if miss == .scale { scaled = s("Mul", scaled, try s.number(3)) }
        let result = s("Add", scaled, try s.weight(8))
        let sum = s("Add", y, miss == .extraConsumer ? normal : y)
        let graph = try rewritten(try s.finish(result, sum))
        #expect(graph.node("LayerNormalization") == nil, "\(graph)")
    }
}
