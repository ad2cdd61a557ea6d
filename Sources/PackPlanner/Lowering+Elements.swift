import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    /// Elementwise functions, comparisons, selection and movement of elements of any type.
    static let elements: [String: LoweringRule] = [:]
}
