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
        try add(PACK_OP_LoopBegin, node, inputs, outputs, [-1])
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
            if tables.arguments(of: step).outputs.contains(where: { tables.values[Int($0)].flags != 0 }) {
                throw refuse(node, "extents in the loop that only data tell", "extents known from shapes")
            }
        }
        try add(PACK_OP_LoopEnd, node, inputs, outputs, [Int64(begin)])
    }

    /// Lets loops without a turn go to their ends at once, where nothing behind them reads what is made in them.
    mutating func settleLoops() {
        guard !loopBegins.isEmpty else { return }
        var lastReads = [Int](repeating: -1, count: tables.values.count)
        for (index, step) in tables.steps.enumerated() {
            for value in tables.arguments(of: step).inputs where value != PACK_PLAN_ABSENT {
                lastReads[Int(tables.root(value))] = index
            }
        }
        for output in tables.outputs { lastReads[Int(tables.root(output))] = .max }
        for (end, step) in tables.steps.enumerated() where step.op == PACK_OP_LoopEnd.rawValue {
            let begin = Int(tables.attributes[Int(step.first_attribute)])
            let isReadBehind = tables.steps[begin + 1..<end].contains { inner in
                tables.arguments(of: inner).outputs.contains { lastReads[Int($0)] > end }
            }
            if !isReadBehind { tables.attributes[Int(tables.steps[begin].first_attribute)] = Int64(end) }
        }
    }

    private func loop(_ node: Node) throws(PlannerError) -> Int {
        try read(node) { n throws(GraphError) in try n.int("loop", default: -1) }
    }
}

extension PlanTables {
    /// The values that a step reads and makes.
    fileprivate func arguments(of step: pack_plan_step) -> (inputs: ArraySlice<UInt32>, outputs: ArraySlice<UInt32>) {
        let first = Int(step.first_argument)
        let middle = first + Int(step.input_count)
        return (arguments[first..<middle], arguments[middle..<middle + Int(step.output_count)])
    }

    /// The value that owns the bytes of a value.
    fileprivate func root(_ value: UInt32) -> UInt32 {
        guard value != PACK_PLAN_ABSENT, UInt32(values[Int(value)].kind) == PACK_PLAN_ALIAS.rawValue else {
            return value
        }
        return UInt32(values[Int(value)].data_offset)
    }
}
