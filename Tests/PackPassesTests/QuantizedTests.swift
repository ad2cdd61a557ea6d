import PackCore
import PackGraph
import PackPasses
import Testing

/// Products and convolutions of codes as onnxruntime's quantizer writes them.
@Suite struct QuantizedTests {
    /// A graph over x of the given nodes; constants are all that the nodes read beside.
    private func graph(
        _ shape: [Dimension], _ constants: [String: Constant], _ nodes: [Node], outputs: [String] = ["y"]
    ) throws -> Graph {
        var graph = Graph()
        graph.inputs = [Port("x", TensorType(.f32, shape))]
        for (name, constant) in constants { graph.constants[name] = constant }
        graph.nodes = nodes
        graph.outputs = outputs
        try graph.inferTypes()
        return graph
    }

    private func codes(_ dtype: DType, _ shape: Int...) throws -> Constant {
        let count = shape.reduce(1, *)
        return try Constant(dtype, shape, bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) })
    }

    private func dynamic(_ part: String, bias: Bool, weights: String = "w") -> [Node] {
        [
            Node("MatMulInteger", name: part + ".p", inputs: ["q", weights, "z", "wz"], outputs: [part + "i"]),
            Node(
                "Cast", name: part + ".c", inputs: [part + "i"], outputs: [part + "f"], attributes: ["to": .dtype(.f32)]
            ),
            Node("Mul", name: part + ".s", inputs: ["s", "ws"], outputs: [part + "u"]),
            Node(
                "Mul", name: part + ".m", inputs: [part + "f", part + "u"], outputs: [bias ? part + "m" : part + "y"]),
        ] + (bias ? [Node("Add", name: part + ".a", inputs: [part + "m", "b"], outputs: [part + "y"])] : [])
    }

    private func dynamicConstants() throws -> [String: Constant] {
        [
            "w": try codes(.i8, 8, 5), "wz": try codes(.i8, 5),
            "ws": try Constant(floats: [1, 2, 3, 4, 5], shape: [5]),
            "b": try Constant(floats: [0, 1, 2, 3, 4], shape: [5]),
            "other": try Constant(.i8, [8, 5], bytes: [UInt8](repeating: 3, count: 40)),
        ]
    }

    private let quantize = Node("DynamicQuantizeLinear", name: "range", inputs: ["x"], outputs: ["q", "s", "z"])

    @Test(arguments: [false, true]) func dynamicProducts(bias: Bool) throws {
        let before = try graph(
            ["batch", 8], try dynamicConstants(), [quantize] + dynamic("", bias: bias))
        let (after, records) = try PassPipeline.standard.run(before)
        #expect(after.operators == ["DynamicQuantizeMatMul"])
        #expect(after.nodes[0].inputs == ["x", "w", "ws", "wz"] + (bias ? ["b"] : []))
        #expect(records.contains { $0.pass == "fuse-dynamic-product" })
    }

    @Test func sharedCodesAreMadeOnce() throws {
        let before = try graph(
            ["batch", 8], try dynamicConstants(),
            [quantize] + dynamic("a", bias: true) + dynamic("b", bias: false, weights: "other"), outputs: ["ay", "by"])
        let after = try PassPipeline.standard.run(before).graph
        #expect(after.operators == ["DynamicQuantizeLinear", "MatMulIntegerToFloat", "MatMulIntegerToFloat"])
    }

    @Test func sumsThatAreReadStay() throws {
        let before = try graph(
            ["batch", 8], try dynamicConstants(), [quantize] + dynamic("", bias: false), outputs: ["y", "i"])
        #expect(try PassPipeline.standard.run(before).graph.operators.contains("MatMulInteger"))
    }

    private func pairs(_ op: String, relu: Bool = false, zero: UInt8 = 0, axis: Int = 1) throws -> Graph {
        let isConv = op == "Conv"
        var nodes = [
            Node("QuantizeLinear", name: "q", inputs: ["x", "s", "z"], outputs: ["q"]),
            Node("DequantizeLinear", name: "d", inputs: ["q", "s", "z"], outputs: ["d"]),
            Node(
                "DequantizeLinear", name: "w", inputs: ["w", "ws", "wz"], outputs: ["wd"],
                attributes: ["axis": .int(axis)]),
            Node(op, name: "product", inputs: ["d", "wd"], outputs: ["p"]),
        ]
        if relu { nodes.append(Node("Relu", name: "relu", inputs: ["p"], outputs: ["r"])) }
        nodes += [
            Node("QuantizeLinear", name: "yq", inputs: [relu ? "r" : "p", "ys", "yz"], outputs: ["yq"]),
            Node("DequantizeLinear", name: "yd", inputs: ["yq", "ys", "yz"], outputs: ["y"]),
        ]
        let shape = isConv ? [6, 8, 3] : [8, 6]
        let constants: [String: Constant] = [
            "s": try Constant(floats: [0.1], shape: []), "z": try Constant(.u8, [], bytes: [9]),
            "w": try Constant(.i8, shape, bytes: [UInt8](repeating: 3, count: shape.reduce(1, *))),
            "ws": try Constant(floats: [1, 2, 3, 4, 5, 6], shape: [6]),
            "wz": try Constant(.i8, [6], bytes: [0, 0, 0, 0, 0, 0]),
            "ys": try Constant(floats: [0.2], shape: []), "yz": try Constant(.u8, [], bytes: [zero]),
        ]
        return try graph(isConv ? ["batch", 8, 10] : ["batch", 8], constants, nodes)
    }

    @Test func productsBetweenCodes() throws {
        let after = try PassPipeline.standard.run(try pairs("MatMul")).graph
        #expect(after.operators == ["QuantizeLinear", "QLinearMatMul", "DequantizeLinear"])
        #expect(after.node("QLinearMatMul")?.inputs == ["q", "s", "z", "w", "ws", "wz", "ys", "yz"])
    }

    @Test func convolutionsBetweenCodes() throws {
        let after = try PassPipeline.standard.run(try pairs("Conv", relu: true, axis: 0)).graph
        #expect(after.operators == ["QuantizeLinear", "QLinearConv", "DequantizeLinear"])
    }

    @Test func reluStaysWhereNegativeNumbersHaveCodes() throws {
        let after = try PassPipeline.standard.run(try pairs("Conv", relu: true, zero: 1, axis: 0)).graph
        #expect(after.node("Conv")?.attributes["activation"] == .string("relu"))
    }
}
