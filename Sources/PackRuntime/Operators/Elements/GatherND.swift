public import CPackKernels
import PackCore

/// Picks slices by index tuples along the last axis of the indices (ONNX `GatherND`). Attribute: batch axes.
enum GatherND: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let indices = try step.input(1)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        let tuples = try IndexTuples(x, indices, batch: try step.attribute(0))
        guard out.count == (try product(tuples.count, tuples.slice)) else { throw .shape }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        let tuples = try IndexTuples(x, try step.input(1), batch: try step.attribute(0))
        for i in 0..<tuples.count {
            out.copy(i * tuples.slice, 1, from: x, try tuples.place(i), 1, tuples.slice)
        }
    }
}

/// Index tuples that stand along the last axis of a tensor, and what they mean in another.
struct IndexTuples {
    private let data: Tensor
    private let indices: Tensor
    private let batch: Int
    private let length: Int
    /// Tuples.
    let count: Int
    /// Elements of the slice that a tuple means.
    let slice: Int
    private let perBatch: Int

    init(_ data: Tensor, _ indices: Tensor, batch: Int) throws(OperatorError) {
        try indices.requireInteger()
        guard indices.rank > 0, batch >= 0, batch < indices.rank, batch <= data.rank else { throw .shape }
        length = indices.last
        guard length <= data.rank - batch else { throw .shape }
        for axis in 0..<batch where indices.extent(axis) != data.extent(axis) { throw .shape }
        self.data = data
        self.indices = indices
        self.batch = batch
        count = indices.product(0..<indices.rank - 1)
        slice = data.product(batch + length..<data.rank)
        perBatch = Swift.max(indices.product(batch..<indices.rank - 1), 1)
    }

    /// Where the slice of a tuple starts.
    func place(_ tuple: Int) throws(OperatorError) -> Int {
        var place = tuple / perBatch
        for axis in 0..<length {
            let extent = data.extent(batch + axis)
            place = place * extent + (try wrapped(indices.index(tuple * length + axis), extent))
        }
        return place * slice
    }
}

/// C entry of `GatherND`.
@c(pack_op_GatherND) public func packOperatorGatherND(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(GatherND.self, step, running)
}
