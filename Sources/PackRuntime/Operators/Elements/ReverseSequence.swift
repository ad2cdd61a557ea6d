public import CPackKernels
import PackCore

/// Turns the first elements of each sequence around (ONNX `ReverseSequence`). Inputs: x, lengths. Attributes: batch axis, time
/// axis, which are the first two in either order.
enum ReverseSequence: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let lengths = try step.input(1)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        try lengths.requireInteger()
        let batch = try step.attribute(0)
        let time = try step.attribute(1)
        guard batch >= 0, batch <= 1, time == 1 - batch, x.rank >= 2 else { throw .attribute }
        guard x.hasShape(of: out), lengths.count == x.extent(batch) else { throw .shape }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let lengths = try step.input(1)
        let out = try step.output()
        let batch = try step.attribute(0)
        let time = try step.attribute(1)
        let slice = x.product(2..<x.rank)
        for sequence in 0..<x.extent(batch) {
            let length = lengths.index(sequence)
            guard length >= 0, length <= x.extent(time) else { throw .index }
            for i in 0..<x.extent(time) {
                let from = i < length ? length - 1 - i : i
                out.copy(
                    sequence * x.stride(batch) + i * x.stride(time), 1, from: x,
                    sequence * x.stride(batch) + from * x.stride(time), 1, slice)
            }
        }
    }
}

/// C entry of `ReverseSequence`.
@c(pack_op_ReverseSequence) public func packOperatorReverseSequence(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(ReverseSequence.self, step, running) }
