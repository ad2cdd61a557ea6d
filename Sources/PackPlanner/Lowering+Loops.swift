import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    /// The ends of loops that are run turn by turn.
    static let loops: [String: LoweringRule] = [
        LoopOperator.begin.rawValue: { (lowering, node) throws(PlannerError) in try lowering.lowerLoopBegin(node) },
        LoopOperator.end.rawValue: { (lowering, node) throws(PlannerError) in try lowering.lowerLoopEnd(node) },
    ]

    private mutating func lowerLoopBegin(_ node: Node) throws(PlannerError) {
        var inputs: [UInt32] = []
        for input in node.inputs { inputs.append(try value(input, of: node)) }
        var outputs: [UInt32] = []
        for (index, output) in node.outputs.enumerated() {
            guard output.isEmpty else {
                outputs.append(try result(output, of: node))
                continue
            }
            outputs.append(try temporary("\(node.name).\(index)", try type(node.inputs[index], of: node)))
        }
        loopBegins[try loop(node)] = tables.steps.count
        try add(PACK_OP_LoopBegin, node, inputs, outputs)
    }

    private mutating func lowerLoopEnd(_ node: Node) throws(PlannerError) {
        guard let begin = loopBegins[try loop(node)] else { throw refuse(node, "no begin", "a loop's begin before it") }
        var inputs: [UInt32] = []
        for input in node.inputs { inputs.append(try value(input, of: node)) }
        var outputs: [UInt32] = []
        for (index, output) in node.outputs.enumerated() {
            let type = try type(node.inputs[4 + index], of: node)
            outputs.append(
                try output.isEmpty ? temporary("\(node.name).\(index)", type) : result(output, of: node))
        }
        for step in tables.steps[begin...] {
            let made = Int(step.first_argument) + Int(step.input_count)
            let values = tables.arguments[made..<made + Int(step.output_count)]
            if values.contains(where: { tables.values[Int($0)].flags != 0 }) {
                throw refuse(node, "extents in the loop that only data tell", "extents known from shapes")
            }
        }
        try add(PACK_OP_LoopEnd, node, inputs, outputs, [Int64(begin)])
    }

    private func loop(_ node: Node) throws(PlannerError) -> Int {
        try read(node) { n throws(GraphError) in try n.int("loop", default: -1) }
    }
}
