public import CPackKernels
import PackCore

/// Picks boxes by score, without those that cover too much of one picked before (ONNX `NonMaxSuppression`). Inputs: boxes f32
/// [batches, boxes, 4], scores f32 [batches, classes, boxes]; then, each a single number and each optional, the most boxes of a
/// class (i64, else 0), the share of intersection in union above which a box is dropped (f32, else 0), and the score that boxes
/// must exceed (f32, else all are taken). Output i64 [picked, 3]: batch, class, box. Attribute: 0 for boxes as two opposite
/// corners (y, x, y, x), 1 for centre and size (x, y, width, height).
///
/// Equal scores go by position; scores that are no numbers come last, and exceed nothing.
enum NonMaxSuppression: MeasuringOperator {
    /// A box as its borders.
    private struct Box {
        let top: Float
        let left: Float
        let bottom: Float
        let right: Float

        init(_ numbers: UnsafePointer<Float>, isCentered: Bool) {
            let (a, b, c, d) = (numbers[0], numbers[1], numbers[2], numbers[3])
            if isCentered {
                (left, right) = (a - c / 2, a + c / 2)
                (top, bottom) = (b - d / 2, b + d / 2)
            } else {
                (top, bottom) = a >= c ? (c, a) : (a, c)
                (left, right) = b >= d ? (d, b) : (b, d)
            }
        }

        /// Whether the boxes share more of their union than a limit. Boxes without an area share nothing.
        func overlaps(_ other: Box, above limit: Float) -> Bool {
            let width = Swift.min(right, other.right) - Swift.max(left, other.left)
            let height = Swift.min(bottom, other.bottom) - Swift.max(top, other.top)
            guard width > 0, height > 0 else { return false }
            let area = (right - left) * (bottom - top)
            let otherArea = (other.right - other.left) * (other.bottom - other.top)
            let shared = width * height
            let union = area + otherArea - shared
            guard shared > 0, area > 0, otherArea > 0, union > 0 else { return false }
            return shared / union > limit
        }
    }

    /// What a step asks for.
    private struct Task {
        let boxes: UnsafeMutableBufferPointer<Float>
        let scores: UnsafeMutableBufferPointer<Float>
        let batches: Int
        let classes: Int
        let count: Int
        let isCentered: Bool
        let most: Int
        let limit: Float
        let score: Float?

        init(_ step: Step) throws(OperatorError) {
            let scores = try step.input(1)
            boxes = try step.input(0).floats
            self.scores = scores.floats
            (batches, classes, count) = (scores.extent(0), scores.extent(1), scores.extent(2))
            isCentered = try step.attribute(0) == 1
            most = Swift.max(step.optional(2)?.index(0) ?? 0, 0)
            limit = step.optional(3)?.floats[0] ?? 0
            score = step.optional(4)?.floats[0]
        }

        private func box(_ batch: Int, _ index: Int, in first: UnsafePointer<Float>) -> Box {
            Box(first + (batch * count + index) * 4, isCentered: isCentered)
        }

        /// Picks the boxes of one class: their number, and which they are at the end of `order`, the first one last.
        func pick(_ batch: Int, _ kind: Int, _ order: UnsafeMutablePointer<Int>) -> Int {
            guard let first = boxes.baseAddress, let all = scores.baseAddress else { return 0 }
            let scores = all + (batch * classes + kind) * count
            var left = 0
            for index in 0..<count where score.map({ scores[index] > $0 }) ?? true {
                order[left] = index
                left += 1
            }
            let precedes = { (a: Int, b: Int) in
                if scores[a] == scores[b] || scores[a].isNaN && scores[b].isNaN { return a < b }
                return scores[a] > scores[b] || scores[b].isNaN
            }
            makeHeap(order, left, precedes)
            var picked = 0
            while left > 0, picked < most {
                takeFirst(order, left, precedes)
                left -= 1
                let index = order[left]
                let candidate = box(batch, index, in: first)
                var isFree = true
                for place in count - picked..<count where isFree {
                    isFree = !candidate.overlaps(box(batch, order[place], in: first), above: limit)
                }
                guard isFree else { continue }
                picked += 1
                order[count - picked] = index
            }
            return picked
        }
    }

    private static func check(_ step: Step) throws(OperatorError) {
        let (boxes, scores, out) = (try step.input(0), try step.input(1), try step.output())
        try boxes.require(.f32)
        try scores.require(.f32)
        try out.require(.i64)
        guard boxes.rank == 3, scores.rank == 3, out.rank == 2, boxes.extent(2) == 4,
            boxes.extent(0) == scores.extent(0), boxes.extent(1) == scores.extent(2)
        else { throw .shape }
        for index in 2..<5 {
            guard let limit = step.optional(index) else { continue }
            try limit.require(index == 2 ? .i64 : .f32)
            guard limit.count == 1 else { throw .shape }
        }
        guard (0...1).contains(try step.attribute(0)) else { throw .attribute }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try check(step)
        guard try step.output().extent(1) == 3 else { throw .shape }
        return try product(step.input(0).extent(1), 8)
    }

    static func measure(_ step: Step) throws(OperatorError) {
        try check(step)
        let task = try Task(step)
        let order = UnsafeMutablePointer<Int>.allocate(capacity: Swift.max(task.count, 1))
        defer { order.deallocate() }
        var picked = 0
        for batch in 0..<task.batches {
            for kind in 0..<task.classes { picked += task.pick(batch, kind, order) }
        }
        let out = try step.output()
        out.setExtent(0, picked)
        out.setExtent(1, 3)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let task = try Task(step)
        let out = try step.output()
        let rows = out.integers
        guard task.count > 0, let order = step.scratch?.assumingMemoryBound(to: Int.self) else { return }
        var row = 0
        for batch in 0..<task.batches {
            for kind in 0..<task.classes {
                let picked = task.pick(batch, kind, order)
                guard picked <= out.extent(0) - row else { throw .shape }
                for place in 0..<picked {
                    rows[row * 3] = Int64(batch)
                    rows[row * 3 + 1] = Int64(kind)
                    rows[row * 3 + 2] = Int64(order[task.count - 1 - place])
                    row += 1
                }
            }
        }
        guard row == out.extent(0) else { throw .shape }
    }
}

/// C entry of `NonMaxSuppression`.
@c(pack_op_NonMaxSuppression) public func packOperatorNonMaxSuppression(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 {
    performMeasuring(NonMaxSuppression.self, step, running)
}
