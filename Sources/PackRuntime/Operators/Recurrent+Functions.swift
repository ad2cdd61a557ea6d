import CPackKernels
import CPackSystem
import PackCore

/// The functions that recurrent layers may use; the values stand in plan files.
public enum RecurrentFunction: Int, Sendable {
    case relu = 0
    case tanh = 1
    case sigmoid = 2
    /// alpha · x + beta.
    case affine = 3
    case leakyRelu = 4
    case thresholdedRelu = 5
    /// alpha · tanh(beta · x).
    case scaledTanh = 6
    case hardSigmoid = 7
    case elu = 8
    case softsign = 9
    case softplus = 10

    /// A function with its numbers.
    struct Scaled {
        var function = RecurrentFunction.tanh
        var alpha: Float = 0
        var beta: Float = 0

        func apply(_ x: UnsafeMutablePointer<Float>, _ count: Int, _ kernels: UnsafePointer<pack_kernels>) {
            switch function {
            case .relu: kernels.pointee.unary?(PACK_UNARY_RELU.rawValue, nil, x, x, count)
            case .tanh: kernels.pointee.unary?(PACK_UNARY_TANH.rawValue, nil, x, x, count)
            case .sigmoid: kernels.pointee.unary?(PACK_UNARY_SIGMOID.rawValue, nil, x, x, count)
            case .scaledTanh:
                for i in 0..<count { x[i] *= beta }
                kernels.pointee.unary?(PACK_UNARY_TANH.rawValue, nil, x, x, count)
                for i in 0..<count { x[i] *= alpha }
            default: for i in 0..<count { x[i] = value(x[i]) }
            }
        }

        private func value(_ x: Float) -> Float {
            switch function {
            case .affine: alpha * x + beta
            case .leakyRelu: x >= 0 ? x : alpha * x
            case .thresholdedRelu: x >= alpha ? x : 0
            case .hardSigmoid: Swift.max(0, Swift.min(1, alpha * x + beta))
            case .elu: x >= 0 ? x : alpha * Float(pack_exp(Double(x)) - 1)
            case .softsign: x / (1 + Swift.abs(x))
            case .softplus: Float(Swift.max(Double(x), 0) + pack_log(1 + pack_exp(-Double(Swift.abs(x)))))
            default: x
            }
        }
    }
}
