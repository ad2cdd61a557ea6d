import PackCore

extension Tensor {
    /// Copies `count` elements of a tensor of the same type, every `fromStep`-th from `from` on, to every `step`-th place from
    /// `at` on.
    func copy(_ at: Int, _ step: Int, from source: Tensor, _ from: Int, _ fromStep: Int, _ count: Int) {
        guard let target = raw, let bytes = source.raw else { return }
        let size = dtype.size
        if step == 1, fromStep == 1 {
            assert(at >= 0 && count >= 0 && at + count <= self.count && from >= 0 && from + count <= source.count)
            (target + at * size).copyMemory(from: bytes + from * size, byteCount: count * size)
            return
        }
        switch size {
        case 1: move(UInt8.self, at, step, source, from, fromStep, count)
        case 2: move(UInt16.self, at, step, source, from, fromStep, count)
        case 4: move(UInt32.self, at, step, source, from, fromStep, count)
        default: move(UInt64.self, at, step, source, from, fromStep, count)
        }
    }

    @inline(__always)
    private func move<T>(
        _: T.Type, _ at: Int, _ step: Int, _ source: Tensor, _ from: Int, _ fromStep: Int, _ count: Int
    ) {
        let to = elements(T.self)
        let values = source.elements(T.self)
        for i in 0..<count { to[at + i * step] = values[from + i * fromStep] }
    }

    /// Copies all elements of a tensor with the same type and count.
    func copyAll(from source: Tensor) {
        guard let target = raw, let bytes = source.raw else { return }
        target.copyMemory(from: bytes, byteCount: bytes == target ? 0 : source.bytes)
    }

    /// Sets all bytes to 0.
    func clear() { raw?.initializeMemory(as: UInt8.self, repeating: 0, count: bytes) }

    /// Copies along a walk whose first tensor is this one and whose second is the source.
    func copy(along walk: Walk, from source: Tensor) throws(OperatorError) {
        var walk = walk
        let run = walk.run
        let steps = walk.steps
        // Where the source's neighbours do not follow each other in the runs, small squares of both axes stay in the cache.
        if steps[1] > 1, let other = walk.removeAxis(ofNeighbours: 1) {
            return try walk.forEachRun { at throws(OperatorError) in
                let side = 16
                for first in Swift.stride(from: 0, to: run, by: side) {
                    for row in 0..<other.extent {
                        copy(
                            at[0] + row * other.steps[0] + first * steps[0], steps[0], from: source,
                            at[1] + row + first * steps[1], steps[1], Swift.min(side, run - first))
                    }
                }
            }
        }
        try walk.forEachRun { at throws(OperatorError) in
            copy(at[0], steps[0], from: source, at[1], steps[1], run)
        }
    }
}

/// An axis counted from the front.
func wrapped(_ axis: Int, _ rank: Int) throws(OperatorError) -> Int {
    let result = axis < 0 ? axis &+ rank : axis
    guard result >= 0, result < rank else { throw .index }
    return result
}

/// A product of counts; a refusal where it is no count.
func product(_ a: Int, _ b: Int) throws(OperatorError) -> Int {
    let (result, overflow) = a.multipliedReportingOverflow(by: b)
    guard !overflow else { throw .shape }
    return result
}
