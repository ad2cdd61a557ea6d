import PackCore

extension ShapeRules {
    /// What moves, cuts, stretches and samples images.
    static let images = merge([
        ["CenterCropPad": centre, "DepthToSpace": depthToSpace, "SpaceToDepth": spaceToDepth],
        ["Resize": resize, "GridSample": sample, "AffineGrid": grid, "RoiAlign": regions],
        ["ImageDecoder": decode],
    ])

    private static func unknown(_ op: Operands, _ type: TensorType) -> [Dimension] {
        type.shape.indices.map { op.unknown(axis: $0) }
    }

    /// The bytes of an image file, to `[height, width, channels]`.
    @Sendable private static func decode(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        try op.expect(.u8, input: 0)
        let type = try op.type(0)
        guard type.shape.count == 1 else {
            throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "the bytes of one file, rank 1")
        }
        let format = try op.node.choice("pixel_format", ["RGB", "BGR", "Grayscale"], default: "RGB")
        return [Inferred(.u8, [op.unknown(axis: 0), op.unknown(axis: 1), format == 2 ? 1 : 3])]
    }

    @Sendable private static func centre(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let type = try op.type(0)
        var shape = type.shape
        var axes = Array(shape.indices)
        if let list = try op.node.ints("axes") {
            _ = try op.axes(list, rank: shape.count)
            axes = try list.map { entry throws(GraphError) in try op.axis(entry, rank: shape.count) }
        }
        let wanted = op.content(1) ?? axes.map { op.unknown(axis: $0) }
        guard wanted.count == axes.count else {
            throw op.fault(.wrongShape, input: 1, found: "\(wanted.count) extents", expected: "\(axes.count)")
        }
        for (place, axis) in axes.enumerated() { shape[axis] = wanted[place] }
        return [Inferred(type.dtype, shape)]
    }

    private static func blocks(_ op: Operands) throws(GraphError) -> (TensorType, Int) {
        try op.expect(inputs: 1...1)
        let type = try op.type(0)
        let block = try op.node.int("blocksize", default: 0)
        guard type.shape.count == 4 else {
            throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "rank 4")
        }
        guard block >= 1, block < 1 << 16 else {
            throw op.fault(.wrongAttribute, found: "blocksize \(block)", expected: "1 or more")
        }
        return (type, block)
    }

    private static func divide(_ op: Operands, _ extent: Dimension, _ by: Int) throws(GraphError) -> Dimension {
        if let count = extent.constant, count % by != 0 {
            throw op.fault(.wrongShape, input: 0, found: "an extent of \(count)", expected: "a multiple of \(by)")
        }
        return extent / .constant(by)
    }

    @Sendable private static func depthToSpace(_ op: Operands) throws(GraphError) -> [Inferred] {
        let (type, block) = try blocks(op)
        _ = try op.node.choice("mode", ["DCR", "CRD"], default: "DCR")
        let shape = type.shape
        let channels = try divide(op, shape[1], block * block)
        return [Inferred(type.dtype, [shape[0], channels, shape[2] * .constant(block), shape[3] * .constant(block)])]
    }

    @Sendable private static func spaceToDepth(_ op: Operands) throws(GraphError) -> [Inferred] {
        let (type, block) = try blocks(op)
        _ = try op.node.choice("mode", ["DCR", "CRD"], default: "DCR")
        let shape = type.shape
        let (height, width) = (try divide(op, shape[2], block), try divide(op, shape[3], block))
        return [Inferred(type.dtype, [shape[0], shape[1] * .constant(block * block), height, width])]
    }

    @Sendable private static func resize(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...4)
        let type = try op.float(0)
        let plan = try ResizePlan(
            op.node, shape: type.shape, roi: op.constants.indices.contains(1) ? op.constants[1] : nil,
            scales: op.constants.indices.contains(2) ? op.constants[2] : nil, sizes: op.content(3))
        var shape = type.shape
        for axis in plan.axes { shape[axis.axis] = axis.output ?? op.unknown(axis: axis.axis) }
        return [Inferred(type.dtype, shape)]
    }

    @Sendable private static func sample(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let x = try op.float(0)
        let grid = try op.float(1)
        let rank = x.shape.count - 2
        guard (2...3).contains(rank), grid.shape.count == x.shape.count else {
            throw op.fault(.wrongShape, found: "\(x) and \(grid)", expected: "both of rank 4, or of rank 5")
        }
        _ = try op.same(grid.shape[rank + 1], .constant(rank), "coordinates")
        _ = try op.node.choice("mode", ["linear", "nearest", "cubic", "bilinear", "bicubic"], default: "linear")
        _ = try op.node.choice("padding_mode", ["zeros", "border", "reflection"], default: "zeros")
        let batch = try op.same(x.shape[0], grid.shape[0], "batch sizes")
        return [Inferred(x.dtype, [batch, x.shape[1]] + grid.shape[1...rank])]
    }

    @Sendable private static func grid(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let theta = try op.float(0)
        guard theta.shape.count == 3, let rank = theta.shape[1].constant, rank == 2 || rank == 3 else {
            throw op.fault(.wrongShape, input: 0, found: "\(theta)", expected: "[N, 2, 3] or [N, 3, 4]")
        }
        _ = try op.same(theta.shape[2], .constant(rank + 1), "columns")
        guard let size = op.content(1) else {
            return [Inferred(theta.dtype, (0...rank).map { op.unknown(axis: $0) } + [.constant(rank)])]
        }
        guard size.count == rank + 2 else {
            throw op.fault(.wrongShape, input: 1, found: "\(size)", expected: "\(rank + 2) extents")
        }
        let batch = try op.same(size[0], theta.shape[0], "batch sizes")
        return [Inferred(theta.dtype, [batch] + size[2...] + [.constant(rank)])]
    }

    @Sendable private static func regions(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...3)
        let x = try op.float(0)
        let rois = try op.float(1)
        try op.expect(.i64, input: 2)
        let images = try op.type(2)
        guard x.shape.count == 4, rois.shape.count == 2, images.shape.count == 1 else {
            throw op.fault(.wrongShape, found: "\(x), \(rois), \(images)", expected: "ranks 4, 2 and 1")
        }
        _ = try op.same(rois.shape[1], 4, "coordinates")
        _ = try op.node.choice("mode", ["avg", "max"], default: "avg")
        _ = try op.node.choice(
            "coordinate_transformation_mode", ["half_pixel", "output_half_pixel"], default: "half_pixel")
        let height = try op.node.int("output_height", default: 1)
        let width = try op.node.int("output_width", default: 1)
        let ratio = try op.node.int("sampling_ratio", default: 0)
        for number in [height, width, ratio] where number < 0 || number >= 1 << 20 {
            throw op.fault(.wrongAttribute, found: "\(height), \(width), \(ratio)", expected: "counts")
        }
        let count = try op.same(rois.shape[0], images.shape[0], "regions")
        return [Inferred(x.dtype, [count, x.shape[1], .constant(height), .constant(width)])]
    }
}
