public import CPackKernels
import PackCore

/// Joins the texts of two tensors, with broadcasting (ONNX `StringConcat`).
enum StringConcat: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        for tensor in [try step.input(0), try step.input(1), try step.output()] { try tensor.require(.i64) }
        _ = try Walk(output: try step.output(), try step.input(0), try step.input(1))
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let a = try step.input(0).integers
        let b = try step.input(1).integers
        let out = try step.output().integers
        let walk = try Walk(output: try step.output(), try step.input(0), try step.input(1))
        let run = walk.run
        let steps = walk.steps
        var joined: [UInt8] = []
        try walk.forEachRun { at throws(OperatorError) in
            for i in 0..<run {
                let (left, right) = (a[at[1] + i * steps[1]], b[at[2] + i * steps[2]])
                let count = try step.text(left).count + step.text(right).count
                guard count <= TextPool.byteLimit else { throw .texts }
                joined.removeAll(keepingCapacity: true)
                joined.append(contentsOf: try step.text(left))
                joined.append(contentsOf: try step.text(right))
                out[at[0] + i * steps[0]] = try step.code(joined)
            }
        }
    }
}

extension Step {
    /// The code of a text.
    func code(_ text: [UInt8]) throws(OperatorError) -> Int64 {
        try text.withUnsafeBufferPointer { text throws(OperatorError) in try code(text) }
    }
}

/// C entry of `StringConcat`.
@c(pack_op_StringConcat) public func packOperatorStringConcat(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(StringConcat.self, step, running) }
