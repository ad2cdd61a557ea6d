public import CPackKernels
import CPackSystem
import PackCore

/// Attention over heads: softmax(q·kᵀ·scale)·v with hidden keys left out, one task for each batch item and head.
///
/// Inputs q, k, v, mask: one f32 [B, S, 3·H] with the rest absent, q, k and v lying side by side; or three, each [B, S, H] or with
/// the heads apart [B, heads, S, H / heads], of which keys and values may have fewer heads and be of another length L. Mask i64
/// [B, L] or absent. Output f32 [B, S, H].
///
/// Attributes: heads, bits of the scale, and, 0 where absent: whether a query sees keys up to its own place only, the last query
/// and the last key being at the same place; heads of keys and values, 0 for as many; and bits of what is added to scores of
/// hidden keys for a query that sees none, in the order of `pack_attention.hidden`. Without those it gets zeros.
enum Attention: Operator {
    /// How the rows of one operand lie.
    private struct Rows {
        var start: UnsafePointer<Float>?
        /// Elements from a row, a batch item and a head to the next.
        var row: Int
        var batch: Int
        var head: Int
        var heads: Int
        var length: Int
        var size: Int
    }

    private struct Task {
        var attention: pack_attention
        let kernel: pack_attention_kernel
        let q: Rows
        let k: Rows
        let v: Rows
        let batch: Int
        /// The batch's texts where they lie side by side in one batch item.
        let texts: Segments?
        let scratch: UnsafeMutableRawPointer?
        let scratchPerWorker: Int
    }

    /// The rows of an operand of its own.
    private static func rows(_ tensor: Tensor, batch: Int, heads: Int) throws(OperatorError) -> Rows {
        try tensor.require(.f32)
        guard tensor.rank == 3 || tensor.rank == 4, tensor.extent(0) == batch else { throw .shape }
        let start = UnsafePointer(tensor.floats.baseAddress)
        if tensor.rank == 4 {
            let (length, size) = (tensor.extent(2), tensor.extent(3))
            guard tensor.extent(1) == heads else { throw .shape }
            return Rows(
                start: start, row: size, batch: heads * length * size, head: length * size, heads: heads,
                length: length,
                size: size)
        }
        let (length, width) = (tensor.extent(1), tensor.extent(2))
        guard width % heads == 0 else { throw .shape }
        return Rows(
            start: start, row: width, batch: length * width, head: width / heads, heads: heads, length: length,
            size: width / heads)
    }

    private static func operands(_ step: Step, heads: Int, shared: Int) throws(OperatorError) -> (Rows, Rows, Rows) {
        let q = try step.input(0)
        try q.require(.f32)
        guard q.rank >= 1 else { throw .shape }
        if let k = step.optional(1) {
            return (
                try rows(q, batch: q.extent(0), heads: heads), try rows(k, batch: q.extent(0), heads: shared),
                try rows(try step.input(2), batch: q.extent(0), heads: shared)
            )
        }
        guard q.rank == 3, shared == heads, q.extent(2) % 3 == 0, q.extent(2) / 3 % heads == 0 else { throw .shape }
        let (length, width) = (q.extent(1), q.extent(2) / 3)
        let start = UnsafePointer(q.floats.baseAddress)
        var parts = Rows(
            start: start, row: 3 * width, batch: 3 * length * width, head: width / heads, heads: heads, length: length,
            size: width / heads)
        let query = parts
        parts.start = start.map { $0 + width }
        let key = parts
        parts.start = start.map { $0 + 2 * width }
        return (query, key, parts)
    }

    private static func task(_ step: Step) throws(OperatorError) -> Task {
        let out = try step.output()
        try out.require(.f32)
        let heads = try step.attribute(0)
        let given = step.attributeCount > 3 ? try step.attribute(3) : 0
        let shared = given == 0 ? heads : given
        guard heads > 0, shared > 0, heads % shared == 0 else { throw .attribute }
        guard let kernel = step.kernels.pointee.attention_f32 else { throw .kernel }
        let (q, k, v) = try operands(step, heads: heads, shared: shared)
        let batch = try step.input(0).extent(0)
        guard out.rank == 3, out.extent(0) == batch, out.extent(1) == q.length, out.extent(2) == heads * q.size,
            k.size == q.size, v.size == q.size, k.length == v.length
        else { throw .shape }
        var attention = pack_attention()
        attention.head_dim = q.size
        attention.keys = k.length
        attention.scale = try step.floatAttribute(1)
        attention.out = out.floats.baseAddress
        attention.ldo = out.extent(2)
        (attention.ldq, attention.ldk, attention.ldv) = (q.row, k.row, v.row)
        if step.attributeCount > 2, try step.attribute(2) != 0 {
            guard q.length <= k.length else { throw .shape }
            attention.causal = 1
            attention.before = k.length - q.length
        }
        attention.hidden = (-.infinity, -.infinity, -.infinity)
        if step.attributeCount > 6 {
            attention.hidden = (
                try step.floatAttribute(4), try step.floatAttribute(5), try step.floatAttribute(6)
            )
        }
        if let mask = step.optional(3) {
            try mask.require(.i64)
            guard mask.count == batch * k.length else { throw .shape }
            attention.mask_type = PACK_MASK_I64.rawValue
            attention.mask = UnsafeRawPointer(mask.raw)
        }
        let texts = step.segmentEnds == nil ? nil : try Segments(step, out)
        guard texts == nil || q.length == k.length else { throw .shape }
        let scratch = pack_attention_scratch(texts?.longest ?? k.length, q.size)
        guard scratch < 1 << 40 else { throw .shape }
        return Task(
            attention: attention, kernel: kernel, q: q, k: k, v: v, batch: texts?.count ?? batch, texts: texts,
            scratch: step.scratch, scratchPerWorker: (Int(scratch) + 63) & ~63)
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try product(try task(step).scratchPerWorker, step.threads)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let task = try task(step)
        guard task.q.length > 0, task.q.size > 0 else { return }
        if task.k.length == 0 { return try step.output().clear() }
        step.parallel(task.batch * task.q.heads, task) { context, index, worker in
            guard let task = context?.assumingMemoryBound(to: Task.self).pointee, let scratch = task.scratch,
                let q = task.q.start, let k = task.k.start, let v = task.v.start
            else { return }
            let (batch, head) = (index / task.q.heads, index % task.q.heads)
            let shared = head / (task.q.heads / task.k.heads)
            var attention = task.attention
            attention.q = q + head * task.q.head
            attention.k = k + shared * task.k.head
            attention.v = v + shared * task.v.head
            attention.out += head * task.q.size
            var (queries, first) = (task.q.length, batch * task.q.length)
            if let tokens = task.texts?[batch] {
                (queries, first) = (tokens.count, tokens.lowerBound)
                attention.keys = tokens.count
                attention.q += first * attention.ldq
                attention.k += first * attention.ldk
                attention.v += first * attention.ldv
                attention.mask = attention.mask.map { $0 + first * 8 }
            } else {
                attention.q += batch * task.q.batch
                attention.k += batch * task.k.batch
                attention.v += batch * task.v.batch
                attention.mask = attention.mask.map { $0 + batch * task.k.length * 8 }
            }
            attention.out += first * attention.ldo
            task.kernel(&attention, 0, queries, scratch + Int(worker) * task.scratchPerWorker)
        }
    }
}

/// C entry of `Attention`.
@c(pack_op_Attention) public func packOperatorAttention(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Attention.self, step, running)
}
