public import CPackKernels
import CPackSystem
import PackCore

/// Rows that one task of a row-wise operator takes: enough to pay for waking a thread.
private let rowsPerTask = 16

/// Layer normalization over the last axis. Inputs: x f32 [.., N], gamma, beta f32 [N] (beta may be absent). Attribute: bits of
/// epsilon.
enum LayerNormalization: Operator {
    private struct Task {
        let kernel: pack_layer_norm_kernel
        let x: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
        let rows: Int
        let n: Int
        let gamma: UnsafePointer<Float>?
        let beta: UnsafePointer<Float>?
        let epsilon: Float
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard x.count == out.count, x.rank > 0 else { throw .shape }
        for index in 1...2 {
            guard let vector = step.optional(index) else { continue }
            try vector.require(.f32)
            guard vector.count == x.last else { throw .shape }
        }
        _ = try step.floatAttribute(0)
        guard step.kernels.pointee.layer_norm != nil else { throw .kernel }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        guard let from = x.floats.baseAddress, let to = try step.output().floats.baseAddress,
            let kernel = step.kernels.pointee.layer_norm
        else { throw .kernel }
        let task = Task(
            kernel: kernel, x: from, out: to, rows: x.rows, n: x.last,
            gamma: UnsafePointer(step.optional(1)?.floats.baseAddress),
            beta: UnsafePointer(step.optional(2)?.floats.baseAddress), epsilon: try step.floatAttribute(0))
        step.parallel((x.rows + rowsPerTask - 1) / rowsPerTask, task) { context, index, _ in
            guard let task = context?.assumingMemoryBound(to: Task.self).pointee else { return }
            let row = index * rowsPerTask
            task.kernel(
                task.x + row * task.n, task.n, task.out + row * task.n, task.n, Swift.min(rowsPerTask, task.rows - row),
                task.n, task.gamma, task.beta, task.epsilon)
        }
    }
}

/// Softmax over the last axis of an f32 tensor.
enum Softmax: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard x.count == out.count, x.rank > 0 else { throw .shape }
        guard step.kernels.pointee.softmax != nil else { throw .kernel }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        guard let from = x.floats.baseAddress, let to = try step.output().floats.baseAddress else { return }
        step.kernels.pointee.softmax?(from, x.last, to, x.last, x.rows, x.last, 1, nil, 0)
    }
}

/// Divides each row of an f32 tensor by the larger of its Euclidean norm and epsilon. Attribute: bits of epsilon.
enum L2Normalize: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard x.count == out.count, x.rank > 0 else { throw .shape }
        _ = try step.floatAttribute(0)
        guard step.kernels.pointee.l2_normalize != nil else { throw .kernel }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        guard let from = x.floats.baseAddress, let to = try step.output().floats.baseAddress else { return }
        let epsilon = try step.floatAttribute(0)
        for row in 0..<x.rows {
            step.kernels.pointee.l2_normalize?(from + row * x.last, to + row * x.last, x.last, epsilon)
        }
    }
}

/// The mean, or the maximum, over the tokens whose mask is not 0. Inputs: x f32 [B, S, H], mask i64 [B, S]. Output f32 [B, H];
/// zeros for a text without a valid token.
protocol MaskedPool: Operator {
    static func kernel(_ kernels: pack_kernels) -> pack_pool_rows_kernel?
}

extension MaskedPool {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let mask = try step.input(1)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        try mask.require(.i64)
        guard x.rank == 3, mask.count == x.extent(0) * x.extent(1),
            out.count == (try product(try Segments(step, x).count, x.extent(2)))
        else { throw .shape }
        guard kernel(step.kernels.pointee) != nil else { throw .kernel }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let texts = try Segments(step, x)
        guard let from = x.floats.baseAddress, let to = try step.output().floats.baseAddress,
            let mask = try step.input(1).raw
        else { return }
        for text in 0..<texts.count {
            let tokens = texts[text]
            kernel(step.kernels.pointee)?(
                from + tokens.lowerBound * x.last, x.last, tokens.count, x.last, PACK_MASK_I64.rawValue,
                mask + tokens.lowerBound * 8, to + text * x.last)
        }
    }
}

enum MaskedMean: MaskedPool {
    static func kernel(_ kernels: pack_kernels) -> pack_pool_rows_kernel? { kernels.mean_rows }
}

enum MaskedMax: MaskedPool {
    static func kernel(_ kernels: pack_kernels) -> pack_pool_rows_kernel? { kernels.max_rows }
}

/// C entry of `LayerNormalization`.
@c(pack_op_LayerNormalization) public func packOperatorLayerNormalization(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(LayerNormalization.self, step, running) }

/// C entry of `Softmax`.
@c(pack_op_Softmax) public func packOperatorSoftmax(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Softmax.self, step, running)
}

/// C entry of `L2Normalize`.
@c(pack_op_L2Normalize) public func packOperatorL2Normalize(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(L2Normalize.self, step, running) }

/// C entry of `MaskedMean`.
@c(pack_op_MaskedMean) public func packOperatorMaskedMean(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(MaskedMean.self, step, running) }

/// C entry of `MaskedMax`.
@c(pack_op_MaskedMax) public func packOperatorMaskedMax(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(MaskedMax.self, step, running)
}
