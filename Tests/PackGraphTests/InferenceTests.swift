import PackCore
import PackGraph
import Testing

/// The type of a node's first output over inputs a, b, … of the given types; constants by name.
func infer(
    _ op: String, _ types: [TensorType], _ attributes: [String: Attribute] = [:], constants: [String: Constant] = [:],
    extra: [String] = [], outputs: Int = 1
) throws(GraphError) -> [TensorType?] {
    var graph = Graph()
    let names = types.indices.map { "input\($0)" }
    graph.inputs = zip(names, types).map { Port($0, $1) }
    for (name, constant) in constants { graph.constants[name] = constant }
    let made = (0..<outputs).map { "output\($0)" }
    graph.nodes = [Node(op, name: "node", inputs: names + extra, outputs: made, attributes: attributes)]
    graph.outputs = made
    try graph.inferTypes()
    return made.map { graph.types[$0] }
}

func list(_ values: Int...) -> Constant {
    guard let constant = try? Constant(integers: values, shape: [values.count]) else {
        fatalError("a list always fits")
    }
    return constant
}

@Suite struct InferenceTests {
    static let x = TensorType(.f32, ["batch", "sequence", 384])

    static let broadcasts: [([Dimension], [Dimension], [Dimension])] = [
        (["batch", 1, 3], [4, 1], ["batch", 4, 3]),
        (["batch"], ["batch"], ["batch"]),
        (["a"], ["b"], [.max("a", "b")]),
        (["a"], [7], [7]),
        ([], ["a", 2], ["a", 2]),
        ([0], [1], [0]),
    ]

    @Test(arguments: broadcasts)
    func broadcasting(_ a: [Dimension], _ b: [Dimension], _ expected: [Dimension]) throws {
        #expect(try infer("Add", [TensorType(.f32, a), TensorType(.f32, b)]) == [TensorType(.f32, expected)])
    }

    @Test func products() throws {
        let w = TensorType(.f32, [384, 10])
        #expect(try infer("MatMul", [Self.x, w]) == [TensorType(.f32, ["batch", "sequence", 10])])
        let vector = TensorType(.f32, [384])
        #expect(try infer("MatMul", [Self.x, vector]) == [TensorType(.f32, ["batch", "sequence"])])
        #expect(try infer("MatMul", [vector, vector]) == [TensorType(.f32, [])])
        let heads = TensorType(.f32, ["batch", 12, "sequence", 32])
        let keys = TensorType(.f32, ["batch", 12, 32, "sequence"])
        #expect(try infer("MatMul", [heads, keys]) == [TensorType(.f32, ["batch", 12, "sequence", "sequence"])])
    }

    static let reshapes: [([Int], [Dimension]?)] = [
        ([0, 0, 12, 32], ["batch", "sequence", 12, 32]),
        ([0, -1, 12, 32], ["batch", "sequence", 12, 32]),
        ([-1, 384], ["batch" * "sequence", 384]),
        ([0, -1], ["batch", "sequence" * 384]),
        ([-1, -1], nil), ([0, 0, 0, 0], nil), ([0, -2], nil), ([0, 0, 12, 33], nil),
    ]

    @Test(arguments: reshapes)
    func reshape(_ target: [Int], _ expected: [Dimension]?) throws {
        let constant = try Constant(integers: target, shape: [target.count])
        let found = try? infer("Reshape", [Self.x], constants: ["target": constant], extra: ["target"])
        #expect(found == expected.map { [TensorType(.f32, $0)] })
    }

    @Test func reductions() throws {
        let axes = ["axes": list(-1)]
        #expect(
            try infer("ReduceMean", [Self.x], constants: axes, extra: ["axes"]) == [
                TensorType(.f32, ["batch", "sequence", 1])
            ])
        #expect(
            try infer("ReduceSum", [Self.x], ["keepdims": .int(0), "axes": .ints([0, 1])]) == [TensorType(.f32, [384])])
        #expect(try infer("ReduceMax", [Self.x], ["keepdims": .int(0)]) == [TensorType(.f32, [])])
    }

    @Test func cutting() throws {
        let bounds = ["s": list(1), "e": list(.max), "a": list(1)]
        #expect(
            try infer("Slice", [Self.x], constants: bounds, extra: ["s", "e", "a"])
                == [TensorType(.f32, ["batch", .max("sequence" - 1, 0), 384])])
        let parts = try infer("Split", [Self.x], ["axis": .int(-1), "num_outputs": .int(3)], outputs: 3)
        #expect(parts == Array(repeating: TensorType(.f32, ["batch", "sequence", 128]), count: 3))
        let uneven = try infer("Split", [TensorType(.f32, [7])], outputs: 2)
        #expect(uneven == [TensorType(.f32, [4]), TensorType(.f32, [3])])
        let rows = try infer(
            "Gather", [Self.x], ["axis": .int(1)], constants: ["i": try Constant(integers: [0], shape: [])],
            extra: ["i"])
        #expect(rows == [TensorType(.f32, ["batch", 384])])
    }

    /// Shape, Gather, arithmetic, Concat, Range, Expand: contents stay known as expressions.
    @Test func contentsOfShapes() throws {
        var b = GraphBuilder()
        let ids = b.input("ids", .i64, ["batch", "sequence"])
        let shape = b.node("Shape", "shape", [ids])
        let zero = try b.integers([0], shape: [])
        let one = try b.integers([1], shape: [])
        let batch = b.node("Gather", "batch", [shape, zero])
        let length = b.node("Gather", "length", [shape, one])
        let range = b.node("Range", "range", [zero, length, one])
        let row = b.node("Unsqueeze", "row", [range, try b.integers([0])])
        let both = b.node("Mul", "both", [batch, b.node("Add", "more", [length, one])])
        let target = b.node(
            "Concat", "target",
            [
                b.node("Unsqueeze", "u0", [batch, try b.integers([0])]),
                b.node("Slice", "part", [shape, try b.integers([-1]), try b.integers([.max])]),
            ], ["axis": .int(0)])
        let wide = b.node("Expand", "wide", [row, target])
        let filled = b.node("ConstantOfShape", "filled", [b.node("Unsqueeze", "u1", [both, try b.integers([0])])])
        for output in [wide, filled, range] { b.output(output) }
        let graph = try b.finish()
        #expect(graph.types[range] == TensorType(.i64, ["sequence"]))
        #expect(graph.types[wide] == TensorType(.i64, ["batch", "sequence"]))
        #expect(graph.types[filled] == TensorType(.f32, ["batch" * "sequence" + "batch"]))
    }

    /// The choice that exporters make of Expand's target: −1 stands for the extent that is there.
    @Test func contentsThroughWhere() throws {
        var b = GraphBuilder()
        let x = b.input("x", .f32, ["batch", 1])
        let target = b.node(
            "Concat", "target", [b.node("Shape", "s", [x], ["end": .int(1)]), try b.integers([-1])], ["axis": .int(0)])
        let equal = b.node("Equal", "equal", [target, try b.integers([-1, -1])])
        let ones = b.node("ConstantOfShape", "ones", [try b.integers([2])], ["value": .int(1)])
        let chosen = b.node("Where", "where", [equal, ones, target])
        b.output(b.node("Expand", "expand", [x, chosen]))
        let graph = try b.finish()
        #expect(graph.types[graph.outputs[0]] == TensorType(.f32, ["batch", 1]))
    }

    @Test func dataDependentShapesGetSymbols() throws {
        let found = try infer("NonZero", [Self.x])
        #expect(found == [TensorType(.i64, [3, "output0.1"])])
    }

    @Test func fusedOperators() throws {
        let w = TensorType(.f32, [1536, 384])
        let bias = TensorType(.f32, [1536])
        let linear: [String: Attribute] = ["transposed": .int(1), "activation": .string("gelu")]
        #expect(try infer("Linear", [Self.x, w, bias], linear) == [TensorType(.f32, ["batch", "sequence", 1536])])
        let packed = TensorType(.f32, ["batch", "sequence", 1152])
        let mask = TensorType(.i64, ["batch", "sequence"])
        let heads: [String: Attribute] = ["heads": .int(12), "scale": .float(0.1)]
        #expect(try infer("Attention", [Self.x, Self.x, Self.x, mask], heads) == [Self.x])
        #expect(try infer("Attention", [packed], heads, extra: ["", "", ""]) == [Self.x])
        #expect(try infer("MaskedMean", [Self.x, mask]) == [TensorType(.f32, ["batch", 384])])
    }

    @Test func unknownOperatorsStayUntyped() throws {
        #expect(try infer("Mystery", [Self.x]) == [nil])
    }
}
