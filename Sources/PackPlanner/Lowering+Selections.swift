import CPackKernels
import PackCore
import PackGraph
import PackRuntime

extension Lowering {
    /// Operators that pick, mark and move elements.
    static let selections: [String: LoweringRule] = [
        "Gather": { (lowering, node) throws(PlannerError) in try lowering.lowerGather(node) },
        "GatherElements": { (lowering, node) throws(PlannerError) in
            try lowering.lowerPlain(
                PACK_OP_GatherElements, node, count: 2, [try lowering.axis(of: node, default: 0)])
        },
        "GatherND": { (lowering, node) throws(PlannerError) in
            let batch = try lowering.read(node) { n throws(GraphError) in try n.int("batch_dims", default: 0) }
            try lowering.lowerPlain(PACK_OP_GatherND, node, count: 2, [Int64(batch)])
        },
        "Scatter": { (lowering, node) throws(PlannerError) in try lowering.lowerScatter(node, PACK_OP_ScatterElements)
        },
        "ScatterElements": { (lowering, node) throws(PlannerError) in
            try lowering.lowerScatter(node, PACK_OP_ScatterElements)
        },
        "ScatterND": { (lowering, node) throws(PlannerError) in try lowering.lowerScatter(node, PACK_OP_ScatterND) },
        "OneHot": { (lowering, node) throws(PlannerError) in
            let rank = try lowering.type(node.outputs[0], of: node).shape.count
            let axis = try lowering.axis(of: node, default: -1, rank: rank)
            try lowering.lowerPlain(PACK_OP_OneHot, node, count: 3, [axis])
        },
        "NonZero": { (lowering, node) throws(PlannerError) in try lowering.lowerPlain(PACK_OP_NonZero, node, count: 1)
        },
        "Unique": { (lowering, node) throws(PlannerError) in try lowering.lowerUnique(node) },
        "Compress": { (lowering, node) throws(PlannerError) in
            let axis = node.attributes["axis"] == nil ? -1 : try lowering.axis(of: node, default: 0)
            try lowering.lowerPlain(PACK_OP_Compress, node, count: 2, [axis])
        },
        "NonMaxSuppression": { (lowering, node) throws(PlannerError) in
            let isCentered = try lowering.read(node) { n throws(GraphError) in
                try n.int("center_point_box", default: 0)
            }
            try lowering.lowerPlain(
                PACK_OP_NonMaxSuppression, node, count: node.inputs.count, [isCentered != 0 ? 1 : 0])
        },
        "ReverseSequence": { (lowering, node) throws(PlannerError) in
            let batch = try lowering.axis(of: node, "batch_axis", default: 1)
            let time = try lowering.axis(of: node, "time_axis", default: 0)
            try lowering.lowerPlain(PACK_OP_ReverseSequence, node, count: 2, [batch, time])
        },
        "Trilu": { (lowering, node) throws(PlannerError) in
            let upper = try lowering.read(node) { n throws(GraphError) in try n.int("upper", default: 1) }
            try lowering.lowerPlain(
                PACK_OP_Trilu, node, count: node.input(1) == nil ? 1 : 2, [upper != 0 ? 1 : 0])
        },
    ]

    /// An axis attribute as a word, counted from the front.
    func axis(
        of node: Node, _ name: String = "axis", default standard: Int, rank: Int? = nil
    ) throws(PlannerError) -> Int64 {
        var rank = rank ?? 0
        if rank == 0 { rank = try type(node.inputs[0], of: node).shape.count }
        let given = try read(node) { n throws(GraphError) in try n.int(name, default: standard) }
        return Int64(try axis(given, rank: rank, node))
    }

    private mutating func lowerGather(_ node: Node) throws(PlannerError) {
        let axis = try axis(of: node, default: 0)
        let x = try value(node.inputs[0], of: node)
        let indices = try value(node.inputs[1], as: .i64, of: node)
        try step(PACK_OP_Gather, node, [x, indices], [axis])
    }

    private mutating func lowerScatter(_ node: Node, _ op: pack_operator_id) throws(PlannerError) {
        let name = try read(node) { n throws(GraphError) in try n.string("reduction", default: "none") }
        let kinds: [String: ScatterKind] = [
            "none": .replace, "add": .add, "mul": .multiply, "max": .maximum, "min": .minimum,
        ]
        guard let kind = kinds[name] else { throw refuse(node, "reduction \(name)", "none, add, mul, max or min") }
        let axis = op == PACK_OP_ScatterND ? 0 : try axis(of: node, default: 0)
        try lowerPlain(op, node, count: 3, [axis, Int64(kind.rawValue)])
    }

    private mutating func lowerUnique(_ node: Node) throws(PlannerError) {
        let axis = node.attributes["axis"] == nil ? -1 : try axis(of: node, default: 0)
        let sorted = try read(node) { n throws(GraphError) in try n.int("sorted", default: 1) }
        let input = try type(node.inputs[0], of: node).shape
        guard let first = node.outputs.first, !first.isEmpty else {
            throw refuse(node, "no first output", "the different elements")
        }
        let result = try type(first, of: node).shape
        let count = result[max(Int(axis), 0)]
        let inverse = axis < 0 ? input.reduce(1, *) : input[Int(axis)]
        try lowerSeveral(
            PACK_OP_Unique, node, inputs: 1, [nil, .i64, .i64, .i64], [axis, sorted != 0 ? 1 : 0],
            shape: { $0 == 2 ? [inverse] : [count] })
    }
}
