public import CPackKernels
import CPackSystem
import PackCore

/// An elementwise function of f32. Attributes: `Activation`. Or, with attribute −1, the negation of bool.
enum Unary: Operator {
    private struct Task {
        let function: Activation
        let kernels: UnsafePointer<pack_kernels>
        let from: UnsafePointer<Float>
        let to: UnsafeMutablePointer<Float>
        let count: Int
        static let length = 1 << 14

        func compute(_ index: Int) {
            let first = index * Task.length
            function.apply(kernels, from + first, to + first, Swift.min(Task.length, count - first))
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        let kind = try step.attribute(0)
        guard x.dtype == out.dtype, x.dtype == (kind == -1 ? .bool : .f32) else { throw .type }
        guard x.count == out.count else { throw .shape }
        guard kind != -1 else { return 0 }
        guard try Activation(step, from: 0).kind != 0 else { throw .attribute }
        guard step.kernels.pointee.unary != nil else { throw .kernel }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        if try step.attribute(0) == -1 {
            let from = x.elements(Bool.self)
            let to = out.elements(Bool.self)
            for i in 0..<to.count { to[i] = !from[i] }
        } else if let from = x.floats.baseAddress, let to = out.floats.baseAddress {
            let task = Task(
                function: try Activation(step, from: 0), kernels: step.kernels, from: from, to: to, count: x.count)
            step.parallel((x.count + Task.length - 1) / Task.length, task) { context, index, _ in
                context?.assumingMemoryBound(to: Task.self).pointee.compute(index)
            }
        }
    }
}

/// C entry of `Unary`.
@c(pack_op_Unary) public func packOperatorUnary(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Unary.self, step, running)
}
