public import CPackKernels
import CPackSystem
import PackCore

/// Rows of codes times a packed matrix of 8-bit weights, as `IntegerProduct` says.
enum IntegerMatMul: Operator {
    private struct Room {
        let product: IntegerProduct
        let rows: Int
        let codes: Int
        let sums: Int
        let tiles: Int
        let total: Int

        init(_ step: Step) throws(OperatorError) {
            product = try IntegerProduct(step)
            guard product.groups == 1 else { throw .attribute }
            let a = try step.input(0)
            guard a.rank >= 1, a.last == product.k else { throw .shape }
            rows = a.rows
            codes = (try product.finishBytes() + 63) & ~63
            sums = (codes + (try bytes(rows, product.lda)) + 63) & ~63
            tiles = (sums + rows * 4 + 63) & ~63
            total = tiles + Swift.max(step.threads, 1) * IntegerProduct.tileBytes
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let room = try Room(step)
        let out = try step.output()
        guard out.last == room.product.n, out.count == (try bytes(room.rows, room.product.n)) else { throw .shape }
        try room.product.check(step, rows: room.rows)
        return room.total
    }

    private struct Task {
        let product: IntegerProduct
        let finish: IntegerFinish
        let codes: UnsafeMutablePointer<UInt8>
        let sums: UnsafeMutablePointer<Int32>
        let tiles: UnsafeMutableRawPointer
        let rows: Int
        var columns: Int { (product.panels + IntegerProduct.panelTile - 1) / IntegerProduct.panelTile }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let room = try Room(step)
        guard room.rows > 0, let scratch = step.scratch else { return }
        let a = try step.input(0)
        let range = a.dtype == .f32 ? DynamicRange(UnsafeBufferPointer(a.floats)) : nil
        let finish = try IntegerFinish(step, room.product, scratch, range: range)
        let task = Task(
            product: room.product, finish: finish, codes: (scratch + room.codes).assumingMemoryBound(to: UInt8.self),
            sums: (scratch + room.sums).assumingMemoryBound(to: Int32.self), tiles: scratch + room.tiles,
            rows: room.rows)
        layOut(a, task, range)
        let tiles = (room.rows + IntegerProduct.rowTile - 1) / IntegerProduct.rowTile
        step.parallel(tiles * task.columns, task) { context, index, worker in
            guard let task = context?.assumingMemoryBound(to: Task.self) else { return }
            IntegerMatMul.compute(task.pointee, index, Int(worker))
        }
    }

    /// Codes of u8, rows padded to whole quadruples, and their sums where they are needed.
    private static func layOut(_ a: Tensor, _ task: Task, _ range: DynamicRange?) {
        let k = task.product.k
        for row in 0..<task.rows {
            let target = task.codes + row * task.product.lda
            if let range {
                let from = a.floats
                for i in 0..<k { target[i] = range.code(from[row * k + i]) }
            } else {
                let from = a.elements(UInt8.self)
                let turn: UInt8 = a.dtype == .i8 ? 0x80 : 0
                for i in 0..<k { target[i] = from[row * k + i] ^ turn }
            }
            for i in k..<task.product.lda { target[i] = 0 }
            guard task.finish.hasZeros else { continue }
            var sum: Int32 = 0
            for i in 0..<k { sum &+= Int32(target[i]) }
            task.sums[row] = sum
        }
    }

    private static func compute(_ task: Task, _ index: Int, _ worker: Int) {
        let product = task.product
        let tile = (task.tiles + worker * IntegerProduct.tileBytes).assumingMemoryBound(to: Int32.self)
        let row = index / task.columns * IntegerProduct.rowTile
        let panel = index % task.columns * IntegerProduct.panelTile
        let rows = Swift.min(IntegerProduct.rowTile, task.rows - row)
        let count = Swift.min(IntegerProduct.panelTile, product.panels - panel)
        let column = panel * Int(PACK_PANEL)
        let width = Swift.min(count * Int(PACK_PANEL), product.n - column)
        product.multiply(
            task.finish, UnsafePointer(task.codes + row * product.lda), rows: rows, group: 0, panel: panel,
            count: count,
            tile)
        for i in 0..<rows {
            task.finish.finish(
                IntegerProduct.row(tile, i), row: row + i, rowSum: task.finish.hasZeros ? task.sums[row + i] : 0,
                column: column, width: width, at: (row + i) * product.n + column, step: 1)
        }
    }
}

/// C entry of `IntegerMatMul`.
@c(pack_op_IntegerMatMul) public func packOperatorIntegerMatMul(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(IntegerMatMul.self, step, running) }
