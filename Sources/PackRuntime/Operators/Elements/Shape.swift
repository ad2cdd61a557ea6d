public import CPackKernels
import PackCore

/// Extents of a tensor as i64 (ONNX `Shape`), as many as the output holds; attribute: the first axis. Or, with attribute −1,
/// its count of elements (`Size`).
enum ShapeOperator: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try out.require(.i64)
        let first = try step.attribute(0)
        guard first == -1 ? out.count == 1 : first >= 0 && first <= x.rank && out.count <= x.rank - first else {
            throw .shape
        }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output().integers
        let first = try step.attribute(0)
        for i in 0..<out.count { out[i] = Int64(first < 0 ? x.count : x.extent(first + i)) }
    }
}

/// C entry of `Shape`.
@c(pack_op_Shape) public func packOperatorShape(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(ShapeOperator.self, step, running)
}
