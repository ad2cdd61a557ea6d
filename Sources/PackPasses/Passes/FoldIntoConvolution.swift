import PackCore
import PackGraph

extension Pass {
    /// Factors and terms of each channel behind a convolution, and batch normalization, become part of its weights and bias.
    static let foldIntoConvolution = Pass(
        "fold-into-convolution", "Put batch normalization, factors and terms into the weights of convolutions",
        at: ["BatchNormalization", "Mul", "Div", "Add", "Sub"]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        for (value, operand) in node.op == "BatchNormalization" ? [(node.inputs[0], "")] : rewriter.orders(node) {
            guard let convolution = rewriter.foldable(value),
                let line = try rewriter.line(node, value, operand, count: convolution.outputs)
            else { continue }
            return try rewriter.fold(line, into: convolution, slot, node)
        }
        return nil
    }

    /// Zeros around the image that a convolution reads.
    static let foldPad = Pass(
        "fold-pad", "Let convolutions pad what they read", at: ["Conv"]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard let source = node.input(0), let (below, pad) = rewriter.maker(source, "Pad"),
            rewriter.useCount(source) == 1,
            let rank = rewriter.shape(source)?.count, rank > 2, let more = try rewriter.zeroPadding(pad, rank: rank),
            ["NOTSET", "VALID"].contains(try node.string("auto_pad", default: "NOTSET"))
        else { return nil }
        let own = try node.ints("pads") ?? Array(repeating: 0, count: 2 * (rank - 2))
        guard own.count == 2 * (rank - 2) else { return nil }
        var fused = node
        fused.inputs[0] = pad.inputs[0]
        fused.attributes["auto_pad"] = nil
        fused.attributes["pads"] = .ints(zip(own, more).map { $0 + $1 })
        var patch = Patch(node.name, slot, fused)
        patch.removed = [below]
        return patch
    }
}

/// A convolution with constant weights whose result nothing else reads.
private struct Foldable {
    var slot: Int
    var node: Node
    var weights: Constant
    /// The bias of each output; empty where there is none.
    var bias: [Float]
    /// Along which axis of the weights the outputs lie, and how many there are.
    var axis: Int
    var outputs: Int
}

/// For each channel x · scale + shift.
private struct ChannelLine {
    var scale: [Double]
    var shift: [Double]
}

extension Rewriter {
    fileprivate func foldable(_ value: String) -> Foldable? {
        guard let (slot, node) = openConvolution(value), let name = node.input(1), useCount(name) == 1,
            let weights = graph.constants[name], weights.dtype == .f32, weights.shape.count > 2,
            (try? node.string("activation", default: "none")) == "none"
        else { return nil }
        let axis = node.op == "Conv" ? 0 : 1
        guard axis == 0 || (try? node.int("group", default: 1)) == 1 else { return nil }
        var bias: [Float] = []
        if let name = node.input(2) {
            guard let constant = graph.constants[name], constant.dtype == .f32, let floats = try? constant.floats()
            else {
                return nil
            }
            bias = floats
        }
        let outputs = weights.shape[axis]
        guard bias.isEmpty || bias.count == outputs else { return nil }
        return Foldable(slot: slot, node: node, weights: weights, bias: bias, axis: axis, outputs: outputs)
    }

    /// What a node makes of each channel of a value.
    fileprivate func line(
        _ node: Node, _ value: String, _ operand: String, count: Int
    ) throws(GraphError) -> ChannelLine? {
        if node.op == "BatchNormalization" { return try normalization(node, count) }
        guard shape(node.outputs[0]) == shape(value), let numbers = channels(operand, count, rank: shape(value)?.count)
        else { return nil }
        let isFirst = node.inputs[0] == value
        let (ones, zeros) = (Array(repeating: 1.0, count: count), Array(repeating: 0.0, count: count))
        switch node.op {
        case "Mul": return ChannelLine(scale: numbers, shift: zeros)
        case "Add": return ChannelLine(scale: ones, shift: numbers)
        case "Div": return isFirst ? ChannelLine(scale: numbers.map { 1 / $0 }, shift: zeros) : nil
        default:
            return isFirst
                ? ChannelLine(scale: ones, shift: numbers.map { -$0 })
                : ChannelLine(scale: ones.map { -$0 }, shift: numbers)
        }
    }

    private func normalization(_ node: Node, _ count: Int) throws(GraphError) -> ChannelLine? {
        var lists: [[Double]] = []
        for index in 1..<5 {
            guard let name = node.input(index), let constant = graph.constants[name], constant.dtype == .f32,
                constant.shape == [count]
            else { return nil }
            lists.append(try constant.floats().map { Double($0) })
        }
        guard node.outputs.count == 1, try node.int("training_mode", default: 0) == 0 else { return nil }
        let epsilon = Double(try node.float("epsilon", default: 1e-5))
        let scale = zip(lists[0], lists[3]).map { $0 / ($1 + epsilon).squareRoot() }
        return ChannelLine(scale: scale, shift: zip(zip(lists[1], lists[2]), scale).map { $0.0 - $0.1 * $1 })
    }

    /// A constant that has one number for each channel (axis 1) of a value, or one for all.
    private func channels(_ name: String, _ count: Int, rank: Int?) -> [Double]? {
        guard let rank, let constant = graph.constants[name], constant.dtype == .f32, constant.shape.count <= rank,
            constant.count == 1 || constant.count == count, let floats = try? constant.floats()
        else { return nil }
        if constant.count == 1 { return Array(repeating: Double(floats[0]), count: count) }
        let shape = Array(repeating: 1, count: rank - constant.shape.count) + constant.shape
        return shape[1] == count ? floats.map { Double($0) } : nil
    }

    fileprivate func fold(
        _ line: ChannelLine, into convolution: Foldable, _ slot: Int, _ node: Node
    ) throws(GraphError) -> Patch? {
        guard line.scale.allSatisfy(\.isFinite), line.shift.allSatisfy(\.isFinite) else { return nil }
        var fused = convolution.node
        var constants: [String: Constant] = [:]
        let scale = line.scale.map { Float($0) }
        if scale.contains(where: { $0 != 1 }) {
            let name = freshValue(convolution.node.inputs[1] + ".scaled")
            constants[name] = try scaled(convolution.weights, scale, axis: convolution.axis)
            fused.inputs[1] = name
        }
        let old = convolution.bias.isEmpty ? line.shift.map { _ in 0 } : convolution.bias.map { Double($0) }
        let bias = zip(zip(old, line.scale), line.shift).map { Float($0.0 * $0.1 + $1) }
        if !convolution.bias.isEmpty || bias.contains(where: { $0 != 0 }) {
            let name = freshValue(convolution.node.name + ".bias")
            constants[name] = try Constant(floats: bias, shape: [bias.count])
            fused.inputs = Array(fused.inputs.prefix(2)) + [name]
        }
        fused.outputs = node.outputs
        var patch = Patch(convolution.node.name, slot, fused)
        patch.removed = [convolution.slot]
        patch.constants = constants
        return patch
    }

    /// Weights times a factor for each place along an axis; nothing is computed before the numbers are asked for.
    private func scaled(_ weights: Constant, _ factors: [Float], axis: Int) throws(GraphError) -> Constant {
        let inner = weights.shape[(axis + 1)...].reduce(1, *)
        return try Constant(
            .f32, weights.shape,
            .made(bytes: weights.byteCount) { range, body in
                let first = range.lowerBound / 4
                var floats = (try? weights.floats(in: first..<(range.upperBound + 3) / 4)) ?? []
                var index = 0
                while index < floats.count {
                    let row = (first + index) / inner
                    let (end, factor) = (min((row + 1) * inner - first, floats.count), factors[row % factors.count])
                    for place in index..<end { floats[place] *= factor }
                    index = end
                }
                let start = range.lowerBound - first * 4
                floats.withUnsafeBytes {
                    body(UnsafeRawBufferPointer(rebasing: $0.dropFirst(start).prefix(range.count)))
                }
            })
    }

    /// What a Pad with zeros adds before and after each spatial axis, if it is that and no more.
    fileprivate func zeroPadding(_ pad: Node, rank: Int) throws(GraphError) -> [Int]? {
        guard try pad.string("mode", default: "constant") == "constant", pad.input(3) == nil,
            pad.input(2).map({ scalar($0) == 0 }) ?? true, try pad.float("value", default: 0) == 0,
            let pads = pad.input(1) != nil ? numbers(pad.input(1)) : try pad.ints("pads"), pads.count == 2 * rank,
            pads.allSatisfy({ $0 >= 0 }), pads[0] == 0, pads[1] == 0, pads[rank] == 0, pads[rank + 1] == 0
        else { return nil }
        return Array(pads[2..<rank] + pads[(rank + 2)...])
    }
}
