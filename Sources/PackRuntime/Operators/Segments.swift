import CPackKernels

/// The texts of a batch: rows of a tensor [texts, tokens, ..], or side by side in a tensor [1, tokens, ..] without padding.
struct Segments {
    /// Number of texts.
    let count: Int
    /// Tokens of the longest one.
    let longest: Int
    private let ends: UnsafePointer<Int64>?

    /// - Throws: `OperatorError.shape` if the tensor is not one that these texts lie in.
    @inline(never)
    init(_ step: Step, _ tensor: Tensor) throws(OperatorError) {
        guard tensor.rank >= 2 else { throw .shape }
        ends = step.segmentEnds
        guard let ends else {
            (count, longest) = (tensor.extent(0), tensor.extent(1))
            return
        }
        count = step.segmentCount
        guard count > 0, tensor.extent(0) == 1, tensor.extent(1) == Int(ends[count - 1]) else { throw .shape }
        var last = 0
        var most = 0
        for index in 0..<count {
            most = Swift.max(most, Int(ends[index]) - last)
            last = Int(ends[index])
        }
        longest = most
    }

    /// The tokens of a text, counted over all texts.
    subscript(index: Int) -> Range<Int> {
        guard let ends else { return index * longest..<(index + 1) * longest }
        return (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
    }
}
