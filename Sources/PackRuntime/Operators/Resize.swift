public import CPackKernels
import PackCore

/// ONNX `Resize` with scales, sizes or regions that are computed: f32, axis by axis.
///
/// Inputs: x, regions f32 [2·A] or absent, scales f32 [A], sizes [A], one of them absent or empty. Attributes: what sizes mean (0 as
/// they are, 1 at most, 2 at least, with one scale for all), the seven of `ResizeFilter`, the A axes.
enum Resize: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        let count = try axes(step)
        guard x.rank == out.rank, x.rank <= 8, count >= 0, (0...2).contains(try step.attribute(0)) else { throw .shape }
        var seen = 0
        for index in 0..<count {
            let axis = try step.attribute(8 + index)
            guard axis >= 0, axis < x.rank, seen & (1 << axis) == 0 else { throw .attribute }
            seen |= 1 << axis
        }
        if let regions = step.optional(1) { try regions.require(.f32) }
        if let scales = step.optional(2) { try scales.require(.f32) }
        if let sizes = step.optional(3) { try sizes.requireInteger() }
        let isCropping = try step.attribute(2) == ResizeCoordinates.cropAndResize.rawValue
        guard !isCropping || step.optional(1)?.count == 2 * count else { throw .shape }
        guard (usesSizes(step) ? step.optional(3) : step.optional(2))?.count == count else { throw .shape }
    }

    private static func usesSizes(_ step: Step) -> Bool { (step.optional(3)?.count ?? 0) > 0 }
    private static func axes(_ step: Step) throws(OperatorError) -> Int { step.attributeCount - 8 }

    /// The scale that sizes of a kept shape have.
    private static func commonScale(_ step: Step, _ sizes: Tensor) throws(OperatorError) -> Double {
        let isLeast = try step.attribute(0) == 1
        var scale = isLeast ? Double.infinity : 0
        for index in 0..<sizes.count {
            let ratio = Double(sizes.index(index)) / Double(try step.input(0).extent(try step.attribute(8 + index)))
            scale = isLeast ? Swift.min(scale, ratio) : Swift.max(scale, ratio)
        }
        return scale
    }

    /// The new extent of an axis, by its place in the list, and the scale.
    private static func target(_ step: Step, _ index: Int) throws(OperatorError) -> (extent: Int, scale: Double) {
        let extent = try step.input(0).extent(try step.attribute(8 + index))
        if usesSizes(step), let sizes = step.optional(3) {
            if try step.attribute(0) == 0 { return (sizes.index(index), 0) }
            let scale = try commonScale(step, sizes)
            let length = (scale * Double(extent) + 0.5).rounded(.down)
            guard length >= 0, length < 1e12 else { throw .shape }
            return (Int(length), scale)
        }
        guard let scales = step.optional(2)?.floats, index < scales.count else { throw .shape }
        let length = Float(extent) * scales[index]
        guard scales[index] > 0, length >= 0, length < 1e12 else { throw .shape }
        return (Int(length), Double(scales[index]))
    }

    static func measure(_ step: Step) throws(OperatorError) {
        try check(step)
        let (x, out) = (try step.input(0), try step.output())
        for axis in 0..<out.rank { out.setExtent(axis, x.extent(axis)) }
        for index in 0..<(try axes(step)) {
            let extent = try target(step, index).extent
            guard extent >= 0 else { throw .shape }
            out.setExtent(try step.attribute(8 + index), extent)
        }
    }

    /// Bytes of what lies between two axes, and of the largest table, as far as extents tell.
    private static func sizes(_ step: Step) throws(OperatorError) -> (between: Int, table: Int) {
        let (x, out) = (try step.input(0), try step.output())
        var count = x.count
        var (between, table) = (0, 0)
        for index in 0..<(try axes(step)) {
            let axis = try step.attribute(8 + index)
            let (input, output) = (x.extent(axis), out.extent(axis))
            // Sizes are rounded, so that the scale may be a little less than the extents tell.
            let least = input == 0 ? 1 : (Double(output) - 0.5) / Double(input)
            let filter = try ResizeFilter(step, from: 1, input, output, scale: least, 0, 1)
            table = Swift.max(table, try ResizePass(outer: 0, inner: 0, filter: filter).tableBytes())
            count = input == 0 ? 0 : try bytes(count / input, output)
            between = Swift.max(between, try bytes(count, 4))
        }
        return ((between + 63) & ~63, table)
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try check(step)
        let (between, table) = try sizes(step)
        return 2 * between + table
    }

    static func run(_ step: Step) throws(OperatorError) {
        let (x, out) = (try step.input(0), try step.output())
        let (between, table) = try sizes(step)
        guard out.count > 0, let scratch = step.scratch, let to = out.floats.baseAddress,
            let first = x.floats.baseAddress
        else { return }
        var from = UnsafePointer(first)
        var extents = InlineArray<8, Int>(repeating: 1)
        for axis in 0..<x.rank { extents[axis] = x.extent(axis) }
        for index in 0..<(try axes(step)) {
            let axis = try step.attribute(8 + index)
            let (extent, scale) = try target(step, index)
            guard extent == out.extent(axis) else { throw .shape }
            let regions = step.optional(1)?.floats
            let isCropping = try step.attribute(2) == ResizeCoordinates.cropAndResize.rawValue
            let filter = try ResizeFilter(
                step, from: 1, extents[axis], extent, scale: scale, isCropping ? regions?[index] ?? 0 : 0,
                isCropping ? regions?[index + (try axes(step))] ?? 1 : 1)
            var (outer, inner) = (1, 1)
            for other in 0..<axis { outer *= extents[other] }
            for other in axis + 1..<x.rank { inner *= extents[other] }
            let pass = ResizePass(outer: outer, inner: inner, filter: filter)
            guard try pass.tableBytes() <= table else { throw .shape }
            let isLast = index == (try axes(step)) - 1
            let target =
                isLast ? to : (scratch + table + index % 2 * between).assumingMemoryBound(to: Float.self)
            pass.run(step, from, target, table: scratch)
            from = UnsafePointer(target)
            extents[axis] = extent
        }
        for axis in 0..<x.rank where extents[axis] != out.extent(axis) { throw .shape }
        if try axes(step) == 0 { to.update(from: from, count: out.count) }
    }
}

/// C entry of `Resize`.
@c(pack_op_Resize) public func packOperatorResize(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(Resize.self, step, running)
}
