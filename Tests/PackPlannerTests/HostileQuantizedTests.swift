import PackCore
import PackGraph
import PackPlanner
import PackRuntime
import Testing

/// Quantized operators refuse operands that do not belong together, and take any scale without a trap.
@Suite struct HostileQuantizedTests {
    private func graph(
        _ op: String, _ operands: [(DType, [Int])], _ attributes: [String: Attribute] = [:], constants: [Int] = []
    ) throws -> Graph {
        var graph = Graph()
        for (index, (dtype, shape)) in operands.enumerated() {
            let name = "v\(index)"
            if constants.contains(index) {
                let bytes = [UInt8](repeating: 0x80, count: shape.reduce(1, *) * dtype.size)
                graph.constants[name] = try Constant(dtype, shape, bytes: bytes)
            } else {
                graph.inputs.append(Port(name, TensorType(dtype, shape.map { .constant($0) })))
            }
        }
        graph.nodes = [
            Node(op, name: op, inputs: operands.indices.map { "v\($0)" }, outputs: ["y"], attributes: attributes)
        ]
        graph.outputs = ["y"]
        try graph.inferTypes()
        return graph
    }

    private func refused(
        _ op: String, _ operands: [(DType, [Int])], _ attributes: [String: Attribute] = [:]
    ) -> Bool {
        do { _ = try graph(op, operands, attributes) } catch { return error is GraphError }
        return false
    }

    @Test func operandsThatDoNotSuit() {
        #expect(refused("QuantizeLinear", [(.f32, [4, 6]), (.f32, [5])], ["axis": .int(1)]))
        #expect(refused("QuantizeLinear", [(.f32, [4, 6]), (.f32, [6])], ["axis": .int(2)]))
        #expect(refused("QuantizeLinear", [(.f32, [4, 6]), (.f32, [6])], ["axis": .int(.min)]))
        #expect(
            refused("QuantizeLinear", [(.f32, [4, 6]), (.f32, [4, 2])], ["axis": .int(1), "block_size": .int(2)]))
        #expect(
            refused("QuantizeLinear", [(.f32, [4, 6]), (.f32, [4, 2])], ["axis": .int(1), "block_size": .int(-1)]))
        #expect(refused("QuantizeLinear", [(.f32, [4, 6]), (.f32, []), (.i64, [])]))
        #expect(refused("DequantizeLinear", [(.u8, [4]), (.f32, []), (.i8, [])]))
        #expect(refused("DequantizeLinear", [(.i64, [4]), (.f32, [])]))
        #expect(refused("BitCast", [(.f32, [4])], ["to": .dtype(.i64)]))
        #expect(refused("BitCast", [(.i4, [4])], ["to": .dtype(.u8)]))
        #expect(refused("MatMulInteger", [(.u8, [4, 3]), (.i8, [4, 3])]))
        #expect(refused("MatMulInteger", [(.u8, [4, 3]), (.f32, [3, 3])]))
        #expect(refused("ConvInteger", [(.u8, [1, 4, 9]), (.i8, [6, 3, 2])]))
        #expect(refused("ConvInteger", [(.u8, [1, 4, 9]), (.i8, [6, 4, 2])], ["group": .int(0)]))
    }

    private func outputs(_ graph: Graph, _ inputs: [[UInt8]]) throws -> [UInt8] {
        let image = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors))
            .makeImage()
        let session = try Session(plan: image.bytes, threads: 1, keeping: image)
        for (index, port) in graph.inputs.enumerated() {
            try session.setInputShape(index, port.type.shape.compactMap(\.constant))
        }
        try session.prepare()
        for (index, bytes) in inputs.enumerated() { session.inputBytes(index).copyBytes(from: bytes) }
        try session.run()
        return Array(session.outputBytes(0))
    }

    private func bytes(_ values: Float...) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    @Test(arguments: [0, -1, .infinity, .nan, .leastNonzeroMagnitude] as [Float]) func anyScale(scale: Float) throws {
        let numbers = bytes(-.infinity, -1, 0, 1, .infinity, .nan)
        let codes = try outputs(try graph("QuantizeLinear", [(.f32, [6]), (.f32, [])]), [numbers, bytes(scale)])
        #expect(codes.count == 6)
        let product = try graph(
            "QLinearMatMul",
            [
                (.u8, [2, 3]), (.f32, []), (.u8, []), (.i8, [3, 2]), (.f32, []), (.i8, []), (.f32, []), (.u8, []),
            ], constants: [3])
        let zeros = [UInt8](repeating: 0, count: 1)
        #expect(
            try outputs(product, [[1, 2, 3, 4, 5, 6], bytes(scale), zeros, bytes(scale), zeros, bytes(scale), zeros])
                .count
                == 4)
    }

    /// A list of scales whose count only running tells.
    @Test func countsThatDoNotMatchAtRunTime() throws {
        var graph = Graph()
        graph.inputs = [Port("x", TensorType(.f32, ["rows", 4])), Port("s", TensorType(.f32, ["scales"]))]
        graph.nodes = [
            Node("QuantizeLinear", name: "q", inputs: ["x", "s"], outputs: ["y"], attributes: ["axis": .int(0)])
        ]
        graph.outputs = ["y"]
        do { try graph.inferTypes() } catch { return }
        let image = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors))
            .makeImage()
        let session = try Session(plan: image.bytes, threads: 1, keeping: image)
        try session.setInputShape(0, [3, 4])
        try session.setInputShape(1, [2])
        #expect(throws: RuntimeError.self) { try session.prepare() }
    }
}
