import PackCore
import PackGraph
import Testing

/// A node that its shape rule must refuse.
struct BadNode: Sendable, CustomTestStringConvertible {
    let op: String
    var types: [TensorType]
    var attributes: [String: Attribute] = [:]
    var lists: [[Int]] = []
    var outputs = 1
    let kind: GraphError.Kind
    var testDescription: String { "\(op) \(types) \(attributes) \(lists)" }

    init(
        _ op: String, _ types: [TensorType], _ attributes: [String: Attribute] = [:], lists: [[Int]] = [],
        outputs: Int = 1, kind: GraphError.Kind
    ) {
        (self.op, self.types, self.attributes) = (op, types, attributes)
        (self.lists, self.outputs, self.kind) = (lists, outputs, kind)
    }

    private static let x = TensorType(.f32, ["batch", 3, 4])
    private static let m = TensorType(.f32, [3, 4])
    private static let ids = TensorType(.i64, ["batch", 3])
    private static let flag = TensorType(.bool, [3])

    static let elementwise: [BadNode] = [
        BadNode("Add", [x], kind: .wrongCount),
        BadNode("Add", [x, ids], kind: .wrongType),
        BadNode("Add", [x, TensorType(.f32, [5])], kind: .wrongShape),
        BadNode("Mul", [flag, flag], kind: .wrongType),
        BadNode("And", [flag, x], kind: .wrongType),
        BadNode("Erf", [ids], kind: .wrongType),
        BadNode("Where", [x, x, x], kind: .wrongType),
        BadNode("Where", [flag, flag], kind: .wrongCount),
        BadNode("Cast", [x], ["to": .int(99)], kind: .wrongAttribute),
        BadNode("Cast", [x], ["to": .string("f32")], kind: .wrongAttribute),
        BadNode("Clip", [x, x], kind: .wrongShape),
        BadNode("Sqrt", [x], outputs: 2, kind: .wrongCount),
    ]

    static let shapes: [BadNode] = [
        BadNode("MatMul", [x, TensorType(.f32, [5, 6])], kind: .wrongShape),
        BadNode("MatMul", [TensorType(.f32, []), m], kind: .wrongShape),
        BadNode("MatMul", [TensorType(.f32, [2, 3, 4]), TensorType(.f32, [3, 4, 5])], kind: .wrongShape),
        BadNode("Gemm", [x, m], kind: .wrongShape),
        BadNode("Transpose", [m], ["perm": .ints([0, 0])], kind: .wrongAttribute),
        BadNode("Transpose", [m], ["perm": .ints([0, 1, 2])], kind: .wrongAttribute),
        BadNode("Softmax", [m], ["axis": .int(2)], kind: .wrongAttribute),
        BadNode("Softmax", [m], ["axis": .int(.min)], kind: .wrongAttribute),
        BadNode("Softmax", [TensorType(.f32, [])], kind: .wrongAttribute),
        BadNode("ReduceSum", [m], lists: [[2]], kind: .wrongAttribute),
        BadNode("ReduceSum", [m], lists: [[0, -2]], kind: .wrongAttribute),
        BadNode("Squeeze", [m], lists: [[0]], kind: .wrongShape),
        BadNode("Unsqueeze", [m], lists: [[4]], kind: .wrongAttribute),
        BadNode("Unsqueeze", [m], kind: .wrongAttribute),
        BadNode("Flatten", [m], ["axis": .int(3)], kind: .wrongAttribute),
        BadNode("Reshape", [m], lists: [[5, -1]], kind: .wrongShape),
        BadNode("Reshape", [m], lists: [[0, 0, 0]], kind: .wrongShape),
        BadNode("Reshape", [m], ["allowzero": .int(1)], lists: [[0, -1]], kind: .wrongShape),
        BadNode("Reshape", [m, m], kind: .wrongType),
        BadNode("Expand", [m], lists: [[2, 4]], kind: .wrongShape),
        BadNode("Expand", [m], lists: [[-1, 4]], kind: .wrongShape),
        BadNode("Tile", [m], lists: [[2]], kind: .wrongShape),
        BadNode("Tile", [m], lists: [[.max, .max]], kind: .overflow),
        BadNode("ConstantOfShape", [], lists: [[.max, .max]], kind: .overflow),
        BadNode("ConstantOfShape", [], lists: [[-1]], kind: .wrongShape),
    ]

    static let selection: [BadNode] = [
        BadNode("Gather", [m], lists: [[3]], kind: .wrongShape),
        BadNode("Gather", [m], lists: [[-4]], kind: .wrongShape),
        BadNode("Gather", [m, m], kind: .wrongType),
        BadNode("Gather", [TensorType(.f32, []), ids], kind: .wrongAttribute),
        BadNode("Concat", [m, x], kind: .wrongShape),
        BadNode("Concat", [m, TensorType(.f32, [3, 5])], kind: .wrongShape),
        BadNode("Concat", [], kind: .wrongCount),
        BadNode("Split", [m], ["axis": .int(1)], lists: [[3, 3]], outputs: 2, kind: .wrongShape),
        BadNode("Split", [m], ["axis": .int(1)], lists: [[-1, 5]], outputs: 2, kind: .wrongShape),
        BadNode("Split", [m], ["num_outputs": .int(3)], outputs: 2, kind: .wrongAttribute),
        BadNode("Slice", [m], lists: [[0], [1], [0], [0]], kind: .wrongAttribute),
        BadNode("Slice", [m], lists: [[0], [1], [7]], kind: .wrongAttribute),
        BadNode("Slice", [m], lists: [[0, 0], [1], [0]], kind: .wrongShape),
        BadNode("Range", [], lists: [[0], [5], [0]], kind: .wrongShape),
        BadNode("CumSum", [m], lists: [[2]], kind: .wrongAttribute),
        BadNode("TopK", [m], lists: [[5]], kind: .wrongShape),
    ]

    static let fused: [BadNode] = [
        BadNode("LayerNormalization", [x, TensorType(.f32, [5])], kind: .wrongShape),
        BadNode("Linear", [x, m, TensorType(.f32, [5])], kind: .wrongShape),
        BadNode("Linear", [x, m], ["transposed": .int(1), "activation": .string("magic")], kind: .wrongAttribute),
        BadNode("Attention", [x], ["heads": .int(0)], kind: .wrongAttribute),
        BadNode("Attention", [x, x, x], ["heads": .int(3)], kind: .wrongAttribute),
        BadNode("Attention", [m], ["heads": .int(1)], kind: .wrongShape),
        BadNode("Attention", [x, x, x], ["heads": .int(2), "kv_heads": .int(0)], kind: .wrongAttribute),
        BadNode("Attention", [x, x, x], ["heads": .int(1), "kv_heads": .int(.max)], kind: .wrongAttribute),
        BadNode("Attention", [x, x, x], ["heads": .int(1), "hidden": .floats([0])], kind: .wrongAttribute),
        BadNode("Inverse", [TensorType(.f32, [2, 3])], kind: .wrongShape),
        BadNode("Inverse", [TensorType(.i64, [2, 2])], kind: .wrongType),
        BadNode("MaskedMean", [x, x], kind: .wrongType),
        BadNode("L2Normalize", [TensorType(.f32, [])], kind: .wrongShape),
        BadNode("Identity", [TensorType(.f32, [-1])], kind: .wrongShape),
        BadNode("Identity", [TensorType(.f32, [.constant(.max), 2])], kind: .overflow),
    ]
}

@Suite struct HostileGraphTests {
    @Test(arguments: BadNode.elementwise + BadNode.shapes + BadNode.selection + BadNode.fused)
    func refused(_ bad: BadNode) throws {
        let constants = bad.lists.enumerated().map { ("list\($0)", $1) }
        var tensors: [String: Constant] = [:]
        for (name, values) in constants { tensors[name] = try Constant(integers: values, shape: [values.count]) }
        do {
            let found = try infer(
                bad.op, bad.types, bad.attributes, constants: tensors, extra: constants.map(\.0), outputs: bad.outputs)
            Issue.record("accepted as \(found)")
        } catch {
            #expect(error.kind == bad.kind, "\(error)")
            #expect(error.node != nil)
            #expect(!error.found.isEmpty && !error.expected.isEmpty)
        }
    }

    private func graph(_ nodes: [Node], outputs: [String]) -> Graph {
        var graph = Graph()
        graph.inputs = [Port("x", TensorType(.f32, ["batch"]))]
        graph.nodes = nodes
        graph.outputs = outputs
        return graph
    }

    private func error(_ graph: Graph, sorting: Bool = false) -> GraphError? {
        var graph = graph
        do throws(GraphError) {
            if sorting { try graph.sortTopologically() }
            try graph.inferTypes()
            return nil
        } catch {
            return error
        }
    }

    @Test func cycle() {
        let loop = graph(
            [
                Node("Add", name: "first", inputs: ["x", "b"], outputs: ["a"]),
                Node("Relu", name: "second", inputs: ["a"], outputs: ["b"]),
            ], outputs: ["b"])
        #expect(error(loop, sorting: true)?.kind == .cycle)
        #expect(error(loop)?.kind == .cycle)
        #expect(error(loop, sorting: true)?.node != nil)
        let own = graph([Node("Add", name: "self", inputs: ["x", "a"], outputs: ["a"])], outputs: ["a"])
        #expect(error(own, sorting: true)?.kind == .cycle)
    }

    @Test func missingAndDuplicateValues() {
        let missing = graph([Node("Relu", name: "relu", inputs: ["nothing"], outputs: ["y"])], outputs: ["y"])
        #expect(error(missing)?.kind == .undefinedValue)
        #expect(error(missing)?.value == "nothing")
        #expect(error(missing)?.node == "relu")
        #expect(error(graph([], outputs: ["y"]))?.value == "y")
        let relu = Node("Relu", name: "relu", inputs: ["x"], outputs: ["y"])
        #expect(error(graph([relu, relu], outputs: ["y"]))?.kind == .duplicateValue)
        let shadow = Node("Relu", name: "relu", inputs: ["x"], outputs: ["x"])
        #expect(error(graph([shadow], outputs: ["x"]))?.kind == .duplicateValue)
        let nothing = Node("Relu", name: "relu", inputs: ["x"], outputs: [""])
        #expect(error(graph([nothing], outputs: ["x"]))?.kind == .wrongCount)
    }

    @Test func disorderIsSorted() throws {
        var disorder = graph(
            [
                Node("Relu", name: "second", inputs: ["a"], outputs: ["b"]),
                Node("Relu", name: "first", inputs: ["x"], outputs: ["a"]),
            ], outputs: ["b"])
        try disorder.sortTopologically()
        #expect(disorder.nodes.map(\.name) == ["first", "second"])
    }

    @Test func deepGraphs() throws {
        let count = 100_000
        let nodes = (0..<count).map { index in
            Node(
                "Relu", name: "n\(index)", inputs: [index == count - 1 ? "x" : "v\(index + 1)"], outputs: ["v\(index)"])
        }
        var deep = graph(nodes, outputs: ["v0"])
        try deep.sortTopologically()
        try deep.inferTypes()
        #expect(deep.types["v0"] == TensorType(.f32, ["batch"]))
    }

    /// Shape arithmetic that would nest without end is no longer followed.
    @Test func deepShapeArithmetic() throws {
        var b = GraphBuilder()
        let x = b.input("x", .f32, ["a", "b"])
        let y = b.input("y", .f32, ["c", "d"])
        var value = b.node("Shape", "shape", [x])
        let other = b.node("Shape", "other", [y])
        for index in 0..<2000 {
            value = b.node(index % 2 == 0 ? "Max" : "Mul", "step", [value, index % 3 == 0 ? other : value])
            value = b.node("Add", "sum", [value, other])
        }
        b.output(b.node("ConstantOfShape", "filled", [value]))
        let graph = try b.finish()
        #expect(graph.types[graph.outputs[0]]?.shape.count == 2)
    }

    @Test func constants() throws {
        #expect(throws: GraphError.self) { try Constant(.f32, [2], bytes: [0, 0, 0, 0]) }
        #expect(throws: GraphError.self) { try Constant(.f32, [-1], bytes: []) }
        #expect(throws: GraphError.self) { try Constant(.f32, [.max, 4], bytes: []) }
        #expect(throws: GraphError.self) { try Constant(.f64, [.max / 4], bytes: []) }
        #expect(throws: GraphError.self) { try Constant(.f32, [1]) { _ in } }
        #expect(try Constant(.f32, [0, .max, .max], bytes: []).count == 0)
        let large = try Constant(.u64, [1], bytes: Array(repeating: 0xFF, count: 8))
        #expect(throws: GraphError.self) { try large.integers() }
        #expect(throws: GraphError.self) { try large.floats() }
        #expect(large.scalarInteger == nil)
    }

    @Test func readingConstants() throws {
        // Lent bytes need not be aligned.
        let bytes: [UInt8] = [0x00, 0x80, 0x3F, 0x00, 0xC0]
        let lent = try Constant(.bf16, [2]) { use in
            bytes.withUnsafeBytes { use(UnsafeRawBufferPointer(rebasing: $0[1...])) }
        }
        #expect(try lent.floats() == [1, -2])
        #expect(try Constant(.f16, [1], bytes: [0x00, 0x3C]).scalarFloat == 1)
        #expect(try Constant(.i8, [2], bytes: [0xFF, 1]).integers() == [-1, 1])
        #expect(try Constant(.bool, [2], bytes: [0, 7]).integers() == [0, 1])
        #expect(try Constant(floats: [1.5], shape: [1, 1]).scalarFloat == 1.5)
        #expect(try Constant(integers: [1, 2], shape: [2]).scalarInteger == nil)
    }
}
