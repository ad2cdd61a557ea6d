import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    static let images: [String: LoweringRule] = [
        "CenterCropPad": { lowering, node throws(PlannerError) in try lowering.lowerCentre(node) },
        "DepthToSpace": { lowering, node throws(PlannerError) in try lowering.lowerDepthToSpace(node) },
        "SpaceToDepth": { lowering, node throws(PlannerError) in try lowering.lowerSpaceToDepth(node) },
        "Resize": { lowering, node throws(PlannerError) in try lowering.lowerResize(node) },
        "GridSample": { lowering, node throws(PlannerError) in
            let words = try lowering.read(node) { n throws(GraphError) in
                let mode = try n.choice(
                    "mode", ["linear", "nearest", "cubic", "bilinear", "bicubic"], default: "linear")
                return [
                    [0, 1, 2, 0, 2][mode],
                    try n.choice("padding_mode", ["zeros", "border", "reflection"], default: "zeros"),
                    try n.int("align_corners", default: 0),
                ]
            }
            try lowering.step(
                PACK_OP_GridSample, node, try lowering.values(node, 2), words.map { Int64($0) })
        },
        "AffineGrid": { lowering, node throws(PlannerError) in
            let aligned = try lowering.read(node) { n throws(GraphError) in try n.int("align_corners", default: 0) }
            let count = lowering.measures(node) ? 2 : 1
            try lowering.step(PACK_OP_AffineGrid, node, try lowering.values(node, count), [Int64(aligned)])
        },
        "RoiAlign": { lowering, node throws(PlannerError) in
            let words = try lowering.read(node) { n throws(GraphError) in
                [
                    Int64(try n.choice("mode", ["avg", "max"], default: "avg")),
                    try n.string("coordinate_transformation_mode", default: "half_pixel") == "half_pixel" ? 1 : 0,
                    Int64(try n.int("sampling_ratio", default: 0)), bits(try n.float("spatial_scale", default: 1)),
                ]
            }
            try lowering.step(PACK_OP_RoiAlign, node, try lowering.values(node, 3), words)
        },
        "ImageDecoder": { lowering, node throws(PlannerError) in
            let format = try lowering.read(node) { n throws(GraphError) in
                try n.choice("pixel_format", ["RGB", "BGR", "Grayscale"], default: "RGB")
            }
            try lowering.lowerPlain(PACK_OP_ImageDecoder, node, count: 1, [Int64(format)])
        },
    ]

    /// The attributes of `PadFixed`, if the plan knows pads and constant.
    func fixedPads(_ node: Node) throws(PlannerError) -> [Int64]? {
        let type = try type(node.inputs[0], of: node)
        guard !measures(node), type.shape.count <= 8, let pads = known(node, input: 1),
            let axes = node.input(3) == nil ? Array(type.shape.indices) : known(node, input: 3),
            pads.count == 2 * axes.count, let word = padding(node, type.dtype)
        else { return nil }
        let mode = try read(node) { n throws(GraphError) in
            try n.choice("mode", ["constant", "reflect", "edge", "wrap"], default: "constant")
        }
        var before = [Int64](repeating: 0, count: type.shape.count)
        for (place, entry) in axes.enumerated() {
            before[try axis(entry, rank: before.count, node)] = Int64(pads[place])
        }
        return [Int64(mode), word] + before
    }

    /// The bits of the element that Pad adds, of types that constants are read as.
    private func padding(_ node: Node, _ dtype: DType) -> Int64? {
        guard let name = node.input(2) else { return 0 }
        guard let constant = graph.constants[name], constant.count == 1 else { return nil }
        switch dtype {
        case .f32: return constant.scalarFloat.map { bits($0) }
        case .f16, .bf16, .f64: return nil
        default: return constant.scalarInteger.map { Int64($0) }
        }
    }

    private mutating func lowerCentre(_ node: Node) throws(PlannerError) {
        let rank = try type(node.inputs[0], of: node).shape.count
        var axes: [Int64] = []
        for entry in try read(node, { n throws(GraphError) in try n.ints("axes") }) ?? Array(0..<rank) {
            axes.append(Int64(try axis(entry, rank: rank, node)))
        }
        try step(PACK_OP_CenterCropPad, node, try values(node, measures(node) ? 2 : 1), axes)
    }

    // MARK: Blocks

    /// Transposes the first input seen in one shape, into the output.
    private mutating func lowerBlocks(
        _ node: Node, _ shape: [Dimension], _ order: [Int]
    ) throws(PlannerError) {
        let type = try type(node.inputs[0], of: node)
        let x = try value(node.inputs[0], of: node)
        let parted = try reshaped(x, "\(node.name).parted", TensorType(type.dtype, shape))
        let turned = try temporary("\(node.name).turned", TensorType(type.dtype, order.map { shape[$0] }))
        tables.addStep(
            PACK_OP_Transpose, name: node.name, inputs: [parted], outputs: [turned], attributes: order.map { Int64($0) }
        )
        let whole = try reshaped(turned, node.outputs[0], try self.type(node.outputs[0], of: node))
        name(node.outputs[0], whole)
    }

    private func block(_ node: Node) throws(PlannerError) -> Dimension {
        .constant(try read(node) { n throws(GraphError) in try n.int("blocksize", default: 1) })
    }

    private mutating func lowerDepthToSpace(_ node: Node) throws(PlannerError) {
        let shape = try type(node.inputs[0], of: node).shape
        let channels = try type(node.outputs[0], of: node).shape[1]
        let block = try block(node)
        let mode = try read(node) { n throws(GraphError) in try n.choice("mode", ["DCR", "CRD"], default: "DCR") }
        if mode == 0 {
            try lowerBlocks(node, [shape[0], block, block, channels, shape[2], shape[3]], [0, 3, 4, 1, 5, 2])
        } else {
            try lowerBlocks(node, [shape[0], channels, block, block, shape[2], shape[3]], [0, 1, 4, 2, 5, 3])
        }
    }

    private mutating func lowerSpaceToDepth(_ node: Node) throws(PlannerError) {
        let (from, to) = (try type(node.inputs[0], of: node).shape, try type(node.outputs[0], of: node).shape)
        let block = try block(node)
        let mode = try read(node) { n throws(GraphError) in try n.choice("mode", ["DCR", "CRD"], default: "DCR") }
        let order = mode == 0 ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4]
        try lowerBlocks(node, [from[0], from[1], to[2], block, to[3], block], order)
    }

    // MARK: Resizing

    /// What Resize does to each axis, if the plan can say it.
    func resizePlan(_ node: Node) throws(PlannerError) -> ResizePlan? {
        let type = try type(node.inputs[0], of: node)
        func constant(_ index: Int) -> Constant? { node.input(index).flatMap { graph.constants[$0] } }
        let (roi, scales) = (constant(1), constant(2))
        let sizes = node.input(3).flatMap { graph.contents[$0] }
        guard !measures(node) else { return nil }
        let plan = try read(node) { n throws(GraphError) in
            try ResizePlan(n, shape: type.shape, roi: roi, scales: scales, sizes: sizes)
        }
        return plan.isComplete && plan.axes.allSatisfy { $0.output != nil } ? plan : nil
    }

    private mutating func lowerComputedResize(_ node: Node) throws(PlannerError) {
        let rank = try type(node.inputs[0], of: node).shape.count
        var axes: [Int64] = []
        for entry in try read(node, { n throws(GraphError) in try n.ints("axes") }) ?? Array(0..<rank) {
            axes.append(Int64(try axis(entry, rank: rank, node)))
        }
        let policy = try read(node) { n throws(GraphError) in
            try n.choice("keep_aspect_ratio_policy", ["stretch", "not_larger", "not_smaller"], default: "stretch")
        }
        try step(PACK_OP_Resize, node, try values(node, 4), [Int64(policy)] + (try resizeWords(node)) + axes)
    }

    private mutating func lowerResize(_ node: Node) throws(PlannerError) {
        let type = try type(node.inputs[0], of: node)
        guard let plan = try resizePlan(node) else { return try lowerComputedResize(node) }
        let words = try resizeWords(node)
        let crops = words[1] == 5
        var x = try value(node.inputs[0], of: node)
        var shape = type.shape
        let changed = plan.axes.filter { axis in
            let isWhole = !crops || (axis.start == 0 && axis.end == 1)
            return !(isWhole && axis.output == shape[axis.axis] && (axis.scale ?? 1) == 1)
        }
        guard !changed.isEmpty else { return try alias(node.outputs[0], to: node.inputs[0], of: node) }
        for (place, axis) in changed.enumerated() {
            guard let output = axis.output else { throw refuse(node, "an extent that cannot be told", "whole scales") }
            shape[axis.axis] = output
            let result =
                place == changed.count - 1
                ? try result(node.outputs[0], of: node)
                : try temporary("\(node.name).\(axis.axis)", TensorType(.f32, shape))
            let scale = axis.scale.map { Int64(bitPattern: $0.bitPattern) } ?? 0
            tables.addStep(
                PACK_OP_ResizeAxis, name: node.name, inputs: [x], outputs: [result],
                attributes: [Int64(axis.axis)] + words + [scale, bits(axis.start), bits(axis.end)])
            x = result
        }
    }

    /// The attributes of `ResizeAxis` that all axes share.
    private func resizeWords(_ node: Node) throws(PlannerError) -> [Int64] {
        try read(node) { n throws(GraphError) in
            let numbers = [
                try n.choice("mode", ["nearest", "linear", "cubic"], default: "nearest"),
                try n.choice(
                    "coordinate_transformation_mode",
                    [
                        "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
                        "tf_crop_and_resize",
                    ], default: "half_pixel"),
                try n.choice(
                    "nearest_mode", ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"],
                    default: "round_prefer_floor"),
                try n.int("antialias", default: 0) != 0 ? 1 : 0,
                try n.int("exclude_outside", default: 0) != 0 ? 1 : 0,
            ]
            return numbers.map { Int64($0) } + [
                bits(try n.float("cubic_coeff_a", default: -0.75)),
                bits(try n.float("extrapolation_value", default: 0)),
            ]
        }
    }
}
