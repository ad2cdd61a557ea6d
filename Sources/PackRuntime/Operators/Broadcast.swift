/// Walks the elements of an output with the matching elements of up to three inputs that are broadcast to it (ONNX's
/// multidirectional rule: axes are aligned at the end, extent 1 repeats).
struct Broadcast {
    typealias Strides = (Int, Int, Int, Int, Int, Int, Int, Int)
    private var extents: Strides = (1, 1, 1, 1, 1, 1, 1, 1)
    private var strides: (Strides, Strides, Strides)
    private let count: Int

    /// Checks that every input can be repeated to the output's shape.
    init(output: Tensor, _ a: Tensor, _ b: Tensor? = nil, _ c: Tensor? = nil) throws(OperatorError) {
        let zero: Strides = (0, 0, 0, 0, 0, 0, 0, 0)
        strides = (zero, zero, zero)
        count = output.count
        for axis in 0..<output.rank { Broadcast.set(&extents, 8 - output.rank + axis, output.extent(axis)) }
        strides.0 = try Broadcast.strides(of: a, in: output)
        if let b { strides.1 = try Broadcast.strides(of: b, in: output) }
        if let c { strides.2 = try Broadcast.strides(of: c, in: output) }
        joinAxes()
    }

    /// Makes the last axis as long as it can be: the axis before joins it while every input goes on evenly, or repeats.
    private mutating func joinAxes() {
        for _ in 0..<7 {
            let (last, before) = (extents.7, extents.6)
            guard Broadcast.joins(strides.0, last, before), Broadcast.joins(strides.1, last, before),
                Broadcast.joins(strides.2, last, before)
            else { return }
            Broadcast.shift(&extents, first: 1, last: last * before)
            Broadcast.shift(&strides.0, first: 0, last: last > 1 ? strides.0.7 : strides.0.6)
            Broadcast.shift(&strides.1, first: 0, last: last > 1 ? strides.1.7 : strides.1.6)
            Broadcast.shift(&strides.2, first: 0, last: last > 1 ? strides.2.7 : strides.2.6)
        }
    }

    private static func joins(_ strides: Strides, _ last: Int, _ before: Int) -> Bool {
        before == 1 || last == 1 || strides.6 == strides.7 * last
    }

    /// Takes the last two axes as one, all others moving towards the end.
    private static func shift(_ tuple: inout Strides, first: Int, last: Int) {
        for axis in stride(from: 6, to: 0, by: -1) { set(&tuple, axis, get(tuple, axis - 1)) }
        tuple.0 = first
        tuple.7 = last
    }

    private static func strides(of input: Tensor, in output: Tensor) throws(OperatorError) -> Strides {
        guard input.rank <= output.rank else { throw .shape }
        var result: Strides = (0, 0, 0, 0, 0, 0, 0, 0)
        var stride = 1
        for back in 0..<input.rank {
            let extent = input.extent(input.rank - 1 - back)
            guard extent == output.extent(output.rank - 1 - back) || extent == 1 else { throw .shape }
            set(&result, 7 - back, extent == 1 ? 0 : stride)
            stride *= extent
        }
        return result
    }

    private static func set(_ tuple: inout Strides, _ index: Int, _ value: Int) {
        withUnsafeMutableBytes(of: &tuple) { $0.assumingMemoryBound(to: Int.self)[index] = value }
    }

    private static func get(_ tuple: Strides, _ index: Int) -> Int {
        withUnsafeBytes(of: tuple) { $0.assumingMemoryBound(to: Int.self)[index] }
    }

    /// Calls `body` with an output position and those of the three inputs, and the run length and the inputs' strides along
    /// the last axis, for every run along it.
    @inline(__always)
    func forEachRow(_ body: (_ at: (Int, Int, Int, Int), _ run: Int, _ step: (Int, Int, Int)) -> Void) {
        let run = extents.7
        guard count > 0, run > 0 else { return }
        var index: Strides = (0, 0, 0, 0, 0, 0, 0, 0)
        var at = (0, 0, 0, 0)
        let step = (strides.0.7, strides.1.7, strides.2.7)
        while true {
            body(at, run, step)
            at.0 += run
            if at.0 >= count { return }
            var axis = 6
            while axis >= 0 {
                let next = Broadcast.get(index, axis) + 1
                at.1 += Broadcast.get(strides.0, axis)
                at.2 += Broadcast.get(strides.1, axis)
                at.3 += Broadcast.get(strides.2, axis)
                if next < Broadcast.get(extents, axis) {
                    Broadcast.set(&index, axis, next)
                    break
                }
                Broadcast.set(&index, axis, 0)
                at.1 -= next * Broadcast.get(strides.0, axis)
                at.2 -= next * Broadcast.get(strides.1, axis)
                at.3 -= next * Broadcast.get(strides.2, axis)
                axis -= 1
            }
        }
    }
}
