public import CPackKernels
import PackCore

/// A sum of products over labelled axes (ONNX `Einsum`) of up to three tensors. Attributes: the count of the output's labels;
/// for each axis of each input in turn its label: those of the output are 0, 1, …, then come those that are summed over.
enum Einsum: Operator {
    private static let labels = 16

    /// Walks over the output (first) and, for each of its elements, over the summed labels; inputs are second to fourth.
    private static func walks(_ step: Step) throws(OperatorError) -> (outer: Walk, inner: Walk) {
        let out = try step.output()
        let outputLabels = try step.attribute(0)
        guard outputLabels == out.rank, (1...3).contains(step.inputCount) else { throw .attribute }
        var extents = InlineArray<16, Int>(repeating: 1)
        var strides = InlineArray<16, Walk.Four>(repeating: Walk.Four(repeating: 0))
        var seen = (1 << outputLabels) - 1
        for axis in 0..<out.rank {
            extents[axis] = out.extent(axis)
            strides[axis][0] = out.stride(axis)
        }
        var position = 1
        var given = 0
        for index in 0..<step.inputCount {
            let x = try step.input(index)
            guard x.dtype == out.dtype, x.dtype != .bool else { throw .type }
            for axis in 0..<x.rank {
                let label = try step.attribute(position)
                position += 1
                guard label >= 0, label < labels else { throw .attribute }
                let extent = x.extent(axis)
                if extent != 1 {
                    guard given & (1 << label) == 0 || extents[label] == extent else { throw .shape }
                    guard label >= outputLabels || extents[label] == extent else { throw .shape }
                    extents[label] = extent
                    given |= 1 << label
                    strides[label][index + 1] += x.stride(axis)
                }
                seen |= 1 << label
            }
        }
        var outer = Walk()
        var inner = Walk()
        for label in 0..<labels where seen & (1 << label) != 0 {
            if label < outputLabels {
                try outer.add(extents[label], strides[label])
            } else {
                try inner.add(extents[label], strides[label])
            }
        }
        return (outer, inner)
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        _ = try walks(step)
        return 2 * blockElements * 8
    }

    static func run(_ step: Step) throws(OperatorError) {
        let out = try step.output()
        guard let scratch = step.scratch else { throw .attribute }
        let (outer, summed) = try walks(step)
        var inner = summed
        let run = outer.run
        let steps = outer.steps
        try outer.forEachRun { at throws(OperatorError) in
            for i in 0..<run {
                for tensor in 1..<4 { inner.start[tensor] = at[tensor] + i * steps[tensor] }
                if out.dtype.wide == .float {
                    let block = scratch.assumingMemoryBound(to: Double.self)
                    var sum = 0.0
                    try products(step, inner, block, load: { $0.load($1, $2, $3, $4) }, { $0 * $1 }) { sum += $0 }
                    out.store(at[0] + i * steps[0], 1, 1, &sum)
                } else {
                    let block = scratch.assumingMemoryBound(to: Int64.self)
                    var sum: Int64 = 0
                    try products(step, inner, block, load: { $0.load($1, $2, $3, $4) }, { $0 &* $1 }) { sum &+= $0 }
                    out.store(at[0] + i * steps[0], 1, 1, &sum)
                }
            }
        }
    }

    @inline(__always)
    private static func products<T>(
        _ step: Step, _ walk: Walk, _ block: UnsafeMutablePointer<T>,
        load: (Tensor, Int, Int, Int, UnsafeMutablePointer<T>) -> Void, _ multiply: (T, T) -> T, _ add: (T) -> Void
    ) throws(OperatorError) {
        let run = walk.run
        let steps = walk.steps
        try walk.forEachRun { at throws(OperatorError) in
            var done = 0
            while done < run {
                let count = Swift.min(blockElements, run - done)
                for index in 0..<step.inputCount {
                    let target = index == 0 ? block : block + blockElements
                    load(
                        try step.input(index), at[index + 1] + done * steps[index + 1], steps[index + 1], count, target)
                    if index > 0 { for i in 0..<count { block[i] = multiply(block[i], target[i]) } }
                }
                for i in 0..<count { add(block[i]) }
                done += count
            }
        }
    }
}

/// C entry of `Einsum`.
@c(pack_op_Einsum) public func packOperatorEinsum(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Einsum.self, step, running)
}
