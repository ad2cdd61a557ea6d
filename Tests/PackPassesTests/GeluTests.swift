import PackGraph
import PackPasses
import Testing

@Suite struct GeluTests {
    /// Spellings: whether √2 divides, where the half stands, and whether operands are swapped.
    @Test(arguments: [false, true], [0, 1, 2])
    func exact(divides: Bool, half: Int) throws {
        var s = Sketch(seed: UInt64(half) + 1)
        let root = Float(2).squareRoot()
        let argument = try divides ? s("Div", s.x, s.number(root)) : s("Mul", s.number(1 / root), s.x)
        let error = s("Erf", argument)
        let gate = try divides ? s("Add", error, s.number(1)) : s("Add", s.number(1), error)
        let result =
            switch half {
            case 0: s("Mul", s("Mul", s.x, try s.number(0.5)), gate)
            case 1: s("Mul", try s.number(0.5), s("Mul", gate, s.x))
            default: s("Mul", s("Div", gate, try s.number(2)), s.x)
            }
        let graph = try rewritten(try s.finish(result))
        #expect(graph.operators == ["Gelu"])
        #expect(graph.nodes[0].attributes["approximate"] == .string("none"))
    }

    @Test(arguments: [0, 1, 2])
    func byTanh(_ spelling: Int) throws {
        var s = Sketch()
        let inner: String
        switch spelling {
        case 0:
            inner = s("Add", s.x, s("Mul", s("Pow", s.x, try s.number(3)), try s.number(0.044715)))
        case 1:
            inner = s("Add", s("Mul", try s.number(0.044715), s("Mul", s.x, s("Mul", s.x, s.x))), s.x)
        default:
            let square = s("Mul", s("Mul", s.x, try s.number(0.044715)), s.x)
            inner = s("Mul", s.x, s("Add", try s.number(1), square))
        }
        let scaled = s("Mul", inner, try s.number(0.797_884_56))
        let gate = s("Add", s("Tanh", scaled), try s.number(1))
        let result = s("Mul", s("Mul", s.x, try s.number(0.5)), gate)
        let graph = try rewritten(try s.finish(result))
        #expect(graph.operators == ["Gelu"])
        #expect(graph.nodes[0].attributes["approximate"] == .string("tanh"))
    }

    enum Miss: CaseIterable { case half, root, one, otherInput, extraConsumer, innerOutput }

    @Test(arguments: Miss.allCases)
    func nearMisses(_ miss: Miss) throws {
        var s = Sketch()
        let other = s("Sigmoid", s.x)
        let argument = s(
            "Div", miss == .otherInput ? other : s.x, try s.number(miss == .root ? 1.5 : Float(2).squareRoot()))
        let error = s("Erf", argument)
        let gate = s("Add", error, try s.number(miss == .one ? 1.1 : 1))
        let result = s("Mul", s("Mul", s.x, try s.number(miss == .half ? 0.6 : 0.5)), gate)
        let sum = s("Add", other, miss == .extraConsumer ? gate : other)
        let graph = try rewritten(try miss == .innerOutput ? s.finish(result, sum, error) : s.finish(result, sum))
        #expect(graph.node("Gelu") == nil)
        #expect(graph.node("Erf") != nil)
    }
}
