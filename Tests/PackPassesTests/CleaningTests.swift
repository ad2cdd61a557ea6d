import PackCore
import PackGraph
import PackPasses
import Testing

@Suite struct CleaningTests {
    @Test func unusedNodesAndConstantsGo() throws {
        var s = Sketch()
        _ = s("Relu", s("Sigmoid", s.x))
        _ = try s.weight(100)
        _ = s.graph.input("unused", .f32, ["batch"])
        let (graph, records) = try PassPipeline.standard.run(try s.finish(s("Tanh", s.x)))
        #expect(graph.operators == ["Tanh"])
        #expect(graph.constants.isEmpty)
        #expect(graph.inputs.map(\.name) == ["x", "unused"])
        #expect(records.map(\.pass) == ["remove-unused", "remove-unused"])
        #expect(records[0].nodesBefore == 3 && records[0].nodesAfter == 1)
        #expect(records[1].constantBytesBefore == 400 && records[1].constantBytesAfter == 0)
    }

    @Test func identitiesGo() throws {
        var s = Sketch()
        var y = s("Identity", s("Relu", s.x))
        y = s("Dropout", y)
        y = s("Cast", y, attributes: ["to": .int(1)])
        y = s("Transpose", y, attributes: ["perm": .ints([0, 1, 2])])
        y = s("Reshape", y, try s.list(0, -1, 8))
        y = s("Slice", y, try s.list(0), try s.list(.max), try s.list(1))
        y = s("Mul", s("Add", y, try s.number(0)), try s.number(1))
        let before = try s.finish(y)
        let graph = try rewritten(before)
        #expect(graph.operators == ["Relu"])
        #expect(graph.outputs == before.outputs)
    }

    @Test func identitiesThatAreNoneStay() throws {
        var s = Sketch()
        let half = s("Cast", s.x, attributes: ["to": .dtype(.f16)])
        let back = s("Slice", s.x, try s.list(-1), try s.list(.min), try s.list(1), try s.list(-1))
        let wider = s("Add", s.x, try s.graph.constant("zeros", Constant(floats: [0], shape: [1, 1, 1, 1])))
        let less = s("Sub", try s.number(0), s.x)
        let graph = try rewritten(try s.finish(half, back, wider, less))
        #expect(graph.operators == ["Cast", "Slice", "Add", "Sub"])
    }

    @Test func outputsKeepTheirNames() throws {
        var s = Sketch()
        let relu = s("Relu", s.x)
        let same = s("Identity", relu)
        let direct = s("Identity", s.x)
        let again = s("Relu", s.x)
        let graph = try rewritten(try s.finish(relu, same, direct, again))
        #expect(graph.outputs == [relu, same, direct, again])
    }

    @Test func duplicatesMerge() throws {
        var s = Sketch()
        s.graph.constant("a", try Constant(floats: [1, 2, 3, 4, 5, 6, 7, 8], shape: [8]))
        s.graph.constant("b", try Constant(floats: [1, 2, 3, 4, 5, 6, 7, 8], shape: [8]))
        s.graph.constant("c", try Constant(floats: [1, 2, 3, 4, 5, 6, 7, 9], shape: [8]))
        let left = s("Sigmoid", s("Mul", s.x, "a"))
        let right = s("Sigmoid", s("Mul", s.x, "b"))
        let other = s("Sigmoid", s("Mul", s.x, "c"))
        let graph = try rewritten(try s.finish(s("Sub", s("Max", left, right), other)))
        #expect(graph.constants.count == 2)
        #expect(graph.operators.filter { $0 == "Sigmoid" }.count == 2)
    }

    /// An extent that two values share is taken of the first, and what is only asked for its shape goes.
    @Test func extentsAreComputedOnce() throws {
        var s = Sketch()
        let zero = try s.graph.integers([0], shape: [])
        let first = s("Gather", s("Shape", s.x), zero)
        let second = s("Gather", s("Shape", s("Sigmoid", s.x)), zero)
        let graph = try rewritten(try s.finish(s("Add", first, second)))
        #expect(graph.operators == ["Shape", "Gather", "Add"], "\(graph)")
    }

    @Test func constantsFoldWithinTheirBytes() throws {
        var s = Sketch()
        let small = s("Sqrt", s("Abs", try s.weight(8)))
        let result = s("Mul", s.x, small)
        let graph = try rewritten(try s.finish(result))
        #expect(graph.operators == ["Mul"])
        #expect(graph.constantBytes == 32)
    }

    @Test func foldingNeverGrowsAModel() throws {
        var s = Sketch()
        let wide = s("Expand", try s.weight(1, 8), try s.list(100, 8))
        let narrow = try Constant(.f16, [64], bytes: Array(repeating: 0, count: 128))
        s.graph.constant("narrow", narrow)
        let cast = s("Cast", "narrow", attributes: ["to": .int(1)])
        let shared = try s.weight(64, 8)
        let turned = s("Transpose", shared, attributes: ["perm": .ints([1, 0])])
        let before = try s.finish(s("Relu", wide), s("Relu", cast), s("Add", turned, turned), s("Relu", shared))
        let (graph, records) = try PassPipeline.standard.run(before)
        #expect(graph.constantBytes <= before.constantBytes)
        for record in records { #expect(record.constantBytesAfter <= record.constantBytesBefore + 64) }
    }

    @Test func foldBudgetHolds() throws {
        var s = Sketch()
        let turned = s("Transpose", try s.weight(64, 8), attributes: ["perm": .ints([1, 0])])
        let before = try s.finish(s("Mul", s.x, s("Slice", turned, try s.list(0), try s.list(1), try s.list(1))))
        #expect(try PassPipeline.standard.run(before, PassOptions(foldBudget: 100)).graph.node("Transpose") != nil)
        #expect(try PassPipeline.standard.run(before).graph.node("Transpose") == nil)
    }

    @Test func shapeArithmeticFolds() throws {
        var s = Sketch()
        let width = s("Gather", s("Shape", s.x), try s.graph.integers([2], shape: []))
        let part = s("Unsqueeze", s("Div", width, try s.graph.integers([2], shape: [])), try s.list(0))
        let target = s("Concat", try s.list(0, 0), part, try s.list(2), attributes: ["axis": .int(0)])
        let graph = try rewritten(try s.finish(s("Reshape", s.x, target)))
        #expect(graph.operators == ["Reshape"])
        #expect(graph.types[graph.outputs[0]]?.shape == ["batch", "sequence", 4, 2])
    }
}

@Suite struct ExactFoldingTests {
    static let large = [1 << 40 | 1, -(1 << 53) - 1, .min]

    @Test(arguments: ["Neg", "Identity", "Relu", "Abs", "Sign"])
    func integerFunctions(_ op: String) throws {
        let graph = try folded(op)
        #expect(graph.node(op) == nil)
        let inputs = ["x": Tensor([1, 1, 8], floats: []), "more": Tensor([1], integers: [0])]
        let found = try #require(Evaluator.run(graph, inputs).values.first).integers.prefix(3)
        let expected: [Int] =
            switch op {
            case "Neg": Self.large.map { 0 &- $0 }
            case "Relu": Self.large.map { max($0, 0) }
            case "Abs": Self.large.map { $0 < 0 ? 0 &- $0 : $0 }
            case "Sign": Self.large.map { $0.signum() }
            default: Self.large
            }
        #expect(Array(found) == expected)
    }

    /// The evaluator folds axes in floating point.
    @Test(arguments: ["CumSum", "ReduceSum"])
    func foldedAxesStay(_ op: String) throws {
        #expect(try folded(op).node(op) != nil)
    }

    /// The operator over a list with large numbers, after all passes.
    private func folded(_ op: String) throws -> Graph {
        var s = Sketch()
        let list = try s.graph.integers(Self.large + Array(repeating: 3, count: 100))
        let axis = try s.graph.integers([0], shape: op == "CumSum" ? [] : [1])
        let made = ["CumSum", "ReduceSum"].contains(op) ? s(op, list, axis) : s(op, list)
        let more = s.graph.input("more", .i64, [1])
        return try PassPipeline.standard.run(try s.finish(s("Add", made, more))).graph
    }

    @Test func hugeSteps() throws {
        var s = Sketch()
        let table = try s.weight(4, 8)
        let part = s("Slice", table, try s.list(0), try s.list(.max), try s.list(0), try s.list(.max))
        let back = s("Slice", table, try s.list(-1), try s.list(.min), try s.list(0), try s.list(.min))
        let graph = try rewritten(try s.finish(s("Mul", s.x, part), s("Mul", s.x, back)))
        #expect(graph.operators == ["Mul", "Mul"])
    }
}
