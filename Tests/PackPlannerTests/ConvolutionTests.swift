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

    private func run(_ graph: Graph, _ inputs: [[Float]], threads: Int, isa: String?) throws -> [Float] {
        var graph = graph
        try graph.inferTypes()
        let image = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: PlanMetadata(task: .tensors))
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

    private func type(_ shape: [Int]) -> TensorType { TensorType(.f32, shape.map { .constant($0) }) }
}
