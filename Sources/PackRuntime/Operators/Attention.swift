public import CPackKernels
import CPackSystem
import PackCore

/// Multi-head attention, softmax(scale · q·kᵀ) · v in each head, keys whose mask is 0 left out.
///
/// Inputs: q, k, v f32 [B, S, H], or only the first as [B, S, 3H] with the three side by side; mask i64 [B, S] or absent.
/// Output f32 [B, S, H]. Attributes: heads, bits of the scale. A text without a valid key gets zeros.
enum Attention: Operator {
    private struct Task {
        var attention: pack_attention
        let kernel: pack_attention_kernel
        let batch: Int
        let sequence: Int
        let heads: Int
        let hidden: Int
        let scratch: UnsafeMutableRawPointer?
        let scratchPerWorker: Int
    }

    private static func task(_ step: Step) throws(OperatorError) -> Task {
        let q = try step.input(0)
        let out = try step.output()
        let heads = try step.attribute(0)
        try q.require(.f32)
        try out.require(.f32)
        guard q.rank == 3, out.rank == 3, q.extent(0) == out.extent(0), q.extent(1) == out.extent(1) else {
            throw .shape
        }
        let hidden = out.extent(2)
        guard heads > 0, hidden % heads == 0 else { throw .attribute }
        guard let kernel = step.kernels.pointee.attention_f32 else { throw .kernel }
        let sequence = q.extent(1)
        var attention = pack_attention()
        attention.head_dim = hidden / heads
        attention.keys = sequence
        attention.scale = try step.floatAttribute(1)
        attention.out = out.floats.baseAddress
        attention.ldo = hidden
        let start = UnsafePointer(q.floats.baseAddress)
        attention.q = start
        if let k = step.optional(1) {
            let v = try step.input(2)
            try k.require(.f32)
            try v.require(.f32)
            guard q.hasShape(of: out), k.hasShape(of: out), v.hasShape(of: out) else { throw .shape }
            attention.k = UnsafePointer(k.floats.baseAddress)
            attention.v = UnsafePointer(v.floats.baseAddress)
        } else {
            guard q.extent(2) == 3 * hidden else { throw .shape }
            attention.k = start.map { $0 + hidden }
            attention.v = start.map { $0 + 2 * hidden }
        }
        attention.ldq = q.extent(2)
        attention.ldk = q.extent(2)
        attention.ldv = q.extent(2)
        if let mask = step.optional(3) {
            try mask.require(.i64)
            guard mask.count == q.extent(0) * sequence else { throw .shape }
            attention.mask_type = PACK_MASK_I64.rawValue
            attention.mask = UnsafeRawPointer(mask.raw)
        }
        let scratch = pack_attention_scratch(sequence, hidden / heads)
        guard scratch < 1 << 40 else { throw .shape }
        return Task(
            attention: attention, kernel: kernel, batch: q.extent(0), sequence: sequence, heads: heads, hidden: hidden,
            scratch: step.scratch, scratchPerWorker: (Int(scratch) + 63) & ~63)
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try task(step).scratchPerWorker * step.threads
    }

    static func run(_ step: Step) throws(OperatorError) {
        let task = try task(step)
        guard task.sequence > 0 else { return }
        step.parallel(task.batch * task.heads, task) { context, index, worker in
            guard let task = context?.assumingMemoryBound(to: Task.self).pointee, let scratch = task.scratch else {
                return
            }
            let row = index / task.heads * task.sequence
            let column = index % task.heads * (task.hidden / task.heads)
            var attention = task.attention
            attention.q += row * attention.ldq + column
            attention.k += row * attention.ldk + column
            attention.v += row * attention.ldv + column
            attention.out += row * attention.ldo + column
            attention.mask = attention.mask.map { $0 + row * 8 }
            task.kernel(&attention, 0, task.sequence, scratch + Int(worker) * task.scratchPerWorker)
        }
    }
}

/// C entry of `Attention`.
@c(pack_op_Attention) public func packOperatorAttention(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Attention.self, step, running)
}
