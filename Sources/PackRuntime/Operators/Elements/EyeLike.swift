public import CPackKernels
import PackCore

/// A matrix of 1 on a diagonal and 0 elsewhere (ONNX `EyeLike`). Attributes: the diagonal, bits of 1 in the output's type.
enum EyeLike: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        guard try step.output().rank == 2 else { throw .shape }
        _ = try step.attribute(1)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let out = try step.output()
        let diagonal = try step.attribute(0)
        var one = Int64(try step.attribute(1))
        let size = out.dtype.size
        out.clear()
        for row in 0..<out.extent(0) {
            let (column, overflow) = row.addingReportingOverflow(diagonal)
            guard !overflow, column >= 0, column < out.extent(1) else { continue }
            out.raw?.advanced(by: (row * out.extent(1) + column) * size).copyMemory(from: &one, byteCount: size)
        }
    }
}

/// C entry of `EyeLike`.
@c(pack_op_EyeLike) public func packOperatorEyeLike(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(EyeLike.self, step, running)
}
