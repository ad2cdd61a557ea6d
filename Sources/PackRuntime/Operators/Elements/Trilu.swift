public import CPackKernels
import PackCore

/// The upper or lower triangle of each matrix, 0 elsewhere (ONNX `Trilu`). Inputs: x, the diagonal or absent (0). Attribute: 1
/// for the upper.
enum Trilu: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        guard x.hasShape(of: out), x.rank >= 2 else { throw .shape }
        if let diagonal = step.optional(1) {
            try diagonal.requireInteger()
            guard diagonal.count == 1 else { throw .shape }
        }
        _ = try step.attribute(0)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        let rows = x.extent(x.rank - 2)
        let columns = x.last
        let isUpper = try step.attribute(0) != 0
        // Beyond the matrix a diagonal means the same wherever it is.
        let given = step.optional(1)?.index(0) ?? 0
        let diagonal = Swift.min(Swift.max(given, -rows - 1), columns + 1)
        out.clear()
        guard columns > 0 else { return }
        for row in 0..<x.count / columns {
            let edge = row % rows + diagonal
            let first = Swift.min(Swift.max(isUpper ? edge : 0, 0), columns)
            let end = Swift.min(Swift.max(isUpper ? columns : edge + 1, first), columns)
            out.copy(row * columns + first, 1, from: x, row * columns + first, 1, end - first)
        }
    }
}

/// C entry of `Trilu`.
@c(pack_op_Trilu) public func packOperatorTrilu(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Trilu.self, step, running)
}
