import PackCore
import PackGraph
import PackPlanner
import PackRuntime
import Testing

/// Attributes and shapes that make no sense are refused by the shape rules, and by the runtime where a plan holds them; nothing
/// traps, and no memory is taken because a file says so.
@Suite struct HostileOperatorTests {
    private func infer(
        _ op: String, _ shapes: [[Int]], _ attributes: [String: Attribute] = [:], lists: [Int: [Int]] = [:]
    ) throws {
        var graph = Graph()
        var names: [String] = []
        for (index, shape) in shapes.enumerated() {
            names.append("x\(index)")
            if let list = lists[index] {
                graph.constants["x\(index)"] = try Constant(integers: list, shape: [list.count])
            } else {
                graph.inputs.append(Port("x\(index)", TensorType(.f32, shape.map { .constant($0) })))
            }
        }
        graph.nodes = [Node(op, name: "n", inputs: names, outputs: ["y"], attributes: attributes)]
        graph.outputs = ["y"]
        try graph.inferTypes()
        _ = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors))
    }

    private static let image = [1, 4, 8, 8]
    private static let weights = [6, 4, 3, 3]

    @Test func acceptsWhatIsRight() throws {
        try infer("Conv", [Self.image, Self.weights])
        try infer("MaxPool", [Self.image], ["kernel_shape": .ints([2, 2])])
    }

    @Test(
        arguments: [
            ["strides": .ints([0, 1])], ["strides": .ints([1])], ["dilations": .ints([1, 0])],
            ["pads": .ints([-1, 0, 0, 0])],
            ["pads": .ints([0, 0])], ["pads": .ints([.max, 0, 0, .max])], ["strides": .ints([.max, 1])],
            ["dilations": .ints([1 << 30, 1 << 30])], ["group": .int(0)], ["group": .int(3)], ["group": .int(.min)],
            ["auto_pad": .string("SOME")], ["kernel_shape": .ints([2, 2])], ["dilations": .ints([4, 4])],
            ["strides": .float(1)],
        ] as [[String: Attribute]])
    func refusesConvolutions(attributes: [String: Attribute]) {
        #expect(throws: GraphError.self) { try infer("Conv", [Self.image, Self.weights], attributes) }
    }

    @Test func refusesShapesOfConvolutions() {
        #expect(throws: GraphError.self) { try infer("Conv", [Self.image, [6, 3, 3, 3]]) }
        #expect(throws: GraphError.self) { try infer("Conv", [Self.image, [6, 4, 3]]) }
        #expect(throws: GraphError.self) { try infer("Conv", [Self.image, [6, 4, 0, 3]]) }
        #expect(throws: GraphError.self) { try infer("Conv", [[1, 4], [6, 4]]) }
        #expect(throws: GraphError.self) { try infer("Conv", [Self.image, Self.weights, [5]]) }
        #expect(throws: GraphError.self) { try infer("Conv", [[1, 1, 2, 2, 2, 2], [1, 1, 1, 1, 1, 1]]) }
        #expect(throws: GraphError.self) { try infer("ConvTranspose", [Self.image, [3, 4, 3, 3]]) }
        #expect(throws: GraphError.self) {
            try infer("ConvTranspose", [Self.image, [4, 4, 3, 3]], ["pads": .ints([90, 0, 0, 0])])
        }
        #expect(throws: GraphError.self) {
            try infer("ConvTranspose", [Self.image, [4, 4, 3, 3]], ["output_shape": .ints([-4, 3])])
        }
    }

    @Test(
        arguments: [
            [:], ["kernel_shape": .ints([0, 2])], ["kernel_shape": .ints([9, 1])], ["kernel_shape": .ints([2])],
            ["kernel_shape": .ints([1 << 40, 1])], ["kernel_shape": .ints([2, 2]), "strides": .ints([0, 0])],
            ["kernel_shape": .ints([2, 2]), "dilations": .ints([8, 1])],
        ] as [[String: Attribute]])
    func refusesPools(attributes: [String: Attribute]) {
        for op in ["MaxPool", "AveragePool", "LpPool"] {
            #expect(throws: GraphError.self) { try infer(op, [Self.image], attributes) }
        }
    }

    @Test func refusesWindowsThatNeedTooMuchMemory() throws {
        let attributes: [String: Attribute] = [
            "kernel_shape": .ints([1 << 20, 1 << 20]), "pads": .ints([1 << 20, 1 << 20, 1 << 20, 1 << 20]),
            "strides": .ints([1 << 24, 1 << 24]),
        ]
        var graph = Graph()
        graph.inputs = [Port("x", TensorType(.f32, [1, 1, 2, 2]))]
        graph.nodes = [Node("MaxPool", name: "n", inputs: ["x"], outputs: ["y"], attributes: attributes)]
        graph.outputs = ["y"]
        try graph.inferTypes()
        let image = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors))
            .makeImage()
        let session = try Session(plan: image.bytes, threads: 1, keeping: image)
        try session.setInputShape(0, [1, 1, 2, 2])
        #expect(throws: RuntimeError.self) { try session.prepare() }
    }

    @Test func refusesImages() {
        #expect(throws: GraphError.self) { try infer("Pad", [[2, 2], []], lists: [1: [0, 0, -3, 0]]) }
        #expect(throws: GraphError.self) { try infer("Pad", [[2, 2], []], lists: [1: [.max, 0, .max, 0]]) }
        #expect(throws: GraphError.self) { try infer("Pad", [[2, 2], []], lists: [1: [0, 0, 0]]) }
        #expect(throws: (any Error).self) {
            try infer("Pad", [[2, 2], []], ["mode": .string("odd")], lists: [1: [0, 0, 0, 0]])
        }
        #expect(throws: GraphError.self) { try infer("DepthToSpace", [[1, 6, 2, 2]], ["blocksize": .int(2)]) }
        #expect(throws: GraphError.self) { try infer("DepthToSpace", [[1, 4, 2, 2]], ["blocksize": .int(0)]) }
        #expect(throws: GraphError.self) { try infer("SpaceToDepth", [[1, 4, 3, 2]], ["blocksize": .int(2)]) }
        #expect(throws: GraphError.self) { try infer("GridSample", [Self.image, [1, 2, 2, 3]]) }
        #expect(throws: GraphError.self) { try infer("LRN", [Self.image], ["size": .int(0)]) }
        #expect(throws: GraphError.self) {
            try infer("GroupNormalization", [Self.image, [4], [4]], ["num_groups": .int(3)])
        }
        #expect(throws: GraphError.self) { try infer("LSTM", [[2, 1, 3], [1, 20, 3], [1, 21, 5]]) }
        #expect(throws: GraphError.self) { try infer("GRU", [[2, 1, 3], [2, 15, 3], [2, 15, 5]]) }
        #expect(throws: GraphError.self) {
            try infer("Col2Im", [[1, 4, 5], [], []], lists: [1: [2, 2], 2: [2, 2]])
        }
    }

    /// Words of plans are changed as no planner writes them.
    @Test func survivesRandomAttributes() throws {
        var random = SplitMix(state: 0xA77)
        let examples = OperatorCaseTests.cases
        for example in examples {
            let image = try Planner.draft(
                example.graph(), storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors)
            ).makeImage()
            let bytes = withExtendedLifetime(image) { Array(image.bytes) }
            for _ in 0..<12 { try? attempt(changed(bytes, &random), example) }
        }
    }

    /// Operands that say shapes, lengths and places are not what they should be.
    @Test func survivesRandomOperands() throws {
        var random = SplitMix(state: 0x0DD)
        let words: [Int64] = [-1, 0, 1, 3, 7, 100, 1 << 31, 1 << 40, .max, .min]
        for example in OperatorCaseTests.cases {
            let image = try Planner.draft(
                example.graph(computed: true), storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors)
            ).makeImage()
            for _ in 0..<8 {
                try? run(image.bytes, example) { dtype, bytes in
                    guard dtype == .i64 || dtype == .i32, !bytes.isEmpty else { return }
                    let size = dtype.size
                    let at = Int.random(in: 0..<bytes.count / size, using: &random) * size
                    let word = words.randomElement(using: &random) ?? 0
                    if size == 8 {
                        bytes.storeBytes(of: word, toByteOffset: at, as: Int64.self)
                    } else {
                        bytes.storeBytes(of: Int32(truncatingIfNeeded: word), toByteOffset: at, as: Int32.self)
                    }
                }
            }
        }
    }

    /// One attribute word replaced, with the checksum made right again.
    private func changed(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        // Sections are listed from byte 56 on; attributes are the eighth.
        let entry = 56 + 7 * 16
        let (offset, count) = bytes.withUnsafeBytes {
            (
                Int($0.loadUnaligned(fromByteOffset: entry, as: UInt64.self)),
                Int($0.loadUnaligned(fromByteOffset: entry + 8, as: UInt64.self))
            )
        }
        guard count > 0 else { return bytes }
        let words: [Int64] = [-1, 0, 1, 2, 3, 5, 16, 1 << 16, (1 << 31) - 1, 1 << 40, .max, .min]
        let word = words.randomElement(using: &random) ?? 0
        let at = offset + Int.random(in: 0..<count, using: &random) * 8
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: word, toByteOffset: at, as: Int64.self) }
        return resealed(bytes)
    }

    private func attempt(_ bytes: [UInt8], _ example: OperatorCase) throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        try run(UnsafeRawBufferPointer(memory), example) { _, _ in }
    }

    private func run(
        _ plan: UnsafeRawBufferPointer, _ example: OperatorCase,
        change: (DType, UnsafeMutableRawBufferPointer) -> Void
    ) throws {
        let session = try Session(plan: plan, threads: 2)
        for input in 0..<session.inputCount {
            try session.setInputShape(input, example.tensor(session.name(ofInput: input)).record.shape)
        }
        try session.prepare()
        for input in 0..<session.inputCount {
            try example.tensor(session.name(ofInput: input)).withBytes {
                session.inputBytes(input).copyMemory(from: $0)
            }
            change(session.inputDType(input), session.inputBytes(input))
        }
        try session.run()
    }
}
