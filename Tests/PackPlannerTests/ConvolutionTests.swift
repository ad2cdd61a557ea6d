import PackCore
import PackGraph
import PackPasses
import PackPlanner
import PackRuntime
import Testing

/// Convolutions and pooling of random shapes give what plain loops in double precision give: blocks of every size, threads,
/// layouts by rows and by planes.
@Suite struct ConvolutionTests {
    private struct Shape {
        var image = [1, 1, 1]
        var kernel = [1, 1, 1]
        var stride = [1, 1, 1]
        var dilation = [1, 1, 1]
        var before = [0, 0, 0]
        var after = [0, 0, 0]
        var rank = 2

        init(_ random: inout SplitMix, largest: Int) {
            rank = Int.random(in: 1...3, using: &random)
            for axis in 3 - rank..<3 {
                image[axis] = Int.random(in: 1...largest, using: &random)
                stride[axis] = Int.random(in: 1...3, using: &random)
                dilation[axis] = Int.random(in: 1...3, using: &random)
                kernel[axis] = Int.random(in: 1...4, using: &random)
                before[axis] = Int.random(in: 0...3, using: &random)
                let missing = (kernel[axis] - 1) * dilation[axis] + 1 - image[axis] - before[axis]
                after[axis] = max(missing, Int.random(in: 0...3, using: &random))
            }
        }

        var output: [Int] {
            (0..<3).map { axis in
                (image[axis] + before[axis] + after[axis] - (kernel[axis] - 1) * dilation[axis] - 1) / stride[axis] + 1
            }
        }

        func own(_ list: [Int]) -> [Int] { Array(list.suffix(rank)) }

        var attributes: [String: Attribute] {
            [
                "kernel_shape": .ints(own(kernel)), "strides": .ints(own(stride)), "dilations": .ints(own(dilation)),
                "pads": .ints(own(before) + own(after)),
            ]
        }

        /// Calls `body` with the output's place, the tap's and the input's, for all taps inside.
        func forEachTap(_ body: (_ output: Int, _ tap: Int, _ input: Int) -> Void) {
            let out = output
            for place in 0..<out[0] * out[1] * out[2] {
                let at = [place / (out[1] * out[2]), place / out[2] % out[1], place % out[2]]
                for tap in 0..<kernel[0] * kernel[1] * kernel[2] {
                    let k = [tap / (kernel[1] * kernel[2]), tap / kernel[2] % kernel[1], tap % kernel[2]]
                    let i = (0..<3).map { at[$0] * stride[$0] + k[$0] * dilation[$0] - before[$0] }
                    guard (0..<3).allSatisfy({ i[$0] >= 0 && i[$0] < image[$0] }) else { continue }
                    body(place, tap, (i[0] * image[1] + i[1]) * image[2] + i[2])
                }
            }
        }
    }

    private func run(
        _ graph: Graph, _ inputs: [[Float]], threads: Int, isa: String?, storage: WeightKind = .f32
    ) throws -> [Float] {
        var graph = graph
        try graph.inferTypes()
        let image = try Planner.draft(graph, storage: WeightStorage(storage), metadata: PlanMetadata(task: .tensors))
            .makeImage()
        let session = try Session(plan: image.bytes, threads: threads, instructionSet: isa, keeping: image)
        for input in 0..<session.inputCount {
            try session.setInputShape(input, graph.inputs[input].type.shape.compactMap(\.constant))
        }
        try session.prepare()
        for input in 0..<session.inputCount {
            inputs[input].withUnsafeBytes { session.inputBytes(input).copyMemory(from: $0) }
        }
        try session.run()
        return session.outputBytes(0).withMemoryRebound(to: Float.self) { Array($0) }
    }

    private func floats(_ count: Int, _ random: inout SplitMix) -> [Float] {
        (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }

    @Test func convolvesAsLoopsDo() throws {
        var random = SplitMix(state: 0xC0)
        for round in 0..<150 {
            let shape = Shape(&random, largest: round % 3 == 0 ? 40 : 12)
            let group = [1, 1, 2, 3, 5].randomElement(using: &random) ?? 1
            let channels = group * (round % 2 == 0 ? 1 : Int.random(in: 1...24, using: &random))
            let outputs = group * Int.random(in: 1...20, using: &random)
            let batch = Int.random(in: 1...2, using: &random)
            let taps = shape.kernel.reduce(1, *)
            let plane = shape.image.reduce(1, *)
            let places = shape.output.reduce(1, *)
            let x = floats(batch * channels * plane, &random)
            let w = floats(outputs * channels / group * taps, &random)
            let b = floats(outputs, &random)
            var graph = Graph()
            graph.inputs = [Port("x", type([batch, channels] + shape.own(shape.image)))]
            graph.constants["w"] = try Constant(
                floats: w, shape: [outputs, channels / group] + shape.own(shape.kernel))
            graph.constants["b"] = try Constant(floats: b, shape: [outputs])
            var attributes = shape.attributes
            attributes["group"] = .int(group)
            if round % 4 == 0 { attributes["activation"] = .string("relu") }
            graph.nodes = [Node("Conv", name: "c", inputs: ["x", "w", "b"], outputs: ["y"], attributes: attributes)]
            graph.outputs = ["y"]
            var expected = [Double](repeating: 0, count: batch * outputs * places)
            shape.forEachTap { output, tap, input in
                for unit in 0..<batch * outputs {
                    let first = unit % outputs / (outputs / group) * (channels / group)
                    for channel in 0..<channels / group {
                        let image = (unit / outputs * channels + first + channel) * plane
                        let weight = w[(unit % outputs * (channels / group) + channel) * taps + tap]
                        expected[unit * places + output] += Double(weight) * Double(x[image + input])
                    }
                }
            }
            for index in expected.indices {
                expected[index] += Double(b[index / places % outputs])
                if round % 4 == 0 { expected[index] = max(expected[index], 0) }
            }
            for (threads, isa) in [(1, nil), (3, nil), (1, "portable")] as [(Int, String?)] {
                let found = try run(graph, [x], threads: threads, isa: isa)
                let worst = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
                #expect(found.count == expected.count && worst < 1e-4, "round \(round): \(shape), off by \(worst)")
            }
        }
    }

    @Test func poolsAsLoopsDo() throws {
        var random = SplitMix(state: 0xB0)
        for round in 0..<100 {
            let shape = Shape(&random, largest: round % 4 == 0 ? 60 : 12)
            let plane = shape.image.reduce(1, *)
            let places = shape.output.reduce(1, *)
            let x = floats(2 * plane, &random)
            let op = ["MaxPool", "AveragePool", "LpPool"][round % 3]
            var graph = Graph()
            graph.inputs = [Port("x", type([1, 2] + shape.own(shape.image)))]
            graph.nodes = [Node(op, name: "p", inputs: ["x"], outputs: ["y"], attributes: shape.attributes)]
            graph.outputs = ["y"]
            var expected = [Double](repeating: op == "MaxPool" ? -.infinity : 0, count: 2 * places)
            var counts = [Double](repeating: 0, count: 2 * places)
            shape.forEachTap { output, _, input in
                for channel in 0..<2 {
                    let (value, at) = (Double(x[channel * plane + input]), channel * places + output)
                    counts[at] += 1
                    switch op {
                    case "MaxPool": expected[at] = max(expected[at], value)
                    case "AveragePool": expected[at] += value
                    default: expected[at] += value * value
                    }
                }
            }
            if op == "AveragePool" { for i in expected.indices { expected[i] /= counts[i] } }
            if op == "LpPool" { for i in expected.indices { expected[i] = expected[i].squareRoot() } }
            for threads in [1, 3] {
                let found = try run(graph, [x], threads: threads, isa: nil)
                let same = zip(found, expected).allSatisfy {
                    Double($0) == $1 || abs(Double($0) - $1) < 1e-5 || ($0.isNaN && $1.isNaN)
                }
                #expect(found.count == expected.count && same, "round \(round): \(op) \(shape)")
            }
        }
    }

    @Test func activationsAreAppliedByConvolutions() throws {
        var random = SplitMix(state: 0xAC)
        let (x, w) = (floats(2 * 3 * 36, &random), floats(4 * 3 * 9, &random))
        for op in ["Conv", "ConvTranspose"] {
            var graph = Graph()
            graph.inputs = [Port("x", type([2, 3, 6, 6]))]
            graph.constants["w"] = try Constant(floats: w, shape: op == "Conv" ? [4, 3, 3, 3] : [3, 4, 3, 3])
            graph.nodes = [
                Node(op, name: "c", inputs: ["x", "w"], outputs: ["z"]),
                Node("Relu", name: "r", inputs: ["z"], outputs: ["y"]),
            ]
            graph.outputs = ["y"]
            try graph.inferTypes()
            let fused = try PassPipeline.standard.run(graph).graph
            #expect(fused.nodes.map(\.op) == [op])
            let found = try run(fused, [x], threads: 2, isa: nil)
            #expect(try run(graph, [x], threads: 1, isa: nil) == found)
            #expect(found.contains(0) && found.contains { $0 > 0 })
        }
    }

    /// Weights of few bits give what the numbers give that are left of them.
    @Test(arguments: [WeightKind.f16, .int8, .int4]) func weightsAreRestored(kind: WeightKind) throws {
        var random = SplitMix(state: 0xF6)
        // Products over patches, over the image as it lies and over strips; tap by tap, pooled and in groups.
        for (channels, outputs, kernel, group, pool) in [
            (64, 40, 1, 1, false), (1024, 7, 1, 1, false), (24, 33, 3, 1, false), (8, 5, 3, 1, false),
            (8, 5, 3, 1, true), (96, 6, 3, 2, false), (3, 3, 3, 1, false),
        ] {
            let shape = [outputs, channels / group, kernel, kernel]
            let columns = channels / group * kernel * kernel
            let w = floats(outputs * columns, &random)
            var graph = Graph()
            graph.inputs = [Port("x", type([2, channels, 11, 9]))]
            graph.constants["w"] = try Constant(floats: w, shape: shape)
            graph.constants["b"] = try Constant(floats: floats(outputs, &random), shape: [outputs])
            var attributes: [String: Attribute] = ["group": .int(group)]
            if pool { attributes["pool_kernel"] = .ints([2, 2]) }
            graph.nodes = [Node("Conv", name: "c", inputs: ["x", "w", "b"], outputs: ["y"], attributes: attributes)]
            graph.outputs = ["y"]
            let x = floats(2 * channels * 99, &random)
            var restored = graph
            let isStored = columns >= 32
            restored.constants["w"] = try Constant(
                floats: isStored ? kind.restored(w, rows: outputs, columns: columns, isTable: true) : w, shape: shape)
            let expected = try run(restored, [x], threads: 1, isa: nil)
            for (threads, isa) in [(1, nil), (3, nil), (1, "portable")] as [(Int, String?)] {
                let found = try run(graph, [x], threads: threads, isa: isa, storage: kind)
                let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
                #expect(found.count == expected.count && worst < 1e-3, "\(channels) \(kernel): off by \(worst)")
            }
        }
    }

    /// Results that are pooled where they are computed are those of two steps.
    @Test func convolutionsPoolAsTwoStepsDo() throws {
        var random = SplitMix(state: 0xB1)
        for round in 0..<120 {
            var shape = Shape(&random, largest: round % 3 == 0 ? 70 : 16)
            while shape.rank != 2 || shape.kernel[1] < 2 { shape = Shape(&random, largest: round % 3 == 0 ? 70 : 16) }
            let channels = Int.random(in: 1...max(1, 72 / shape.kernel.reduce(1, *)), using: &random)
            let group = round % 5 == 0 ? channels : 1
            let outputs = group * Int.random(in: 1...9, using: &random)
            let kernel = (0..<2).map { _ in Int.random(in: 1...3, using: &random) }
            let strides = kernel.map { $0 + Int.random(in: 0...2, using: &random) }
            var graph = Graph()
            graph.inputs = [Port("x", type([2, channels] + shape.own(shape.image)))]
            let weights = [outputs, channels / group] + shape.own(shape.kernel)
            graph.constants["w"] = try Constant(floats: floats(weights.reduce(1, *), &random), shape: weights)
            graph.constants["b"] = try Constant(floats: floats(outputs, &random), shape: [outputs])
            var attributes = shape.attributes
            attributes["group"] = .int(group)
            graph.nodes = [
                Node("Conv", name: "c", inputs: ["x", "w", "b"], outputs: ["y"], attributes: attributes),
                Node(["Relu", "HardSwish", "Identity"][round % 3], name: "a", inputs: ["y"], outputs: ["z"]),
                Node(
                    "MaxPool", name: "p", inputs: ["z"], outputs: ["o"],
                    attributes: ["kernel_shape": .ints(kernel), "strides": .ints(strides)]),
            ]
            graph.outputs = ["o"]
            guard zip(shape.output.suffix(2), kernel).allSatisfy({ $0 >= $1 }) else { continue }
            try graph.inferTypes()
            let fused = try PassPipeline.standard.run(graph).graph
            #expect(fused.nodes.map(\.op) == ["Conv"])
            let x = floats(2 * channels * shape.image.reduce(1, *), &random)
            let expected = try run(graph, [x], threads: 1, isa: nil)
            for (threads, isa) in [(1, nil), (3, nil), (1, "portable")] as [(Int, String?)] {
                let found = try run(fused, [x], threads: threads, isa: isa)
                let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
                #expect(found.count == expected.count && worst < 1e-4, "round \(round): \(shape), off by \(worst)")
            }
        }
    }

    /// Windows that overlap or are padded, sums that are too long and results that something else reads stay two steps.
    @Test func otherPoolsStay() throws {
        func operators(
            _ attributes: [String: Attribute], channels: Int = 3, conv: [String: Attribute] = [:],
            outputs: [String] = ["o"]
        ) throws -> [String] {
            var graph = Graph()
            graph.inputs = [Port("x", type([1, channels, 12, 12]))]
            let count = 4 * channels * 9
            graph.constants["w"] = try Constant(
                floats: [Float](repeating: 1, count: count), shape: [4, channels, 3, 3])
            graph.nodes = [
                Node("Conv", name: "c", inputs: ["x", "w"], outputs: ["y"], attributes: conv),
                Node("MaxPool", name: "p", inputs: ["y"], outputs: ["o"], attributes: attributes),
            ]
            graph.outputs = outputs
            try graph.inferTypes()
            return try PassPipeline.standard.run(graph).graph.nodes.map(\.op)
        }
        let plain: [String: Attribute] = ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])]
        #expect(try operators(plain) == ["Conv"])
        #expect(try operators(plain, channels: 9) == ["Conv", "MaxPool"])
        #expect(try operators(plain, outputs: ["o", "y"]) == ["Conv", "MaxPool"])
        #expect(try operators(plain, conv: ["auto_pad": .string("SAME_UPPER")]) == ["Conv", "MaxPool"])
        for (name, value) in [
            ("strides", .ints([1, 2])), ("pads", .ints([0, 1, 0, 0])), ("dilations", .ints([1, 2])),
            ("ceil_mode", .int(1)), ("strides", .ints([2, 17])),
        ] as [(String, Attribute)] {
            #expect(try operators(plain.merging([name: value]) { $1 }) == ["Conv", "MaxPool"])
        }
    }

    private func type(_ shape: [Int]) -> TensorType { TensorType(.f32, shape.map { .constant($0) }) }
}
