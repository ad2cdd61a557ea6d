public import CPackKernels
import CPackSystem
import PackCore

/// A convolution of 8-bit codes with packed 8-bit weights [outputs / groups, channels / groups · taps], as `IntegerProduct`
/// says; attributes of the window follow. What lies outside of the image is the codes' zero point.
enum IntegerConv: Operator {
    private struct Room {
        let product: IntegerProduct
        let window: Window
        let channels: Int
        let images: Int
        let codes: Int
        let tiles: Int
        let tileBytes: Int
        let total: Int

        init(_ step: Step) throws(OperatorError) {
            product = try IntegerProduct(step)
            let x = try step.input(0)
            let out = try step.output()
            window = try Window(step, from: 4, input: x, output: out)
            guard x.extent(1) % product.groups == 0, out.extent(1) == product.columns else { throw .shape }
            channels = x.extent(1) / product.groups
            guard try bytes(channels, try window.taps()) == product.k else { throw .shape }
            images = x.extent(0)
            codes = (try product.finishBytes() + 63) & ~63
            tiles = (codes + (x.dtype == .f32 ? x.count : 0) + 63) & ~63
            let rows = try bytes(product.lda, IntegerProduct.rowTile)
            tileBytes = (IntegerProduct.tileBytes + rows + 63) & ~63
            total = tiles + (try bytes(tileBytes, Swift.max(step.threads, 1)))
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let room = try Room(step)
        try room.product.check(step, rows: 1)
        return room.total
    }

    private struct Task {
        let room: Room
        let finish: IntegerFinish
        let x: UnsafePointer<UInt8>
        /// What turns the image's codes into those of u8.
        let turn: UInt8
        let tiles: UnsafeMutableRawPointer
        let places: Int
        var tasks: Int { (places + IntegerProduct.rowTile - 1) / IntegerProduct.rowTile }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let room = try Room(step)
        let x = try step.input(0)
        guard let scratch = step.scratch, try step.output().count > 0, let raw = x.raw else { return }
        let range = x.dtype == .f32 ? DynamicRange(UnsafeBufferPointer(x.floats)) : nil
        let finish = try IntegerFinish(step, room.product, scratch, range: range)
        var source = raw.assumingMemoryBound(to: UInt8.self)
        if let range {
            source = (scratch + room.codes).assumingMemoryBound(to: UInt8.self)
            let from = x.floats
            for i in 0..<x.count { source[i] = range.code(from[i]) }
        }
        let task = Task(
            room: room, finish: finish, x: UnsafePointer(source), turn: x.dtype == .i8 ? 0x80 : 0,
            tiles: scratch + room.tiles, places: room.window.outputCount)
        step.parallel(room.images * room.product.groups * task.tasks, task) { context, index, worker in
            guard let task = context?.assumingMemoryBound(to: Task.self) else { return }
            IntegerConv.compute(task.pointee, index, Int(worker))
        }
    }

    private static func compute(_ task: Task, _ index: Int, _ worker: Int) {
        let product = task.room.product
        let memory = task.tiles + worker * task.room.tileBytes
        let tile = memory.assumingMemoryBound(to: Int32.self)
        let codes = (memory + IntegerProduct.tileBytes).assumingMemoryBound(to: UInt8.self)
        let first = index % task.tasks * IntegerProduct.rowTile
        let block = index / task.tasks
        let rows = Swift.min(IntegerProduct.rowTile, task.places - first)
        var sums = InlineArray<32, Int32>(repeating: 0)
        for row in 0..<rows {
            let target = codes + row * product.lda
            gather(task, block, first + row, target)
            guard task.finish.hasZeros else { continue }
            var sum: Int32 = 0
            for i in 0..<product.k { sum &+= Int32(target[i]) }
            sums[row] = sum
        }
        let group = block % product.groups
        for panel in stride(from: 0, to: product.panels, by: IntegerProduct.panelTile) {
            let count = Swift.min(IntegerProduct.panelTile, product.panels - panel)
            let column = panel * Int(PACK_PANEL)
            let width = Swift.min(count * Int(PACK_PANEL), product.n - column)
            product.multiply(
                task.finish, UnsafePointer(codes), rows: rows, group: group, panel: panel, count: count, tile)
            for row in 0..<rows {
                task.finish.finish(
                    IntegerProduct.row(tile, row), row: 0, rowSum: sums[row], column: group * product.n + column,
                    width: width, at: (block * product.n + column) * task.places + first + row, step: task.places)
            }
        }
    }

    /// The codes that the window at a place covers, channel by channel.
    private static func gather(_ task: Task, _ block: Int, _ place: Int, _ target: UnsafeMutablePointer<UInt8>) {
        let window = task.room.window
        let (depth, height, width) = (window.axes[0], window.axes[1], window.axes[2])
        let (x, rest) = (place % width.output, place / width.output)
        let (y, z) = (rest % height.output, rest / height.output)
        let outside = UInt8(truncatingIfNeeded: task.finish.zero)
        let inputs = window.inputCount
        var at = 0
        for channel in 0..<task.room.channels {
            let image = task.x + (block * task.room.channels + channel) * inputs
            for i in 0..<depth.kernel {
                let plane = z * depth.stride + i * depth.dilation - depth.before
                for j in 0..<height.kernel {
                    let line = y * height.stride + j * height.dilation - height.before
                    let isInside = plane >= 0 && plane < depth.input && line >= 0 && line < height.input
                    let start = (plane * height.input + line) * width.input
                    for l in 0..<width.kernel {
                        let column = x * width.stride + l * width.dilation - width.before
                        target[at] =
                            isInside && column >= 0 && column < width.input
                            ? image[start + column] ^ task.turn : outside
                        at += 1
                    }
                }
            }
        }
        for i in at..<task.room.product.lda { target[i] = 0 }
    }
}

/// C entry of `IntegerConv`.
@c(pack_op_IntegerConv) public func packOperatorIntegerConv(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(IntegerConv.self, step, running) }
