import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    /// Convolutions, pooling and what belongs to images.
    static let convolutions: [String: LoweringRule] = [
        "Conv": { lowering, node throws(PlannerError) in try lowering.lowerConv(node) }
    ]

    /// The extents that follow the first two of a value: spatial ones of an image, or the kernel of weights.
    func spatial(_ name: String, of node: Node) throws(PlannerError) -> [Dimension] {
        Array(try type(name, of: node).shape.dropFirst(2))
    }

    /// The values of a node's inputs, absent ones included, up to `count`.
    mutating func values(_ node: Node, _ count: Int, except: Int? = nil) throws(PlannerError) -> [UInt32] {
        var result: [UInt32] = []
        for index in 0..<count { result.append(try value(index == except ? "" : node.input(index) ?? "", of: node)) }
        return result
    }

    /// The window that a node slides over its first input.
    func window(_ node: Node, weights: String? = nil) throws(PlannerError) -> WindowAttributes {
        let rank = try spatial(node.inputs[0], of: node).count
        let kernel = try weights.map { name throws(PlannerError) in
            try spatial(name, of: node).compactMap(\.constant)
        }
        return try read(node) { n throws(GraphError) in try WindowAttributes(n, kernel: kernel, rank: rank) }
    }

    /// The code of a fused activation.
    func activation(_ node: Node) throws(PlannerError) -> Int64 {
        let name = try read(node) { n throws(GraphError) in try n.string("activation", default: "none") }
        guard let code = Lowering.activations[name] else {
            throw refuse(node, "activation \(name)", "none, relu, gelu, gelu_tanh or tanh")
        }
        return code
    }

    private mutating func lowerConv(_ node: Node) throws(PlannerError) {
        let window = try window(node, weights: node.inputs[1])
        let group = try read(node) { n throws(GraphError) in try n.int("group", default: 1) }
        var inputs = try values(node, 3, except: 1)
        inputs[1] = try convolutionWeights(node)
        try step(PACK_OP_Conv, node, inputs, [try activation(node), Int64(group)] + window.words)
    }

    /// The weights of a convolution. Rows that lie a multiple of a page apart would compete for the same few lines of the
    /// cache, so constant ones are set further apart.
    private mutating func convolutionWeights(_ node: Node) throws(PlannerError) -> UInt32 {
        let name = node.inputs[1]
        guard let constant = graph.constants[name], let rows = constant.shape.first, rows > 1,
            constant.count / rows % 1024 == 0, constant.count > 0
        else { return try value(name, of: node) }
        let length = constant.count / rows
        let padded = length + Int(PACK_PANEL)
        let spaced = try read(node) { _ throws(GraphError) in
            try Constant(
                .f32, [rows, padded],
                .made(bytes: rows * padded * 4) { range, body in
                    var bytes = [UInt8](repeating: 0, count: rows * padded * 4)
                    for row in range.lowerBound / (padded * 4)..<(range.upperBound + padded * 4 - 1) / (padded * 4) {
                        let floats = (try? constant.floats(in: row * length..<(row + 1) * length)) ?? []
                        floats.withUnsafeBytes {
                            bytes.replaceSubrange(row * padded * 4..<row * padded * 4 + $0.count, with: $0)
                        }
                    }
                    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
                })
        }
        return try plain(name, spaced)
    }
}
