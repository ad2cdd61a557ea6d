import CPackKernels
import PackCore
import PackGraph
import PackPlanner
import PackRuntime
import Testing

/// What is computed from weights alone is computed once, and stays right through requests of all shapes.
@Suite struct FixedStepTests {
    private static let (depth, width) = (40, 37)

    /// y = relu(x) · exp(w), twice: products with a matrix that a step makes after one that depends on the request.
    private func graph() throws -> Graph {
        let weights = (0..<Self.depth * Self.width).map { Float($0 * 29 % 101) / 101 - 0.5 }
        var graph = Graph()
        graph.inputs = [Port("x", TensorType(.f32, [.symbol("rows"), .constant(Self.depth)]))]
        graph.constants["w"] = try Constant(floats: weights, shape: [Self.depth, Self.width])
        graph.nodes = [
            Node("Relu", name: "relu", inputs: ["x"], outputs: ["a"]),
            Node("Exp", name: "exp", inputs: ["w"], outputs: ["e"]),
            Node("MatMul", name: "product", inputs: ["a", "e"], outputs: ["p"]),
            Node("Add", name: "sum", inputs: ["p", "p"], outputs: ["y"]),
        ]
        graph.outputs = ["y"]
        try graph.inferTypes()
        return graph
    }

    @Test(arguments: [1, 3]) func answersRequestsOfAllShapes(threads: Int) throws {
        let graph = try graph()
        let session = try Session(graph, threads: threads)
        for (turn, rows) in [3, 1, 20, 8, 9, 1, 300, 3].enumerated() {
            let x = (0..<rows * Self.depth).map { Float(($0 + 13 * turn) * 17 % 23) / 23 - 0.4 }
            let wanted = try Evaluator.run(graph, ["x": Tensor([rows, Self.depth], floats: x)])
            let expected = try #require(wanted["y"])
            let found = try session.answer([TensorValue(.f32, [rows, Self.depth], x.map(Double.init))])
            let values = TensorValue(.f32, expected.shape, expected.floats.map { Double($0) })
            #expect(found[0].isClose(to: values, 1e-5), "\(rows) rows")
        }
    }

    @Test func refusesWhatCannotStayTheSame() throws {
        let image = try Planner.draft(
            graph(), storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors)
        ).makeImage()
        let bytes = withExtendedLifetime(image) { Array(image.bytes) }
        let flags = try flags(bytes)
        // Values whose extents a request decides, and one that its step would have to measure.
        for (name, value) in [("a", UInt8(2)), ("y", 2), ("e", 3)] {
            var changed = bytes
            changed[try #require(flags[name])] = value
            #expect(throws: RuntimeError.self) { try open(resealed(changed)) }
        }
        try open(bytes)
    }

    private func open(_ bytes: [UInt8]) throws(RuntimeError) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        _ = try Session(plan: UnsafeRawBufferPointer(memory), threads: 1)
    }

    /// Where the flags of values lie in the file, by the values' names.
    private func flags(_ bytes: [UInt8]) throws -> [String: Int] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        let view = try PlanView(UnsafeRawBufferPointer(memory))
        let records = try #require(UnsafeRawPointer(view.values.baseAddress))
        let first = try records - #require(UnsafeRawPointer(memory.baseAddress))
        let inRecord = try #require(MemoryLayout<pack_plan_value>.offset(of: \.flags))
        var places: [String: Int] = [:]
        for (index, value) in view.values.enumerated() {
            let name = String(decoding: view.string(value.name), as: UTF8.self)
            places[name] = first + index * MemoryLayout<pack_plan_value>.stride + inRecord
        }
        return places
    }
}
