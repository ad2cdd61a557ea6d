import PackGraph
import PackPasses
import Testing

@Suite struct SoftmaxTests {
    enum Spelling: CaseIterable { case kept, reshaped, held, reciprocal, repeated }

    @Test(arguments: Spelling.allCases, [1, 2])
    func spellings(_ spelling: Spelling, _ axis: Int) throws {
        var s = Sketch(seed: 41)
        let x = s.graph.input("y", .f32, ["batch", 4, 8])
        let reduce = { (s: inout Sketch, op: String, value: String) throws -> String in
            if spelling == .kept { return try s.reduce(op, value, axis: axis) }
            var part = try s.reduce(op, value, axis: axis, keep: false)
            if spelling == .held, op == "ReduceMax" { part = s("Max", part, try s.number(-.infinity)) }
            let wide = s("Unsqueeze", part, try s.list(axis))
            return spelling == .repeated ? s("Expand", wide, try s.list(1, 4, 8)) : wide
        }
        let power = s("Exp", s("Sub", x, try reduce(&s, "ReduceMax", x)))
        let sum = try reduce(&s, "ReduceSum", power)
        let result = spelling == .reciprocal ? s("Mul", power, s("Reciprocal", sum)) : s("Div", power, sum)
        let graph = try rewritten(try s.finish(result))
        #expect(graph.operators == ["Softmax"], "\(graph)")
        #expect(graph.nodes[0].attributes["axis"] == .int(axis))
    }

    enum Miss: CaseIterable { case otherAxis, otherValue, minimum, shared }

    @Test(arguments: Miss.allCases)
    func nearMisses(_ miss: Miss) throws {
        var s = Sketch(seed: 42)
        let x = s.graph.input("y", .f32, ["batch", 4, 8])
        let least = try s.reduce(miss == .minimum ? "ReduceMin" : "ReduceMax", x, axis: 2)
        let power = s("Exp", s("Sub", x, least))
        let summed = miss == .otherValue ? s("Exp", x) : power
        let sum = try s.reduce("ReduceSum", summed, axis: miss == .otherAxis ? 1 : 2)
        let result = s("Div", power, sum)
        let graph = try rewritten(miss == .shared ? s.finish(result, sum) : s.finish(result))
        #expect(graph.node("Softmax") == nil, "\(graph)")
    }
}
