/// Positions of up to four tensors that are walked together, over axes from the outermost to the innermost.
///
/// Axes whose strides continue each other become one, so that runs along the innermost axis are as long as can be.
struct Walk {
    typealias Four = InlineArray<4, Int>
    private static let capacity = 16
    private var extents = InlineArray<16, Int>(repeating: 1)
    private var strides = InlineArray<16, Four>(repeating: Four(repeating: 0))
    private var axes = 0
    private var isEmpty = false
    /// Where each tensor starts.
    var start = Four(repeating: 0)

    /// Adds an axis inside of those so far, with the strides of the tensors along it.
    mutating func add(_ extent: Int, _ a: Int, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0) throws(OperatorError) {
        try add(extent, [a, b, c, d])
    }

    mutating func add(_ extent: Int, _ steps: Four) throws(OperatorError) {
        if extent == 0 { isEmpty = true }
        if extent <= 1 { return }
        if axes > 0 {
            var continues = true
            for tensor in 0..<4 {
                let (whole, overflow) = steps[tensor].multipliedReportingOverflow(by: extent)
                continues = continues && !overflow && strides[axes - 1][tensor] == whole
            }
            if continues {
                // Where this wraps, an axis is empty and nothing is walked.
                extents[axes - 1] &*= extent
                strides[axes - 1] = steps
                return
            }
        }
        guard axes < Walk.capacity else { throw .shape }
        extents[axes] = extent
        strides[axes] = steps
        axes += 1
    }

    /// Elements of a run.
    var run: Int { isEmpty ? 0 : axes == 0 ? 1 : extents[axes - 1] }
    /// Strides along a run.
    var steps: Four { axes == 0 ? Four(repeating: 1) : strides[axes - 1] }

    /// Takes an axis other than that of the runs out of the walk, along which a tensor's elements are neighbours.
    mutating func removeAxis(ofNeighbours tensor: Int) -> (extent: Int, steps: Four)? {
        guard axes > 1, let axis = (0..<axes - 1).first(where: { strides[$0][tensor] == 1 }) else { return nil }
        let removed = (extents[axis], strides[axis])
        for later in axis..<axes - 1 {
            extents[later] = extents[later + 1]
            strides[later] = strides[later + 1]
        }
        axes -= 1
        return removed
    }

    /// Calls `body` with the positions at which each run starts.
    @inline(never)
    func forEachRun(_ body: (_ at: Four) throws(OperatorError) -> Void) throws(OperatorError) {
        if isEmpty { return }
        var index = InlineArray<16, Int>(repeating: 0)
        var at = start
        while true {
            try body(at)
            var axis = axes - 2
            while axis >= 0 {
                index[axis] += 1
                if index[axis] < extents[axis] {
                    for tensor in 0..<4 { at[tensor] += strides[axis][tensor] }
                    break
                }
                index[axis] = 0
                for tensor in 0..<4 { at[tensor] -= strides[axis][tensor] * (extents[axis] - 1) }
                axis -= 1
            }
            if axis < 0 { return }
        }
    }
}

extension Walk {
    /// Walks an output and up to three inputs that are repeated to its shape (ONNX's multidirectional broadcasting).
    init(output: Tensor, _ a: Tensor, _ b: Tensor? = nil, _ c: Tensor? = nil) throws(OperatorError) {
        self.init()
        try a.requireStretch(to: output)
        try b?.requireStretch(to: output)
        try c?.requireStretch(to: output)
        for axis in 0..<output.rank {
            try add(
                output.extent(axis), output.stride(axis), a.stride(axis, in: output), b?.stride(axis, in: output) ?? 0,
                c?.stride(axis, in: output) ?? 0)
        }
    }
}

extension Tensor {
    /// Elements between neighbours along an axis.
    func stride(_ axis: Int) -> Int { product(axis + 1..<rank) }

    /// Elements between neighbours along an axis of a tensor to whose shape this one is repeated.
    func stride(_ axis: Int, in other: Tensor) -> Int {
        let own = axis - (other.rank - rank)
        return own < 0 || extent(own) == 1 ? 0 : stride(own)
    }

    /// Checks that this tensor can be repeated to the shape of another.
    func requireStretch(to other: Tensor) throws(OperatorError) {
        guard rank <= other.rank else { throw .shape }
        for axis in 0..<rank {
            guard extent(axis) == 1 || extent(axis) == other.extent(axis + other.rank - rank) else { throw .shape }
        }
    }
}
