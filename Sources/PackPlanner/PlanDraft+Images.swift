import CPackKernels
import PackCore

extension PlanDraft {
    /// Kernels that steps of convolutions, pooling, normalizations and recurrent layers call.
    func imageFamilies(_ step: pack_plan_step) -> Set<String> {
        switch pack_operator_id(UInt32(step.op)) {
        case PACK_OP_Conv: ["gemm_f32", "tap_rows", "unary"]
        default: []
        }
    }
}
