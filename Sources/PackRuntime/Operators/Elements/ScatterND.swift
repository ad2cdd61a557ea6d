public import CPackKernels
import PackCore

/// A copy of a tensor with slices changed that index tuples mean (ONNX `ScatterND`). Inputs: x, indices, updates. Attributes: 0,
/// `ScatterKind`.
enum ScatterND: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try checkScatter(step)
        let tuples = try IndexTuples(try step.input(0), try step.input(1), batch: 0)
        guard try step.input(2).count == product(tuples.count, tuples.slice) else { throw .shape }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let out = try step.output()
        guard let kind = ScatterKind(rawValue: try step.attribute(1)) else { throw .attribute }
        out.copyAll(from: try step.input(0))
        let tuples = try IndexTuples(out, try step.input(1), batch: 0)
        for i in 0..<tuples.count {
            out.scatter(kind, try tuples.place(i), try step.input(2), i * tuples.slice, tuples.slice)
        }
    }
}

/// C entry of `ScatterND`.
@c(pack_op_ScatterND) public func packOperatorScatterND(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(ScatterND.self, step, running)
}
