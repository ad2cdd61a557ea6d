import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    /// Convolutions, pooling and what belongs to images.
    static let convolutions: [String: LoweringRule] = [
        [
            "Conv": { lowering, node throws(PlannerError) in try lowering.lowerConv(node) },
            "ConvTranspose": { lowering, node throws(PlannerError) in try lowering.lowerConvTranspose(node) },
            "DeformConv": { lowering, node throws(PlannerError) in try lowering.lowerDeformConv(node) },
            "CausalConvWithState": { lowering, node throws(PlannerError) in try lowering.lowerCausalConv(node) },
            "Col2Im": { lowering, node throws(PlannerError) in try lowering.lowerCol2Im(node) },
        ],
        pooling, channelNormalizations, images, recurrent,
    ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

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

    /// The integers of an input, if they are constant or follow from shapes.
    func known(_ node: Node, input index: Int) -> [Int]? {
        guard let name = node.input(index) else { return nil }
        if let values = try? graph.constants[name]?.integers() { return values }
        guard let contents = graph.contents[name] else { return nil }
        let numbers = contents.compactMap(\.constant)
        return numbers.count == contents.count ? numbers : nil
    }

    /// A step that makes all of a node's outputs; `count` of them, where some may be absent.
    mutating func step(
        _ op: pack_operator_id, _ node: Node, _ inputs: [UInt32], _ attributes: [Int64], outputs types: [TensorType]
    ) throws(PlannerError) {
        var results: [UInt32] = []
        for (index, type) in types.enumerated() {
            let name = node.outputs.indices.contains(index) ? node.outputs[index] : ""
            results.append(
                name.isEmpty ? try temporary("\(node.name).\(index)", type) : try result(name, of: node))
        }
        tables.addStep(op, name: node.name, inputs: inputs, outputs: results, attributes: attributes)
    }

    /// The bytes of a value in another shape.
    mutating func reshaped(_ value: UInt32, _ name: String, _ type: TensorType) throws(PlannerError) -> UInt32 {
        let record = tables.values[Int(value)]
        let root = UInt32(record.kind) == PACK_PLAN_ALIAS.rawValue ? UInt32(record.data_offset) : value
        return try tables.add(name, type, PACK_PLAN_ALIAS, offset: Int(root))
    }

    private mutating func lowerConv(_ node: Node) throws(PlannerError) {
        let window = try window(node, weights: node.inputs[1])
        let group = try read(node) { n throws(GraphError) in try n.int("group", default: 1) }
        if group == 1, let matrix = try pointMatrix(node) { return try lowerPoint(node, matrix) }
        var inputs = try values(node, 3, except: 1)
        if let stored = try storedWeights(node) {
            inputs[1] = stored[0]
            if stored[1] != PACK_PLAN_ABSENT { inputs.append(stored[1]) }
        } else {
            inputs[1] = try convolutionWeights(node)
        }
        let pool = try read(node) { n throws(GraphError) in try WindowAttributes.pool(n) }
        let words = try activation(node) + [Int64(group)] + window.words
        try step(PACK_OP_Conv, node, inputs, words + (pool.map { $0.kernel + $0.strides } ?? []).map { Int64($0) })
    }

    /// The constant weights [M, C, 1…] of a convolution whose images have one point.
    private func pointMatrix(_ node: Node) throws(PlannerError) -> Constant? {
        guard let constant = graph.constants[node.inputs[1]], constant.dtype == .f32, constant.count > 0,
            constant.shape.dropFirst(2).allSatisfy({ $0 == 1 }),
            try (spatial(node.inputs[0], of: node) + spatial(node.outputs[0], of: node)).allSatisfy({ $0.constant == 1 }
            ),
            try read(node, { n throws(GraphError) in try n.ints("pads") })?.allSatisfy({ $0 == 0 }) ?? true
        else { return nil }
        return constant
    }

    /// Such a convolution is a product of the images as rows.
    private mutating func lowerPoint(_ node: Node, _ matrix: Constant) throws(PlannerError) {
        let (n, k) = (matrix.shape[0], matrix.shape[1])
        let type = try type(node.outputs[0], of: node)
        let rows = try reshaped(
            try value(node.inputs[0], of: node), "\(node.name).rows",
            TensorType(.f32, [type.shape[0], .constant(k)]))
        let packed = try panels(node.inputs[1], k: k, n: n, transposed: true)
        let bias = try value(node.input(2) ?? "", of: node)
        let words = try activation(node)
        let isOfProduct = words[0] <= Int64(PACK_ACTIVATION_TANH.rawValue)
        var result = try temporary("\(node.name).products", TensorType(.f32, [type.shape[0], .constant(n)]))
        try add(
            PACK_OP_Linear, node, [rows, packed.panels, bias, PACK_PLAN_ABSENT, packed.scales, packed.sums], [result],
            [Int64(k), Int64(n), isOfProduct ? words[0] : 0])
        if !isOfProduct {
            let products = result
            result = try temporary("\(node.name).activated", TensorType(.f32, [type.shape[0], .constant(n)]))
            try add(PACK_OP_Unary, node, [products], [result], words)
        }
        name(node.outputs[0], try reshaped(result, node.outputs[0], type))
    }

    /// Constant weights as rows of few bits, and the rows' scales, where they are to be stored so. Short rows, those of first
    /// layers and of convolutions of every channel by itself, hardly take room and stay as they are.
    private mutating func storedWeights(_ node: Node) throws(PlannerError) -> [UInt32]? {
        let name = node.inputs[1]
        guard let constant = graph.constants[name], constant.dtype.isFloat, storage.kind(of: name) != .f32,
            let rows = constant.shape.first, rows > 0, constant.count / rows >= Self.leastStoredRow
        else { return nil }
        return try rowTable(name, storage.kind(of: name), rows: rows, columns: constant.count / rows)
    }

    private static let leastStoredRow = 32

    /// The weights of a convolution as f32. Rows that lie a multiple of a page apart would compete for the same few lines of the
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
                    let rowBytes = padded * 4
                    let first = range.lowerBound / rowBytes
                    let asked = first..<max(first, (range.upperBound + rowBytes - 1) / rowBytes)
                    var bytes = [UInt8](repeating: 0, count: asked.count * rowBytes)
                    for row in asked {
                        let floats = (try? constant.floats(in: row * length..<(row + 1) * length)) ?? []
                        let start = (row - first) * rowBytes
                        floats.withUnsafeBytes { bytes.replaceSubrange(start..<start + $0.count, with: $0) }
                    }
                    let start = range.lowerBound - first * rowBytes
                    bytes.withUnsafeBytes {
                        body(UnsafeRawBufferPointer(rebasing: $0[start..<start + range.count]))
                    }
                })
        }
        return try plain(name, spaced)
    }

    private mutating func lowerConvTranspose(_ node: Node) throws(PlannerError) {
        let (inputs, outputs) = (try spatial(node.inputs[0], of: node), try spatial(node.outputs[0], of: node))
        let kernel = try spatial(node.inputs[1], of: node).compactMap(\.constant)
        let window = try read(node) { n throws(GraphError) in
            try TransposedWindow(n, kernel: kernel, rank: inputs.count)
        }
        let group = try read(node) { n throws(GraphError) in try n.int("group", default: 1) }
        var words = try activation(node) + [Int64(group), Int64(inputs.count)]
        for axis in inputs.indices {
            guard let before = window.before(axis, input: inputs[axis], output: outputs[axis]) else {
                throw refuse(node, "padding that depends on a free dimension", "padding that is known")
            }
            let own = window.window
            words += [own.kernel[axis], own.strides[axis], own.dilations[axis], before, 0].map { Int64($0) }
        }
        var arguments = try values(node, 3, except: 1)
        arguments[1] = try transposedWeights(node, group)
        try step(PACK_OP_ConvTranspose, node, arguments, words)
    }

    /// The weights of a transposed convolution; constant ones [C, M / group, kernel…] as [M · taps, C / group].
    private mutating func transposedWeights(_ node: Node, _ group: Int) throws(PlannerError) -> UInt32 {
        let name = node.inputs[1]
        guard let constant = graph.constants[name], constant.count > 0, constant.shape[0] % group == 0 else {
            return try value(name, of: node)
        }
        let rows = constant.shape[0] / group
        let columns = constant.count / constant.shape[0]
        let turned = try read(node) { _ throws(GraphError) in
            try Constant(
                .f32, [group * columns, rows],
                .made(bytes: constant.count * 4) { range, body in
                    let floats = (try? constant.floats()) ?? []
                    var result = [Float](repeating: 0, count: constant.count)
                    for (index, value) in floats.enumerated() {
                        let (channel, column) = (index / columns, index % columns)
                        result[(channel / rows * columns + column) * rows + channel % rows] = value
                    }
                    result.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
                })
        }
        return try plain(name, turned)
    }

    private mutating func lowerDeformConv(_ node: Node) throws(PlannerError) {
        let window = try window(node, weights: node.inputs[1])
        let groups = try read(node) { n throws(GraphError) in
            [try n.int("group", default: 1), try n.int("offset_group", default: 1)]
        }
        try step(PACK_OP_DeformConv, node, try values(node, 5), groups.map { Int64($0) } + window.words)
    }

    private mutating func lowerCausalConv(_ node: Node) throws(PlannerError) {
        let (x, weights) = (try type(node.inputs[0], of: node), try type(node.inputs[1], of: node))
        let name = try read(node) { n throws(GraphError) in try n.string("activation", default: "none") }
        let state = TensorType(.f32, [x.shape[0], x.shape[1], weights.shape[2] - 1])
        try step(
            PACK_OP_CausalConv, node, try values(node, 4), [name == "none" ? 0 : 1],
            outputs: [TensorType(.f32, x.shape), state])
    }

    private mutating func lowerCol2Im(_ node: Node) throws(PlannerError) {
        let rank = try spatial(node.outputs[0], of: node).count
        // A kernel that is computed has extents of 1 among the attributes.
        let block = known(node, input: 2)
        let window = try read(node) { n throws(GraphError) in
            try WindowAttributes(n, kernel: block ?? Array(repeating: 1, count: rank), rank: rank)
        }
        let isComputed = measures(node) || block == nil
        try step(
            PACK_OP_Col2Im, node, try values(node, isComputed ? 3 : 1), Array(window.words.dropFirst()))
    }
}
