public import CPackKernels
import CPackSystem
import PackCore

/// The kinds of recurrent layers; the values stand in plan files.
public enum RecurrentKind: Int, Sendable {
    case rnn = 0
    case gru = 1
    case lstm = 2

    /// Gates: rows of the weights for each element of the state.
    var gates: Int { self == .lstm ? 4 : self == .gru ? 3 : 1 }
    /// Activation functions.
    var functions: Int { rawValue + 1 }
}

/// Recurrent layers (ONNX `RNN`, `GRU`, `LSTM`).
///
/// Inputs: x f32 [S, B, I]; weights of the input [D, G·H, I] and of the state [D, G·H, H], each as it is, or as panels of its
/// transposition (f32 or f16) with the gates of all D directions side by side; bias f32 [D, 2·G·H], sequence lengths i32 [B],
/// first state f32 [D, B, H], first cell, peepholes f32 [D, 3·H], any of them absent. Outputs f32: all states [S, D, B, H], the
/// last state and, of LSTM, the last cell.
///
/// Attributes: `RecurrentKind`; direction (0 forward, 1 backward, 2 both); whether the batch comes first (x [B, S, I], outputs
/// [B, S, D, H] and [B, D, H]); H; bits of the clip (0: none); of GRU whether the state's product is made before the reset, of
/// LSTM whether the forget gate is 1 − the input gate, and 2 more where the state of each of the batch is rounded to 255 steps
/// of its range for each product (onnxruntime's `DynamicQuantizeLSTM`); then for each direction and function its code
/// (`RecurrentFunction`) and the bits of alpha and beta.
///
/// The products of all inputs are one product; then the steps follow one another, the directions side by side.
enum Recurrent: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let layer = try Recurrence(step)
        try layer.check(step)
        guard step.kernels.pointee.unary != nil, step.kernels.pointee.binary != nil else { throw .kernel }
        return try RecurrentMemory(layer, step).total
    }

    private struct Inputs {
        var product: pack_gemm
        let kernel: pack_gemm_kernel
        let rows: Int
        let panels: Int
    }

    static func run(_ step: Step) throws(OperatorError) {
        let layer = try Recurrence(step)
        guard let scratch = step.scratch, layer.batch > 0 else { return }
        let lengths = step.optional(4)?.elements(Int32.self)
        if let lengths {
            for length in lengths where length < 0 || Int(length) > layer.sequence { throw .index }
            try step.output().floats.update(repeating: 0)
        }
        let memory = try RecurrentMemory(layer, step)
        let bias = (scratch + memory.bias).assumingMemoryBound(to: Float.self)
        layer.writeBias(step.optional(3)?.floats, bias)
        var product = try layer.product(step, 1, layer.width, scratch + memory.panels.0)
        product.a = UnsafeRawPointer(try step.input(0).raw)
        product.c = (scratch + memory.inputs).assumingMemoryBound(to: Float.self)
        product.bias = UnsafePointer(bias)
        let inputs = Inputs(
            product: product, kernel: try layer.kernel(step, 1), rows: layer.sequence * layer.batch,
            panels: (layer.columns + Int(PACK_PANEL) - 1) / Int(PACK_PANEL))
        step.parallel(inputs.rows == 0 ? 0 : (inputs.panels + 3) / 4, inputs) { context, index, _ in
            guard let inputs = context?.assumingMemoryBound(to: Inputs.self) else { return }
            inputs.pointee.kernel(
                &inputs.pointee.product, 0, inputs.pointee.rows, index * 4,
                Swift.min(index * 4 + 4, inputs.pointee.panels))
        }
        let walk = try RecurrentWalk(
            layer, step, memory, product: try layer.product(step, 2, layer.hidden, scratch + memory.panels.1))
        step.parallel(layer.ways, walk) { context, way, _ in
            context?.assumingMemoryBound(to: RecurrentWalk.self).pointee.run(way)
        }
    }
}

/// The shapes and attributes of a recurrent layer.
struct Recurrence {
    let kind: RecurrentKind
    let isBackward: Bool
    let ways: Int
    let byBatch: Bool
    let hidden: Int
    let clip: Float
    let flag: Bool
    let roundsStates: Bool
    let sequence: Int
    let batch: Int
    let width: Int

    /// Rows of the weights in one direction, and in all: columns of the products.
    var rows: Int { kind.gates * hidden }
    var columns: Int { ways * rows }
    /// Whether the state's product for the last gate waits for the reset gate.
    var isLate: Bool { kind == .gru && !flag }

    init(_ step: Step) throws(OperatorError) {
        guard let kind = RecurrentKind(rawValue: try step.attribute(0)) else { throw .attribute }
        self.kind = kind
        let direction = try step.attribute(1)
        guard (0...2).contains(direction) else { throw .attribute }
        isBackward = direction == 1
        ways = direction == 2 ? 2 : 1
        byBatch = try step.attribute(2) != 0
        hidden = try Window.bounded(step, 3, 1)
        clip = try step.floatAttribute(4)
        let flags = try step.attribute(5)
        guard (0...(kind == .lstm ? 3 : 1)).contains(flags) else { throw .attribute }
        (flag, roundsStates) = (flags & 1 != 0, flags & 2 != 0)
        let x = try step.input(0)
        try x.require(.f32)
        guard x.rank == 3, x.last > 0 else { throw .shape }
        sequence = x.extent(byBatch ? 1 : 0)
        batch = x.extent(byBatch ? 0 : 1)
        width = x.last
    }

    func check(_ step: Step) throws(OperatorError) {
        try checkWeights(step, 1, width)
        try checkWeights(step, 2, hidden)
        let state = try bytes(ways, batch, hidden)
        try check(step, 3, .f32, 2 * columns)
        try check(step, 4, .i32, batch)
        try check(step, 5, .f32, state)
        if kind == .lstm {
            try check(step, 6, .f32, state)
            try check(step, 7, .f32, 3 * ways * hidden)
        }
        for index in 0..<(kind == .lstm ? 3 : 2) {
            let out = try step.output(index)
            try out.require(.f32)
            guard out.count == (index == 0 ? try bytes(sequence, state) : state) else { throw .shape }
        }
        for function in 0..<ways * kind.functions {
            guard RecurrentFunction(rawValue: try step.attribute(6 + function * 3)) != nil else { throw .attribute }
            _ = try step.attribute(8 + function * 3)
        }
    }

    private func checkWeights(_ step: Step, _ index: Int, _ k: Int) throws(OperatorError) {
        let weights = try step.input(index)
        _ = try kernel(step, index)
        let count = try bytes(kind.gates, ways, hidden, k)
        switch (weights.dtype, weights.rank) {
        case (.f32, 3): guard weights.count == count else { throw .shape }
        case (.f32, 1): guard weights.bytes == pack_panels_bytes_f32(k, columns) else { throw .shape }
        case (.f16, 1): guard weights.bytes == pack_panels_bytes_f16(k, columns) else { throw .shape }
        default: throw .type
        }
    }

    private func check(_ step: Step, _ index: Int, _ dtype: DType, _ count: Int) throws(OperatorError) {
        guard let tensor = step.optional(index) else { return }
        try tensor.require(dtype)
        guard tensor.count == count else { throw .shape }
    }

    func kernel(_ step: Step, _ index: Int) throws(OperatorError) -> pack_gemm_kernel {
        let kernels = step.kernels.pointee
        guard let kernel = try step.input(index).dtype == .f16 ? kernels.gemm_f16 : kernels.gemm_f32 else {
            throw .kernel
        }
        return kernel
    }

    /// A product with weights, which are packed into `room` if they are not yet.
    func product(_ step: Step, _ index: Int, _ k: Int, _ room: UnsafeMutableRawPointer) throws(OperatorError)
        -> pack_gemm
    {
        let weights = try step.input(index)
        var product = pack_gemm()
        product.panels = UnsafeRawPointer(weights.raw)
        if weights.rank == 3, let plain = weights.floats.baseAddress {
            pack_panels_f32(plain, k, 1, k, columns, room.assumingMemoryBound(to: Float.self))
            product.panels = UnsafeRawPointer(room)
        }
        product.lda = k
        product.k = k
        product.n = columns
        product.ldc = columns
        return product
    }

    /// The biases of input and state together; but where the state's product is multiplied before it is added, only that of the
    /// input.
    func writeBias(_ given: UnsafeMutableBufferPointer<Float>?, _ bias: UnsafeMutablePointer<Float>) {
        for column in 0..<columns {
            let (way, place) = (column / rows, column % rows)
            let isApart = kind == .gru && flag && place >= 2 * hidden
            let input = given?[way * 2 * rows + place] ?? 0
            bias[column] = isApart ? input : input + (given?[(way * 2 + 1) * rows + place] ?? 0)
        }
    }
}

/// Where things lie in scratch memory, in bytes.
struct RecurrentMemory {
    let panels: (Int, Int)
    let bias: Int
    /// Products of the inputs [rows of x, columns].
    let inputs: Int
    /// What each direction has: products of the state [B, columns], states, cells and reset states [B, H], two rows [H].
    let direction: Int
    let directionBytes: Int
    let states: Int
    let total: Int

    init(_ layer: Recurrence, _ step: Step) throws(OperatorError) {
        func size(_ counts: Int...) throws(OperatorError) -> Int {
            var result = 4
            for count in counts { result = try bytes(result, count) }
            return (result + 63) & ~63
        }
        let wide = (layer.columns + Int(PACK_PANEL) - 1) / Int(PACK_PANEL) * Int(PACK_PANEL)
        panels.0 = 0
        panels.1 = try step.input(1).rank == 3 ? try size(wide, layer.width) : 0
        bias = panels.1 + (try step.input(2).rank == 3 ? try size(wide, layer.hidden) : 0)
        inputs = bias + (try size(layer.columns))
        direction = inputs + (try size(layer.sequence, layer.batch, layer.columns))
        states = try size(layer.batch, layer.columns)
        directionBytes = states + (try size(3 * layer.batch + 2, layer.hidden))
        total = direction + (try bytes(layer.ways, directionBytes))
    }
}

/// C entry of `Recurrent`.
@c(pack_op_Recurrent) public func packOperatorRecurrent(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Recurrent.self, step, running)
}
