public import CPackKernels
import CPackSystem
import PackCore

/// Averages or maxima of samples in regions of images (ONNX `RoiAlign`). Inputs: x f32 [N, C, H, W], regions f32 [R, 4], the image
/// of each i64 [R]. Output [R, C, height, width]. Attributes: mode (0 average, 1 maximum), whether elements have their middles
/// at halves, samples along a cell (0: by its size), bits of the scale. Refused are images that are
/// not there, and regions so large that cells need more than `most` samples along an axis or 2^20 in all.
enum RoiAlign: Operator {
    private static let most: Float = 4096

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let regions = try step.input(1)
        let images = try step.input(2)
        let out = try step.output()
        try x.require(.f32)
        try regions.require(.f32)
        try images.require(.i64)
        try out.require(.f32)
        guard x.rank == 4, out.rank == 4, regions.rank == 2, regions.last == 4, images.count == regions.extent(0),
            out.extent(0) == images.count, out.extent(1) == x.extent(1), x.extent(2) < 1 << 24, x.extent(3) < 1 << 24
        else { throw .shape }
        guard (0...1).contains(try step.attribute(0)), (0...4096).contains(try step.attribute(2)) else {
            throw .attribute
        }
        _ = try step.floatAttribute(3)
        return 0
    }

    private struct Task {
        let x: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
        let regions: UnsafePointer<Float>
        let images: UnsafePointer<Int64>
        let channels: Int
        let height: Int
        let width: Int
        let rows: Int
        let columns: Int
        let isMaximum: Bool
        let offset: Float
        let samples: Int
        let scale: Float

        /// Where the cells of a region start along an axis, their size, and the samples along one; nil for a region that is
        /// refused.
        func cells(_ region: Int, _ axis: Int, _ count: Int) -> (start: Float, size: Float, samples: Int)? {
            let start = regions[region * 4 + axis] * scale - offset
            var length = regions[region * 4 + axis + 2] * scale - offset - start
            if offset == 0 { length = Swift.max(length, 1) }
            let size = length / Float(count)
            guard start.magnitude < 1e9, size.magnitude < 1e9 else { return nil }
            let wanted = samples > 0 ? Float(samples) : size.rounded(.up)
            return wanted <= most ? (start, size, Swift.max(0, Int(wanted))) : nil
        }

        func compute(_ index: Int) {
            let (region, channel) = (index / channels, index % channels)
            let from = x + (Int(images[region]) * channels + channel) * height * width
            guard let horizontal = cells(region, 0, columns), let vertical = cells(region, 1, rows) else { return }
            let count = Float(Swift.max(vertical.samples * horizontal.samples, 1))
            for row in 0..<rows {
                for column in 0..<columns {
                    var sum: Float = 0
                    var largest: Float?
                    for i in 0..<vertical.samples {
                        let y =
                            vertical.start + Float(row) * vertical.size
                            + (Float(i) + 0.5) * vertical.size / Float(vertical.samples)
                        for j in 0..<horizontal.samples {
                            let x =
                                horizontal.start + Float(column) * horizontal.size
                                + (Float(j) + 0.5) * horizontal.size / Float(horizontal.samples)
                            let parts = sample(from, y, x)
                            sum += parts.sum()
                            largest = Swift.max(largest ?? -.infinity, parts.max())
                        }
                    }
                    out[(index * rows + row) * columns + column] = isMaximum ? largest ?? 0 : sum / count
                }
            }
        }

        /// The four elements around a place, times their weights.
        private func sample(_ from: UnsafePointer<Float>, _ y: Float, _ x: Float) -> SIMD4<Float> {
            guard y >= -1, y <= Float(height), x >= -1, x <= Float(width), height > 0, width > 0 else {
                return SIMD4(repeating: 0)
            }
            let (top, bottom, down) = between(y, height)
            let (left, right, across) = between(x, width)
            return SIMD4(
                (1 - down) * (1 - across) * from[top * width + left], (1 - down) * across * from[top * width + right],
                down * (1 - across) * from[bottom * width + left], down * across * from[bottom * width + right])
        }

        private func between(_ place: Float, _ extent: Int) -> (Int, Int, Float) {
            let low = Int(Swift.max(place, 0))
            if low >= extent - 1 { return (extent - 1, extent - 1, 0) }
            return (low, low + 1, Swift.max(place, 0) - Float(low))
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let output = try step.output()
        let images = try step.input(2).integers
        for image in images where image < 0 || image >= Int64(x.extent(0)) { throw .index }
        guard output.count > 0, let from = x.floats.baseAddress, let to = output.floats.baseAddress,
            let regions = try step.input(1).floats.baseAddress, let first = images.baseAddress
        else { return }
        let task = Task(
            x: from, out: to, regions: regions, images: first, channels: x.extent(1), height: x.extent(2),
            width: x.extent(3), rows: output.extent(2), columns: output.extent(3),
            isMaximum: try step.attribute(0) == 1, offset: try step.attribute(1) != 0 ? 0.5 : 0,
            samples: try step.attribute(2), scale: try step.floatAttribute(3))
        for region in 0..<images.count {
            guard let across = task.cells(region, 0, task.columns), let down = task.cells(region, 1, task.rows),
                across.samples * down.samples <= 1 << 20
            else { throw .index }
        }
        step.parallel(images.count * task.channels, task) { context, index, _ in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(index)
        }
    }
}

/// C entry of `RoiAlign`.
@c(pack_op_RoiAlign) public func packOperatorRoiAlign(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(RoiAlign.self, step, running)
}
