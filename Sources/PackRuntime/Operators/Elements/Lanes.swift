import PackCore

/// A tensor as lanes along one axis: what runs along the axis at every place of the other axes.
struct Lanes {
    let outer: Int
    let extent: Int
    let inner: Int

    init(_ x: Tensor, _ axis: Int) throws(OperatorError) {
        guard axis >= 0, axis < x.rank else { throw .attribute }
        outer = x.product(0..<axis)
        extent = x.extent(axis)
        inner = x.stride(axis)
    }

    /// Lanes of a tensor, or the only lane of a scalar.
    init(orScalar x: Tensor, _ axis: Int) throws(OperatorError) {
        if x.rank == 0 {
            outer = 1
            extent = 1
            inner = 1
        } else {
            self = try Lanes(x, axis)
        }
    }

    var count: Int { outer * inner }

    /// Where a lane starts; its elements are `inner` apart.
    func start(_ lane: Int) -> Int { lane / inner * extent * inner + lane % inner }
}
