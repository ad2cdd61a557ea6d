import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    static let recurrent: [String: LoweringRule] = [:]
}
