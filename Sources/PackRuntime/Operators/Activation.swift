import CPackKernels
import PackCore

/// A function of every result of an operator. In attribute words: a `pack_unary` (0: none), and the bits of its two parameters, which
/// may be missing where it has none.
struct Activation {
    let kind: UInt32
    private let parameters: (Float, Float)

    /// No function.
    static let none = Activation()

    private init() { (kind, parameters) = (0, (0, 0)) }

    /// Reads the words from `first` on.
    init(_ step: Step, from first: Int) throws(OperatorError) {
        let kind = try step.attribute(first)
        guard (0...Int(PACK_UNARY_LAST.rawValue)).contains(kind) else { throw .attribute }
        self.kind = UInt32(kind)
        let hasParameters = kind >= Int(PACK_UNARY_LEAKY_RELU.rawValue)
        parameters = hasParameters ? (try step.floatAttribute(first + 1), try step.floatAttribute(first + 2)) : (0, 0)
    }

    /// Whether products apply it where they write their results.
    var isOfProducts: Bool { kind <= PACK_ACTIVATION_TANH.rawValue }

    /// Whether the function of the highest of some values is, to the bit, the highest of their functions.
    var keepsOrder: Bool { kind == PACK_ACTIVATION_RELU.rawValue || kind == PACK_UNARY_CLIP.rawValue }

    /// `to` = the function of `from`, which may be the same memory.
    func apply(
        _ kernels: UnsafePointer<pack_kernels>, _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>,
        _ count: Int
    ) {
        guard kind != 0 else { return }
        withUnsafeBytes(of: parameters) {
            kernels.pointee.unary?(kind, $0.baseAddress?.assumingMemoryBound(to: Float.self), from, to, count)
        }
    }
}
