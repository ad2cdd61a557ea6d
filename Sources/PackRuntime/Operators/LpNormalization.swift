public import CPackKernels
import PackCore

/// Divides the values along an axis by their 1- or 2-norm; zeros stay (ONNX `LpNormalization`). f32. Attributes: axis, p.
enum LpNormalization: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard x.hasShape(of: out) else { throw .shape }
        let axis = try step.attribute(0)
        guard axis >= 0, axis < x.rank, (1...2).contains(try step.attribute(1)) else { throw .attribute }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let axis = try step.attribute(0)
        let isEuclidean = try step.attribute(1) == 2
        let (extent, inner) = (x.extent(axis), x.product(axis + 1..<x.rank))
        let (from, to) = (x.floats, try step.output().floats)
        for outer in 0..<x.product(0..<axis) {
            for j in 0..<inner {
                let start = outer * extent * inner + j
                var norm: Float = 0
                for k in 0..<extent {
                    let value = from[start + k * inner]
                    norm += isEuclidean ? value * value : Swift.abs(value)
                }
                if isEuclidean { norm = norm.squareRoot() }
                for k in 0..<extent { to[start + k * inner] = norm == 0 ? 0 : from[start + k * inner] / norm }
            }
        }
    }
}

/// C entry of `LpNormalization`.
@c(pack_op_LpNormalization) public func packOperatorLpNormalization(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(LpNormalization.self, step, running) }
