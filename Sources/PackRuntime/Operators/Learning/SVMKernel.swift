public import CPackKernels
import CPackSystem
import PackCore

/// Kernel values of rows and support vectors: x f32 [N, F] and v f32 [V, F] give [N, V]. Attributes: an `SVMKernelKind`, bits of γ,
/// c and d.
enum SVMKernel: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let vectors = try step.input(1)
        let out = try step.output()
        try x.require(.f32)
        try vectors.require(.f32)
        try out.require(.f32)
        guard x.rank == 2, vectors.rank == 2, out.rank == 2, x.extent(1) == vectors.extent(1),
            out.extent(0) == x.extent(0), out.extent(1) == vectors.extent(0)
        else { throw .shape }
        guard SVMKernelKind(rawValue: try step.attribute(0)) != nil else { throw .attribute }
        _ = try step.attribute(3)
        return 0
    }

    private struct Task {
        let x: UnsafePointer<Float>
        let vectors: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
        let count: Int
        let width: Int
        let kind: SVMKernelKind
        let gamma: Float
        let offset: Float
        let degree: Float

        func compute(_ row: Int) {
            let from = x + row * width
            for vector in 0..<count {
                out[row * count + vector] = value(from, vectors + vector * width)
            }
        }

        private func value(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float {
            if kind == .radial {
                let distance = sum(a, b) { ($0 - $1) * ($0 - $1) }
                return Float(pack_math_exp(Double(-gamma * distance)))
            }
            let product = sum(a, b) { $0 * $1 }
            switch kind {
            case .polynomial: return Float(pack_math_pow(Double(gamma * product + offset), Double(degree)))
            case .sigmoid: return Float(pack_math_tanh(Double(gamma * product + offset)))
            default: return product
            }
        }

        @inline(__always)
        private func sum(
            _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ term: (SIMD8<Float>, SIMD8<Float>) -> SIMD8<Float>
        ) -> Float {
            var total = SIMD8<Float>(repeating: 0)
            var index = 0
            while index + 8 <= width {
                let left = UnsafeRawPointer(a + index).loadUnaligned(as: SIMD8<Float>.self)
                let right = UnsafeRawPointer(b + index).loadUnaligned(as: SIMD8<Float>.self)
                total += term(left, right)
                index += 8
            }
            var (left, right) = (SIMD8<Float>(repeating: 0), SIMD8<Float>(repeating: 0))
            for lane in 0..<width - index { (left[lane], right[lane]) = (a[index + lane], b[index + lane]) }
            return (total + term(left, right)).sum()
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let vectors = try step.input(1)
        guard let to = try step.output().floats.baseAddress, try step.output().count > 0 else { return }
        guard let from = x.floats.baseAddress, let table = vectors.floats.baseAddress,
            let kind = SVMKernelKind(rawValue: try step.attribute(0))
        else { throw .attribute }
        let task = Task(
            x: from, vectors: table, out: to, count: vectors.extent(0), width: x.extent(1), kind: kind,
            gamma: try step.floatAttribute(1), offset: try step.floatAttribute(2), degree: try step.floatAttribute(3))
        if x.extent(0) == 1 { return task.compute(0) }
        step.parallel(x.extent(0), task) { context, row, _ in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(row)
        }
    }
}

/// C entry of `SVMKernel`.
@c(pack_op_SVMKernel) public func packOperatorSVMKernel(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(SVMKernel.self, step, running)
}
