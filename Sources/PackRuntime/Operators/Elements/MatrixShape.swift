import PackCore

/// The matrices of a product as ONNX `MatMul` sees them: vectors are rows on the left and columns on the right, leading axes
/// are repeated to each other.
struct MatrixShape {
    private(set) var m: Int
    let k: Int
    let n: Int
    /// Matrices.
    private(set) var batch: Int
    /// Walks the matrices: output, left, right.
    private(set) var walk = Walk()

    init(_ step: Step) throws(OperatorError) {
        let a = try step.input(0)
        let b = try step.input(1)
        let out = try step.output()
        guard a.rank >= 1, b.rank >= 1 else { throw .shape }
        m = a.rank == 1 ? 1 : a.extent(a.rank - 2)
        n = b.rank == 1 ? 1 : b.last
        k = a.last
        guard k == (b.rank == 1 ? b.last : b.extent(b.rank - 2)) else { throw .shape }
        let axes = out.rank - (a.rank == 1 ? 0 : 1) - (b.rank == 1 ? 0 : 1)
        guard axes == Swift.max(Swift.max(a.rank, b.rank) - 2, 0) else { throw .shape }
        let matrix = try product(m, n)
        guard out.product(axes..<out.rank) == matrix else { throw .shape }
        batch = out.product(0..<axes)
        let left = axes - Swift.max(a.rank - 2, 0)
        let right = axes - Swift.max(b.rank - 2, 0)
        for axis in 0..<axes {
            try walk.add(
                out.extent(axis), out.stride(axis), try MatrixShape.stride(a, axis - left, out.extent(axis)),
                try MatrixShape.stride(b, axis - right, out.extent(axis)))
        }
        // One matrix on the right serves all rows of the left as if they were one matrix.
        if right == axes, left == 0, a.count == (try product(product(batch, m), k)) {
            m *= batch
            batch = Swift.min(batch, 1)
            walk = Walk()
        }
    }

    /// Elements between matrices along a leading axis; 0 where one is repeated.
    private static func stride(_ x: Tensor, _ axis: Int, _ extent: Int) throws(OperatorError) -> Int {
        if axis < 0 || x.extent(axis) == 1 { return 0 }
        guard x.extent(axis) == extent else { throw .shape }
        return x.stride(axis)
    }
}
