import PackGraph
import PackPasses
import Testing

@Suite struct PoolingTests {
    enum Mean: CaseIterable {
        case plain, expanded, countedBeforeUnsqueeze, bounded
        case axis, otherMask, keptDimension, bound, extraConsumer, unmaskedCount

        var fits: Bool { [.plain, .expanded, .countedBeforeUnsqueeze, .bounded].contains(self) }
    }

    @Test(arguments: Mean.allCases)
    func mean(_ spelling: Mean) throws {
        var s = Sketch(seed: 41)
        let mask = s.mask()
        let other = s.graph.input("token_type_ids", .i64, ["batch", "sequence"])
        let number = s("Cast", mask, attributes: ["to": .int(1)])
        var kept = s("Unsqueeze", number, try s.list(2))
        if spelling == .expanded { kept = s("Expand", kept, s("Shape", s.x)) }
        let axis = spelling == .axis ? 2 : 1
        let keep = spelling == .keptDimension
        let product = s("Mul", kept, s.x)
        let sum = try s.reduce("ReduceSum", product, axis: axis, keep: keep)
        let count =
            switch spelling {
            case .countedBeforeUnsqueeze: try s.reduce("ReduceSum", number, axis: 1)
            case .otherMask:
                try s.reduce(
                    "ReduceSum", s("Unsqueeze", s("Cast", other, attributes: ["to": .int(1)]), try s.list(2)), axis: 1,
                    keep: false)
            case .unmaskedCount: try s.reduce("ReduceSum", s.x, axis: 1, keep: false)
            default: try s.reduce("ReduceSum", kept, axis: axis, keep: keep)
            }
        let bound = try s.number(spelling == .bound ? 2 : 1e-9)
        let bounded = spelling == .bounded ? s("Max", bound, count) : s("Clip", count, bound)
        let result = s("Div", sum, bounded)
        let graph = try rewritten(try spelling == .extraConsumer ? s.finish(result, product) : s.finish(result))
        #expect((graph.operators == ["MaskedMean"]) == spelling.fits, "\(graph)")
    }

    enum Max: CaseIterable {
        case dropped, kept
        case axis, fill, layout, extraConsumer

        var fits: Bool { self == .dropped || self == .kept }
    }

    @Test(arguments: Max.allCases)
    func maximum(_ spelling: Max) throws {
        var s = Sketch(seed: 42)
        let wide = s("Unsqueeze", s.mask(), try s.list(spelling == .layout ? 0 : -1))
        if spelling == .layout {
            // [1, batch, sequence] against [batch, sequence, 8] fits only where the extents happen to.
            return
        }
        let low = try s.number(spelling == .fill ? -5 : -1e9)
        let masked =
            spelling == .kept
            ? s("Where", s("Cast", wide, attributes: ["to": .int(9)]), s.x, low)
            : s("Where", s("Equal", wide, try s.graph.integers([0], shape: [])), low, s.x)
        let result = try s.reduce("ReduceMax", masked, axis: spelling == .axis ? 2 : 1, keep: false)
        let graph = try rewritten(try spelling == .extraConsumer ? s.finish(result, masked) : s.finish(result))
        #expect((graph.operators == ["MaskedMax"]) == spelling.fits, "\(graph)")
    }

    enum Norm: CaseIterable {
        case plain, bounded, root, expanded
        case axis, unbounded, otherValue, firstNorm

        var fits: Bool { [.plain, .bounded, .root, .expanded].contains(self) }
    }

    @Test(arguments: Norm.allCases)
    func norm(_ spelling: Norm) throws {
        var s = Sketch(seed: 43)
        let axis = spelling == .axis ? 1 : -1
        var length: String
        switch spelling {
        case .root: length = s("Sqrt", try s.reduce("ReduceSum", s("Mul", s.x, s.x), axis: axis))
        case .otherValue: length = try s.reduce("ReduceL2", s("Sigmoid", s.x), axis: axis)
        case .firstNorm: length = try s.reduce("ReduceL1", s.x, axis: axis)
        default: length = try s.reduce("ReduceL2", s.x, axis: axis)
        }
        let bound = try s.number(1e-12)
        if spelling == .bounded {
            length = s("Max", length, bound)
        } else if spelling != .unbounded {
            length = s("Clip", length, bound)
        }
        if spelling == .expanded { length = s("Expand", length, s("Shape", s.x)) }
        let graph = try rewritten(try s.finish(s("Div", s.x, length)))
        #expect((graph.operators == ["L2Normalize"]) == spelling.fits, "\(graph)")
    }
}
