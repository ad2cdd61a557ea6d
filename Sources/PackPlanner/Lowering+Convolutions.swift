import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    /// Convolutions, pooling and what belongs to images.
    static let convolutions: [String: LoweringRule] = [:]
}
