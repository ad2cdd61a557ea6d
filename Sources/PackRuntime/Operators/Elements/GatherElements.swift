public import CPackKernels
import PackCore

/// Picks single elements: those of the indices' places, but along one axis where the indices say (ONNX `GatherElements`).
/// Attribute: axis.
enum GatherElements: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        let indices = try step.input(1)
        _ = try elementWalk(x, indices, try step.attribute(0))
        guard indices.count == out.count else { throw .shape }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let indices = try step.input(1)
        let out = try step.output()
        let axis = try step.attribute(0)
        try eachElement(x, indices, axis) { place, position throws(OperatorError) in
            out.copy(position, 1, from: x, place, 1, 1)
        }
    }
}

/// Walks an index tensor (first) and the places of the data without the indexed axis (second).
private func elementWalk(_ x: Tensor, _ indices: Tensor, _ axis: Int) throws(OperatorError) -> Walk {
    try indices.requireInteger()
    guard x.rank == indices.rank, axis >= 0, axis < x.rank else { throw .shape }
    var walk = Walk()
    for other in 0..<x.rank {
        guard other == axis || indices.extent(other) <= x.extent(other) else { throw .shape }
        try walk.add(indices.extent(other), indices.stride(other), other == axis ? 0 : x.stride(other))
    }
    return walk
}

/// Calls `body` with the place in the data that each index means, and the index's position. Indices out of range are refused.
func eachElement(
    _ x: Tensor, _ indices: Tensor, _ axis: Int,
    _ body: (_ place: Int, _ position: Int) throws(OperatorError) -> Void
) throws(OperatorError) {
    let walk = try elementWalk(x, indices, axis)
    let run = walk.run
    let steps = walk.steps
    try walk.forEachRun { at throws(OperatorError) in
        for i in 0..<run {
            let position = at[0] + i * steps[0]
            let index = try wrapped(indices.index(position), x.extent(axis))
            try body(at[1] + i * steps[1] + index * x.stride(axis), position)
        }
    }
}

/// C entry of `GatherElements`.
@c(pack_op_GatherElements) public func packOperatorGatherElements(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(GatherElements.self, step, running) }
