import CPackKernels
import PackCore
import PackGraph
import PackPasses
import PackPlanner
import PackRuntime
import Testing

/// Loops whose turns only a request tells.
@Suite struct LoopTests {
    private static let x = TensorValue(.f32, [2, 3], [1, 2, 3, 4, 5, 6])

    /// `turns` times: (a, b) = (b + e, a · 2), where e = x², from (x, −x); then a, b, and a + e.
    private func swapping() throws -> Graph {
        var graph = Graph()
        graph.inputs = [Port("x", TensorType(.f32, ["n", 3])), Port("turns", TensorType(.i64, []))]
        graph.constants["yes"] = try Constant(.bool, [1], bytes: [1])
        graph.constants["two"] = try Constant(floats: [2], shape: [])
        let loop: [String: Attribute] = ["loop": .int(1)]
        graph.nodes = [
            Node("Mul", name: "square", inputs: ["x", "x"], outputs: ["e"]),
            Node("Neg", name: "negative", inputs: ["x"], outputs: ["m"]),
            Node(
                "LoopBegin", name: "begin", inputs: ["turns", "", "x", "m"], outputs: ["i", "c", "a", "b"],
                attributes: loop),
            Node("Exp", name: "unused", inputs: ["a"], outputs: ["noise"]),
            Node("Mul", name: "doubled", inputs: ["a", "two"], outputs: ["b2"]),
            Node("Add", name: "sum", inputs: ["b", "e"], outputs: ["a2"]),
            Node(
                "LoopEnd", name: "end", inputs: ["turns", "i", "c", "yes", "a", "b", "a2", "b2"],
                outputs: ["p", "q"], attributes: loop),
            Node("Add", name: "last", inputs: ["p", "e"], outputs: ["r"]),
        ]
        graph.outputs = ["p", "q", "r"]
        try graph.inferTypes()
        return graph
    }

    private func expected(_ turns: Int) -> [TensorValue] {
        var (a, b) = (Self.x.numbers, Self.x.numbers.map { -$0 })
        let e = Self.x.numbers.map { $0 * $0 }
        for _ in 0..<max(turns, 0) { (a, b) = (zip(b, e).map { $0 + $1 }, a.map { $0 * 2 }) }
        return [a, b, zip(a, e).map { $0 + $1 }].map { TensorValue(.f32, [2, 3], $0) }
    }

    @Test func turnsAsOftenAsARequestSays() throws {
        let graph = try swapping()
        for graph in [graph, try PassPipeline.standard.run(graph).graph] {
            let session = try Session(graph)
            for turns in [3, 0, 1, 10, -5] {
                let answer = try session.answer([Self.x, TensorValue(.i64, [], [Double(turns)])])
                #expect(answer == expected(turns), "\(turns) turns")
            }
        }
    }

    /// Doubles x while its sum is below a limit, in a loop in a loop that turns twice.
    @Test func endsByConditionsAndNests() throws {
        var graph = Graph()
        graph.inputs = [Port("x", TensorType(.f32, [2])), Port("limit", TensorType(.f32, [1]))]
        graph.constants["yes"] = try Constant(.bool, [], bytes: [1])
        graph.constants["one"] = try Constant(floats: [1], shape: [])
        graph.constants["twice"] = try Constant(integers: [2], shape: [])
        graph.nodes = [
            Node(
                "LoopBegin", name: "begin", inputs: ["twice", "", "x"], outputs: ["i", "c", "v"],
                attributes: ["loop": .int(1)]),
            Node(
                "LoopBegin", name: "inner", inputs: ["", "yes", "v"], outputs: ["j", "d", "u"],
                attributes: ["loop": .int(2)]),
            Node("Add", name: "double", inputs: ["u", "u"], outputs: ["u2"]),
            Node("ReduceSum", name: "sum", inputs: ["u2"], outputs: ["s"], attributes: ["keepdims": .int(0)]),
            Node("Less", name: "below", inputs: ["s", "limit"], outputs: ["on"]),
            Node(
                "LoopEnd", name: "outer", inputs: ["", "j", "d", "on", "u", "u2"], outputs: ["w"],
                attributes: ["loop": .int(2)]),
            Node("Sub", name: "less", inputs: ["w", "one"], outputs: ["v2"]),
            Node(
                "LoopEnd", name: "end", inputs: ["twice", "i", "c", "yes", "v", "v2"], outputs: ["y"],
                attributes: ["loop": .int(1)]),
        ]
        graph.outputs = ["y"]
        try graph.inferTypes()
        // 1, 2 → 2, 4 → 4, 8 → 3, 7 → 6, 14 → 5, 13.
        let answer = try Session(graph).answer([TensorValue(.f32, [2], [1, 2]), TensorValue(.f32, [1], [12])])
        #expect(answer == [TensorValue(.f32, [2], [5, 13])])
    }

    @Test func refusesLoopsThatNeverEnd() throws {
        var graph = try swapping()
        graph.nodes[2].inputs[0] = ""
        graph.nodes[6].inputs[0] = ""
        let session = try Session(graph)
        session.turnLimit = 1000
        #expect(throws: RuntimeError.self) { try session.answer([Self.x, TensorValue(.i64, [], [1])]) }
    }

    @Test func refusesWhatChangesItsShape() throws {
        var graph = try swapping()
        graph.nodes[5] = Node(
            "Concat", name: "sum", inputs: ["b", "e"], outputs: ["a2"], attributes: ["axis": .int(0)])
        graph.types = [:]
        #expect(throws: GraphError.self) { try graph.inferTypes() }
    }

    @Test func refusesExtentsThatDataTellInLoops() throws {
        var graph = try swapping()
        graph.nodes.insert(Node("NonZero", name: "places", inputs: ["a"], outputs: ["places"]), at: 3)
        graph.nodes.insert(
            Node("ReduceSum", name: "count", inputs: ["places"], outputs: ["count"], attributes: ["keepdims": .int(0)]),
            at: 4)
        graph.nodes.insert(
            Node("Cast", name: "float", inputs: ["count"], outputs: ["two"], attributes: ["to": .int(1)]), at: 5)
        graph.constants["two"] = nil
        try graph.inferTypes()
        #expect(throws: PlannerError.self) { try Session(graph) }
    }

    /// The ends of a loop must name each other: other steps are refused before anything runs.
    @Test func refusesPlansWhoseLoopsLeadElsewhere() throws {
        let image = try Planner.draft(swapping(), storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors))
            .makeImage()
        let bytes = withExtendedLifetime(image) { Array(image.bytes) }
        let view = try PlanView(image.bytes)
        let base = try #require(image.bytes.baseAddress)
        let words = try #require(UnsafeRawPointer(view.attributes.baseAddress))
        for (index, step) in view.steps.enumerated() {
            let isBegin = step.op == PACK_OP_LoopBegin.rawValue
            guard isBegin || step.op == PACK_OP_LoopEnd.rawValue else { continue }
            let place = words - base + Int(step.first_attribute) * 8
            for value in [Int64(index), Int64(view.steps.count), .max, .min, -2, isBegin ? 0 : -1] {
                var changed = bytes
                changed.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: place, as: Int64.self) }
                let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
                defer { memory.deallocate() }
                memory.copyBytes(from: resealed(changed))
                #expect(throws: PlanError.self, "\(value) in step \(index)") {
                    try PlanView(UnsafeRawBufferPointer(memory))
                }
            }
        }
        withExtendedLifetime(image) {}
    }
}
