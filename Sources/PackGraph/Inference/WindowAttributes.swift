import PackCore

/// The attributes by which convolution and pooling say how a window goes over an image: kernel_shape, strides, dilations,
/// pads, auto_pad and ceil_mode.
package struct WindowAttributes: Sendable {
    /// How inputs are padded.
    package enum Padding: Int, Sendable {
        /// By the numbers of `before` and `after`.
        case given = 0
        /// So that there are inputs over strides outputs, rounded up; the larger half after.
        case upper = 1
        /// As `upper`, the larger half before.
        case lower = 2
    }

    package let kernel: [Int]
    package let strides: [Int]
    package let dilations: [Int]
    package let before: [Int]
    package let after: [Int]
    package let padding: Padding
    package let roundsUp: Bool

    /// Numbers of kernels, strides, dilations and padding are below this.
    static let limit = 1 << 31

    /// The longest sums of a convolution whose results are pooled as they are computed, and the longest way from one of the pool's
    /// windows to the next.
    package static let mostPooledTaps = 75
    package static let mostPooledStride = 16

    /// The windows over a convolution's results of which it gives the highest, by attributes pool_kernel and pool_strides (two
    /// numbers each); nil where it has none.
    package static func pool(_ node: Node) throws(GraphError) -> WindowAttributes? {
        guard let kernel = try node.ints("pool_kernel") else { return nil }
        let strides = try node.ints("pool_strides") ?? kernel
        let pool = Node(
            "MaxPool", name: node.name, inputs: [], outputs: [],
            attributes: ["kernel_shape": .ints(kernel), "strides": .ints(strides)])
        let window = try WindowAttributes(pool, rank: 2)
        guard zip(kernel, strides).allSatisfy({ $0 <= $1 && $1 <= mostPooledStride }) else {
            throw GraphError(
                .wrongAttribute, node, found: "pool_kernel \(kernel) and pool_strides \(strides)",
                expected: "windows that do not overlap, strides of at most \(mostPooledStride)")
        }
        return window
    }

    /// Reads and checks the attributes of a node.
    ///
    /// - Parameters:
    ///   - kernel: Extents of the kernel where another operand has them; the attribute must then agree or be absent.
    ///   - rank: Spatial axes.
    /// - Throws: `GraphError` of kind `wrongAttribute` or `unsupported`.
    package init(_ node: Node, kernel given: [Int]? = nil, rank: Int) throws(GraphError) {
        guard (1...3).contains(rank) else {
            throw GraphError(.unsupported, node, found: "\(rank) spatial axes", expected: "1 to 3")
        }
        guard let kernel = try node.ints("kernel_shape") ?? given else {
            throw GraphError(.wrongAttribute, node, found: "no kernel_shape", expected: "kernel_shape")
        }
        guard given == nil || given == kernel else {
            throw GraphError(
                .wrongAttribute, node, found: "kernel_shape \(kernel)", expected: "that of the weights, \(given ?? [])")
        }
        let auto = try node.string("auto_pad", default: "NOTSET")
        guard
            let padding = ["NOTSET": .given, "VALID": .given, "SAME_UPPER": .upper, "SAME_LOWER": .lower][auto]
                as Padding?
        else {
            throw GraphError(
                .wrongAttribute, node, found: "auto_pad \(auto)", expected: "NOTSET, VALID, SAME_UPPER or SAME_LOWER")
        }
        self.kernel = kernel
        self.padding = padding
        let ones = Array(repeating: 1, count: rank)
        strides = try node.ints("strides") ?? ones
        dilations = try node.ints("dilations") ?? ones
        let zeros = Array(repeating: 0, count: 2 * rank)
        let pads = auto == "NOTSET" ? try node.ints("pads") ?? zeros : zeros
        for (name, list, least, count) in [
            ("kernel_shape", kernel, 1, rank), ("strides", strides, 1, rank), ("dilations", dilations, 1, rank),
            ("pads", pads, 0, 2 * rank),
        ] {
            guard list.count == count, list.allSatisfy({ $0 >= least && $0 < Self.limit }) else {
                throw GraphError(
                    .wrongAttribute, node, found: "\(name) \(list)", expected: "\(count) numbers of at least \(least)")
            }
        }
        before = Array(pads.prefix(rank))
        after = Array(pads.suffix(rank))
        roundsUp = try node.int("ceil_mode", default: 0) != 0 && auto == "NOTSET"
    }

    /// Input positions from the first tap to the last.
    package func span(_ axis: Int) -> Int { (kernel[axis] - 1) * dilations[axis] + 1 }

    /// The extent of an axis of the output; an error if the kernel is larger than the padded input.
    package func output(_ axis: Int, of extent: Dimension, _ node: Node) throws(GraphError) -> Dimension {
        let stride = Dimension.constant(strides[axis])
        if padding != .given { return (extent + .constant(strides[axis] - 1)) / stride }
        let padded = extent + .constant(before[axis] + after[axis])
        if let count = padded.constant, count < span(axis) {
            throw GraphError(
                .wrongShape, node, found: "a kernel over \(span(axis)) positions",
                expected: "at most the padded \(count)")
        }
        // One sum before the division keeps numbers in a plan's expressions from being negative.
        let windows = (padded + .constant(strides[axis] - span(axis))) / stride
        guard roundsUp else { return windows }
        let more = (padded + .constant(2 * strides[axis] - 1 - span(axis))) / stride
        return .min(more, (extent + .constant(before[axis] + strides[axis] - 1)) / stride)
    }

    /// The words by which a plan's steps give a window.
    package var words: [Int64] {
        let axes = kernel.indices.flatMap { axis in
            [kernel[axis], strides[axis], dilations[axis], before[axis], after[axis]].map { Int64($0) }
        }
        return [Int64(padding.rawValue), Int64(kernel.count)] + axes
    }
}
