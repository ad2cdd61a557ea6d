import PackGraph
import PackPasses
import Testing

@Suite struct RMSNormTests {
    enum Root: CaseIterable { case division, reciprocal, inverse, power }

    @Test(arguments: Root.allCases, [false, true])
    func spellings(_ root: Root, _ isProduct: Bool) throws {
        var s = Sketch(seed: 51)
        let x = s("Sigmoid", s.x)
        let squares = isProduct ? s("Mul", x, x) : s("Pow", x, try s.number(2))
        let below = s("Add", try s.reduce("ReduceMean", squares, axis: -1), try s.number(1e-6))
        let gamma = try s.weight(8)
        let result =
            switch root {
            case .division: s("Mul", gamma, s("Div", x, s("Sqrt", below)))
            case .reciprocal: s("Mul", s("Mul", x, s("Reciprocal", s("Sqrt", below))), gamma)
            case .inverse: s("Mul", gamma, s("Mul", x, s("Div", try s.number(1), s("Sqrt", below))))
            case .power: s("Mul", s("Mul", x, s("Pow", below, try s.number(-0.5))), gamma)
            }
        let graph = try rewritten(try s.finish(result))
        #expect(graph.operators == ["Sigmoid", "RMSNormalization"], "\(graph)")
        #expect(graph.nodes[1].attributes["epsilon"] == .float(1e-6))
    }

    enum Miss: CaseIterable { case axis, gamma, output, otherSquare, centred, cube, epsilon, scale }

    @Test(arguments: Miss.allCases)
    func nearMisses(_ miss: Miss) throws {
        var s = Sketch(seed: 52)
        let (x, y) = (s("Sigmoid", s.x), s("Tanh", s.x))
        let axis = miss == .axis ? 1 : -1
        let base = miss == .centred ? s("Sub", x, try s.reduce("ReduceMean", x, axis: -1)) : x
        let squares =
            miss == .otherSquare ? s("Mul", y, y) : s("Pow", base, try s.number(miss == .cube ? 4 : 2))
        let mean = try s.reduce("ReduceMean", squares, axis: axis)
        let below = s("Add", mean, miss == .epsilon ? try s.weight(8, range: 0.1...1) : try s.number(1e-5))
        let normal = s("Div", x, s("Sqrt", below))
        let gamma = try miss == .gamma ? s.weight(1) : s.weight(8)
        var result = s("Mul", normal, gamma)
        if miss == .scale { result = s("Mul", s("Mul", normal, try s.number(2)), gamma) }
        let graph = try rewritten(try miss == .output ? s.finish(result, normal) : s.finish(result))
        #expect(graph.node("RMSNormalization") == nil, "\(graph)")
    }
}
