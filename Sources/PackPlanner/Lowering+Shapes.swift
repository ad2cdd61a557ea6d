import CPackKernels
import PackCore
import PackGraph
import PackRuntime

extension Lowering {
    /// Operators that reshape, cut, stretch, pad and make tensors.
    static let shapes = merge([
        rules(["Reshape", "Unsqueeze", "Squeeze", "Flatten", "Identity", "Dropout"]) {
            (lowering, node) throws(PlannerError) in try lowering.lowerReshape(node)
        },
        rules(["Slice"]) { (lowering, node) throws(PlannerError) in try lowering.lowerSlice(node) },
        rules(["Split"]) { (lowering, node) throws(PlannerError) in try lowering.lowerSplit(node) },
        rules(["Expand", "Tile"]) { (lowering, node) throws(PlannerError) in
            try lowering.lowerPlain(
                node.op == "Tile" ? PACK_OP_Tile : PACK_OP_Expand, node, count: lowering.readsTarget(node) ? 2 : 1)
        },
        rules(["Pad"]) { (lowering, node) throws(PlannerError) in try lowering.lowerPad(node) },
        rules(["Range"]) { (lowering, node) throws(PlannerError) in try lowering.lowerRange(node) },
        rules(["ConstantOfShape"]) { (lowering, node) throws(PlannerError) in try lowering.lowerFill(node) },
        rules(["Shape"]) { (lowering, node) throws(PlannerError) in try lowering.lowerShape(node) },
        rules(["Size"]) { (lowering, node) throws(PlannerError) in
            try lowering.lowerPlain(PACK_OP_Shape, node, count: 1, [-1])
        },
        rules(["EyeLike"]) { (lowering, node) throws(PlannerError) in try lowering.lowerEye(node) },
    ])

    private mutating func lowerReshape(_ node: Node) throws(PlannerError) {
        guard measures(node) else { return try alias(node.outputs[0], to: node.inputs[0], of: node) }
        let exact = try read(node) { n throws(GraphError) in try n.int("allowzero", default: 0) } != 0
        let kind: ReshapeKind =
            node.op == "Squeeze" ? .squeeze : node.op == "Unsqueeze" ? .unsqueeze : exact ? .exactExtents : .extents
        try lowerPlain(PACK_OP_Reshape, node, count: 2, [Int64(kind.rawValue)])
    }

    private mutating func lowerShape(_ node: Node) throws(PlannerError) {
        let rank = try type(node.inputs[0], of: node).shape.count
        let start = try read(node) { n throws(GraphError) in try n.int("start", default: 0) }
        try lowerPlain(PACK_OP_Shape, node, count: 1, [Int64(min(max(start < 0 ? start + rank : start, 0), rank))])
    }

    private mutating func lowerFill(_ node: Node) throws(PlannerError) {
        var word: Int64 = 0
        switch node.attributes["value"] {
        case .int(let value): word = Int64(value)
        case .float(let value): word = bits(value)
        case .tensor(let constant):
            constant.withBytes { bytes in
                withUnsafeMutableBytes(of: &word) { $0.copyBytes(from: bytes.prefix(8)) }
            }
        default: break
        }
        let inputs = measures(node) ? [try value(node.inputs[0], of: node)] : []
        try step(PACK_OP_Fill, node, inputs, [word])
    }

    private mutating func lowerEye(_ node: Node) throws(PlannerError) {
        let diagonal = try read(node) { n throws(GraphError) in try n.int("k", default: 0) }
        let one: Int64 =
            switch try type(node.outputs[0], of: node).dtype {
            case .f32: bits(1)
            case .f16: 0x3c00
            case .bf16: 0x3f80
            case .f64: Int64(bitPattern: Double(1).bitPattern)
            default: 1
            }
        try step(PACK_OP_EyeLike, node, [], [Int64(diagonal), one])
    }

    private mutating func lowerPad(_ node: Node) throws(PlannerError) {
        if let words = try fixedPads(node) {
            return try step(PACK_OP_PadFixed, node, [try value(node.inputs[0], of: node)], words)
        }
        let mode = try read(node) { n throws(GraphError) in try n.string("mode", default: "constant") }
        let kinds: [String: PadKind] = ["constant": .constant, "reflect": .reflect, "edge": .edge, "wrap": .wrap]
        guard let kind = kinds[mode] else { throw refuse(node, "mode \(mode)", "constant, reflect, edge or wrap") }
        guard node.input(1) != nil else { throw refuse(node, "no pads", "pads as an input") }
        var inputs: [UInt32] = []
        for index in 0..<4 { inputs.append(try value(node.input(index) ?? "", of: node)) }
        try step(PACK_OP_Pad, node, inputs, [Int64(kind.rawValue)])
    }

    // MARK: Slices

    /// Axis, start and step of a slice of one axis whose place is known; nil for others.
    func simpleSlice(_ node: Node) -> [Int64]? {
        guard let input = graph.types[node.inputs[0]]?.shape,
            let starts = listed(node, 1, "starts"), let ends = listed(node, 2, "ends"), starts.count == 1,
            ends.count == 1
        else { return nil }
        let axes = node.input(3) == nil && node.attributes["axes"] == nil ? [0] : listed(node, 3, "axes")
        let steps = node.input(4) == nil && node.attributes["steps"] == nil ? [1] : listed(node, 4, "steps")
        guard let axes, let steps, axes.count == 1, steps.count == 1, steps[0] > 0 else { return nil }
        let axis = axes[0] < 0 ? axes[0] + input.count : axes[0]
        guard input.indices.contains(axis) else { return nil }
        var start = starts[0]
        if start < 0 {
            guard case .constant(let extent) = input[axis] else { return nil }
            start = max(start + extent, 0)
        }
        return [Int64(axis), Int64(start), Int64(steps[0])]
    }

    private func listed(_ node: Node, _ index: Int, _ attribute: String) -> [Int]? {
        if let name = node.input(index) { return knownNumbers(name) }
        return (try? node.ints(attribute)) ?? nil
    }

    private mutating func lowerSlice(_ node: Node) throws(PlannerError) {
        if !measures(node), let words = simpleSlice(node) {
            return try lowerPlain(PACK_OP_Slice, node, count: 1, words)
        }
        guard node.input(1) != nil, node.input(2) != nil else {
            throw refuse(node, "no starts or ends", "starts and ends as inputs")
        }
        var inputs: [UInt32] = []
        for index in 0..<5 { inputs.append(try value(node.input(index) ?? "", of: node)) }
        try step(PACK_OP_SliceAxes, node, inputs)
    }

    private mutating func lowerSplit(_ node: Node) throws(PlannerError) {
        let axis = try axis(of: node, default: 0)
        var inputs = [try value(node.inputs[0], of: node)]
        if measures(node) { inputs.append(try value(node.input(1) ?? "", of: node)) }
        var outputs: [UInt32] = []
        for name in node.outputs { outputs.append(try result(name, of: node)) }
        try add(PACK_OP_Split, node, inputs, outputs, [axis])
    }

    // MARK: Counting

    /// Start and step of a count of i64 that are known.
    func simpleRange(_ node: Node) -> [Int64]? {
        guard node.inputs.count == 3, graph.types[node.outputs[0]]?.dtype == .i64, !measures(node),
            let start = knownNumbers(node.inputs[0])?.first, let increment = knownNumbers(node.inputs[2])?.first
        else { return nil }
        return [Int64(start), Int64(increment)]
    }

    private mutating func lowerRange(_ node: Node) throws(PlannerError) {
        if let words = simpleRange(node) { return try step(PACK_OP_Range, node, [], words) }
        try lowerPlain(PACK_OP_Progression, node, count: 3)
    }
}
