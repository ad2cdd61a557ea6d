import CPackKernels
import PackCore
import PackGraph
import PackRuntime

extension Lowering {
    /// Operators that fold axes, or run along one.
    static let reductions = merge([
        rules(["ArgMax", "ArgMin"]) { (lowering, node) throws(PlannerError) in try lowering.lowerArgument(node) },
        rules(["CumSum", "CumProd"]) { (lowering, node) throws(PlannerError) in try lowering.lowerCumulative(node) },
        rules(["TopK"]) { (lowering, node) throws(PlannerError) in try lowering.lowerTopK(node) },
        rules(["Softmax", "LogSoftmax", "Hardmax"]) { (lowering, node) throws(PlannerError) in
            try lowering.lowerSoftmax(
                node, node.op == "Softmax" ? .softmax : node.op == "LogSoftmax" ? .logarithm : .hard)
        },
        rules(kinds.keys) { (lowering, node) throws(PlannerError) in
            try lowering.lowerReduce(node, kinds[node.op] ?? .sum)
        },
    ])

    private static let kinds: [String: ReduceAxesKind] = [
        "ReduceSum": .sum, "ReduceMean": .mean, "ReduceMax": .maximum, "ReduceMin": .minimum, "ReduceProd": .product,
        "ReduceL1": .l1, "ReduceL2": .l2, "ReduceSumSquare": .sumOfSquares, "ReduceLogSum": .logOfSum,
        "ReduceLogSumExp": .logOfSumOfExponentials,
    ]

    private static let fast: [ReduceAxesKind: ReduceKind] = [
        .sum: .sum, .mean: .mean, .maximum: .maximum, .l2: .norm,
    ]

    /// The axes that a node reduces, in ascending order; nil where they are computed.
    func reducedAxes(_ node: Node) -> [Int]? {
        guard let rank = graph.types[node.inputs[0]]?.shape.count else { return nil }
        var axes = (try? node.ints("axes")) ?? []
        if let name = node.input(1) {
            guard let numbers = knownNumbers(name) else { return nil }
            axes = numbers
        }
        if axes.isEmpty {
            return ((try? node.int("noop_with_empty_axes", default: 0)) ?? 0) != 0 ? [] : Array(0..<rank)
        }
        return axes.map { $0 < 0 ? $0 + rank : $0 }.sorted()
    }

    /// The integers of a constant or of a value whose contents follow from shapes.
    func knownNumbers(_ name: String) -> [Int]? {
        if let constant = graph.constants[name] { return try? constant.integers() }
        guard let contents = graph.contents[name] else { return nil }
        let numbers = contents.compactMap(\.constant)
        return numbers.count == contents.count ? numbers : nil
    }

    private mutating func lowerReduce(_ node: Node, _ kind: ReduceAxesKind) throws(PlannerError) {
        let type = try type(node.inputs[0], of: node)
        let keeps = try read(node) { n throws(GraphError) in try n.int("keepdims", default: 1) } != 0
        let noop = try read(node) { n throws(GraphError) in try n.int("noop_with_empty_axes", default: 0) } != 0
        var words = [Int64(kind.rawValue), keeps ? 1 : 0, noop ? 1 : 0]
        guard let axes = reducedAxes(node) else {
            return try lowerPlain(PACK_OP_ReduceAxes, node, count: 2, words + [-1])
        }
        if let fast = Lowering.fast[kind], type.dtype == .f32, let first = axes.first,
            axes == Array(first..<first + axes.count)
        {
            return try lowerPlain(
                PACK_OP_Reduce, node, count: 1, [Int64(fast.rawValue), Int64(first), Int64(axes.count)])
        }
        words.append(axes.reduce(0) { $0 | 1 << Int64($1) })
        try lowerPlain(PACK_OP_ReduceAxes, node, count: 1, words)
    }

    private mutating func lowerArgument(_ node: Node) throws(PlannerError) {
        let rank = try type(node.inputs[0], of: node).shape.count
        let axis = try axis(try read(node) { n throws(GraphError) in try n.int("axis", default: 0) }, rank: rank, node)
        let last = try read(node) { n throws(GraphError) in try n.int("select_last_index", default: 0) }
        try lowerPlain(
            PACK_OP_ArgExtreme, node, count: 1, [Int64(axis), node.op == "ArgMax" ? 1 : 0, last != 0 ? 1 : 0])
    }

    private mutating func lowerSoftmax(_ node: Node, _ kind: SoftmaxAxisKind) throws(PlannerError) {
        let type = try type(node.inputs[0], of: node)
        let rank = type.shape.count
        let axis = try axis(try read(node) { n throws(GraphError) in try n.int("axis", default: -1) }, rank: rank, node)
        if kind == .softmax, axis == rank - 1, type.dtype == .f32 {
            return try lowerPlain(PACK_OP_Softmax, node, count: 1)
        }
        try lowerPlain(PACK_OP_SoftmaxAxis, node, count: 1, [Int64(kind.rawValue), Int64(axis)])
    }

    private mutating func lowerCumulative(_ node: Node) throws(PlannerError) {
        let type = try type(node.inputs[0], of: node)
        let exclusive = try read(node) { n throws(GraphError) in try n.int("exclusive", default: 0) }
        let reverse = try read(node) { n throws(GraphError) in try n.int("reverse", default: 0) }
        let axis = knownNumbers(node.inputs[1])?.first
        let isLast = axis == -1 || axis == type.shape.count - 1
        if node.op == "CumSum", type.dtype == .i64, isLast, exclusive == 0, reverse == 0, !type.shape.isEmpty {
            return try lowerPlain(PACK_OP_CumSum, node, count: 1)
        }
        try lowerPlain(
            PACK_OP_Cumulate, node, count: 2,
            [node.op == "CumProd" ? 1 : 0, exclusive != 0 ? 1 : 0, reverse != 0 ? 1 : 0])
    }

    private mutating func lowerTopK(_ node: Node) throws(PlannerError) {
        let type = try type(node.inputs[0], of: node)
        let rank = type.shape.count
        let axis = try axis(try read(node) { n throws(GraphError) in try n.int("axis", default: -1) }, rank: rank, node)
        let largest = try read(node) { n throws(GraphError) in try n.int("largest", default: 1) }
        try lowerSeveral(PACK_OP_TopK, node, inputs: 2, [nil, .i64], [Int64(axis), largest != 0 ? 1 : 0])
    }

    /// A step with a fixed count of outputs, those that the graph does not name included; their types are those of the first,
    /// but for the element type.
    mutating func lowerSeveral(
        _ op: pack_operator_id, _ node: Node, inputs count: Int, _ dtypes: [DType?], _ attributes: [Int64],
        shape: ((Int) -> [Dimension])? = nil
    ) throws(PlannerError) {
        var inputs: [UInt32] = []
        for name in node.inputs.prefix(count) { inputs.append(try value(name, of: node)) }
        var outputs: [UInt32] = []
        for (index, dtype) in dtypes.enumerated() {
            let name = node.outputs.indices.contains(index) ? node.outputs[index] : ""
            if name.isEmpty {
                guard let first = node.outputs.first(where: { !$0.isEmpty }) else { continue }
                let known = try type(first, of: node)
                let type = TensorType(dtype ?? known.dtype, shape?(index) ?? known.shape)
                let fresh = try freshSymbols(type, of: node)
                tables.measured.formUnion(fresh)
                outputs.append(
                    try tables.add(
                        "\(first).\(index)", type, PACK_PLAN_ACTIVATION, isMeasured: !fresh.isEmpty))
            } else {
                outputs.append(try result(name, of: node))
            }
        }
        try add(op, node, inputs, outputs, attributes)
    }
}
