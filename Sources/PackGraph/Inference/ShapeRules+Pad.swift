import PackCore

extension ShapeRules {
    /// Pad: pads as an input, or, as older exporters write them, as an attribute.
    @Sendable static func pad(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...4)
        let type = try op.type(0)
        let mode = try op.node.string("mode", default: "constant")
        guard ["constant", "reflect", "edge", "wrap"].contains(mode) else {
            throw op.fault(.wrongAttribute, found: "mode \(mode)", expected: "constant, reflect, edge or wrap")
        }
        let rank = type.shape.count
        let given = op.node.input(1) != nil ? op.content(1) : try op.node.ints("pads")?.map(Dimension.constant)
        let axes = op.node.input(3) != nil ? op.numbers(3) : Array(0..<rank)
        guard let pads = given, let axes else {
            return [Inferred(type.dtype, (0..<rank).map { op.unknown(axis: $0) })]
        }
        guard pads.count == 2 * axes.count else {
            throw op.fault(.wrongShape, input: 1, found: "\(pads.count) pads", expected: "two for each axis")
        }
        var shape = type.shape
        _ = try op.axes(axes, rank: rank)
        for (index, entry) in axes.enumerated() {
            let axis = try op.axis(entry, rank: rank)
            shape[axis] = shape[axis] + pads[index] + pads[axes.count + index]
        }
        return [Inferred(type.dtype, shape)]
    }
}
