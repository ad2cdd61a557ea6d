public import CPackKernels
import CPackSystem
import PackCore

/// What `Binary` computes; the values stand in plan files.
public enum BinaryKind: Int, Sendable {
    case add = 0
    case subtract = 1
    case multiply = 2
    case divide = 3
    case power = 4
    case equal = 5
    case maximum = 6
    case minimum = 7
}

/// Element by element with broadcasting, for f32 and i64; `equal` gives bool. Attribute: `BinaryKind`.
///
/// Integer arithmetic wraps; division by zero gives zero.
enum Binary: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let a = try step.input(0)
        let b = try step.input(1)
        let out = try step.output()
        guard let kind = BinaryKind(rawValue: try step.attribute(0)) else { throw .attribute }
        guard a.dtype == b.dtype, a.dtype == .f32 || a.dtype == .i64,
            out.dtype == (kind == .equal ? .bool : a.dtype)
        else { throw .type }
        _ = try Broadcast(output: out, a, b)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let a = try step.input(0)
        let b = try step.input(1)
        let out = try step.output()
        let walk = try Broadcast(output: out, a, b)
        guard let kind = BinaryKind(rawValue: try step.attribute(0)) else { throw .attribute }
        if applyKernel(step, kind, a, b, out) { return }
        if a.dtype == .f32 {
            let x = a.floats
            let y = b.floats
            switch kind {
            case .add: applyRows(step, walk, kind, x, y, out.floats) { $0 + $1 }
            case .subtract: applyRows(step, walk, kind, x, y, out.floats) { $0 - $1 }
            case .multiply: applyRows(step, walk, kind, x, y, out.floats) { $0 * $1 }
            case .divide: applyRows(step, walk, kind, x, y, out.floats) { $0 / $1 }
            case .power: apply(walk, x, y, out.floats) { $1 == 2 ? $0 * $0 : pack_powf($0, $1) }
            case .equal: apply(walk, x, y, out.elements(Bool.self)) { $0 == $1 }
            case .maximum: apply(walk, x, y, out.floats) { $0 > $1 || $0.isNaN ? $0 : $1 }
            case .minimum: apply(walk, x, y, out.floats) { $0 < $1 || $0.isNaN ? $0 : $1 }
            }
        } else {
            let x = a.integers
            let y = b.integers
            switch kind {
            case .add: apply(walk, x, y, out.integers) { $0 &+ $1 }
            case .subtract: apply(walk, x, y, out.integers) { $0 &- $1 }
            case .multiply: apply(walk, x, y, out.integers) { $0 &* $1 }
            case .divide:
                apply(walk, x, y, out.integers) { $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue }
            case .power: apply(walk, x, y, out.integers) { integerPower($0, $1) }
            case .equal: apply(walk, x, y, out.elements(Bool.self)) { $0 == $1 }
            case .maximum: apply(walk, x, y, out.integers) { $0 > $1 ? $0 : $1 }
            case .minimum: apply(walk, x, y, out.integers) { $0 < $1 ? $0 : $1 }
            }
        }
    }

    private struct Run {
        let kernel: pack_binary_kernel
        let kind: UInt32
        let a: UnsafePointer<Float>
        let b: UnsafePointer<Float>
        let step: Int
        let out: UnsafeMutablePointer<Float>
        let count: Int
        static let length = 1 << 14
    }

    /// Arithmetic of f32 tensors of one shape, or with a scalar, by the kernel, which gives the same bits.
    private static func applyKernel(_ step: Step, _ kind: BinaryKind, _ a: Tensor, _ b: Tensor, _ out: Tensor) -> Bool {
        guard a.dtype == .f32, kind.rawValue <= BinaryKind.divide.rawValue, a.hasShape(of: out),
            b.count == 1 || b.hasShape(of: out), let kernel = step.kernels.pointee.binary,
            let x = a.floats.baseAddress, let y = b.floats.baseAddress, let to = out.floats.baseAddress
        else { return false }
        // Codes of the first four are those of the kernel.
        let run = Run(
            kernel: kernel, kind: UInt32(kind.rawValue), a: x, b: y, step: b.count == 1 ? 0 : 1, out: to,
            count: out.count)
        step.parallel((out.count + Run.length - 1) / Run.length, run) { context, index, _ in
            guard let run = context?.assumingMemoryBound(to: Run.self).pointee else { return }
            let first = index * Run.length
            run.kernel(
                run.kind, run.a + first, run.b + first * run.step, run.step, run.out + first,
                Swift.min(Run.length, run.count - first))
        }
        return true
    }

    /// Rows long enough by the kernel, which gives the same bits.
    @inline(__always)
    private static func applyRows(
        _ step: Step, _ walk: Broadcast, _ kind: BinaryKind, _ x: UnsafeMutableBufferPointer<Float>,
        _ y: UnsafeMutableBufferPointer<Float>, _ out: UnsafeMutableBufferPointer<Float>,
        _ operation: (Float, Float) -> Float
    ) {
        guard let kernel = step.kernels.pointee.binary, let first = x.baseAddress, let second = y.baseAddress,
            let to = out.baseAddress
        else { return apply(walk, x, y, out, operation) }
        let isCommutative = kind == .add || kind == .multiply
        walk.forEachRow { at, run, strides in
            if run >= 8, strides.0 == 1 {
                kernel(UInt32(kind.rawValue), first + at.1, second + at.2, strides.1, to + at.0, run)
            } else if run >= 8, isCommutative, strides.1 == 1 {
                kernel(UInt32(kind.rawValue), second + at.2, first + at.1, 0, to + at.0, run)
            } else {
                for i in 0..<run { out[at.0 + i] = operation(x[at.1 + i * strides.0], y[at.2 + i * strides.1]) }
            }
        }
    }

    @inline(__always)
    private static func apply<T, R>(
        _ walk: Broadcast, _ x: UnsafeMutableBufferPointer<T>, _ y: UnsafeMutableBufferPointer<T>,
        _ out: UnsafeMutableBufferPointer<R>, _ operation: (T, T) -> R
    ) {
        walk.forEachRow { at, run, step in
            for i in 0..<run { out[at.0 + i] = operation(x[at.1 + i * step.0], y[at.2 + i * step.1]) }
        }
    }
}

/// C entry of `Binary`.
@c(pack_op_Binary) public func packOperatorBinary(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Binary.self, step, running)
}
