import CPackKernels
import PackCore

extension PlanDraft {
    /// Kernels that steps of convolutions, pooling, normalizations and recurrent layers call.
    func imageFamilies(_ step: pack_plan_step) -> Set<String> {
        switch pack_operator_id(UInt32(step.op)) {
        case PACK_OP_Conv: convolutionFamilies(step)
        case PACK_OP_ConvTranspose: ["gemm_f32", "unary"]
        case PACK_OP_DeformConv: ["gemm_f32"]
        case PACK_OP_CausalConv: ["tap_rows", "unary", "binary"]
        case PACK_OP_Pool: ["tap_rows", "binary"]
        case PACK_OP_BatchNormalization, PACK_OP_Binary: ["binary"]
        case PACK_OP_GroupNormalization: ["binary", "layer_norm"]
        case PACK_OP_Recurrent: ["gemm_f32", "gemm_f16", "unary", "binary"]
        default: []
        }
    }

    /// Pooled convolutions are summed tap by tap; which way others go depends on their images. Weights of few bits are restored.
    private func convolutionFamilies(_ step: pack_plan_step) -> Set<String> {
        let words = (0..<Int(step.attribute_count)).map { tables.attributes[Int(step.first_attribute) + $0] }
        let isPooled = words.count > 5 && words.count > 6 + 5 * Int(clamping: words[5])
        let ways: Set = isPooled ? ["binary"] : ["gemm_f32", "gemm_rows_f32"]
        return ways.union(["conv_rows", "unary"]).union([1].compactMap { rowFamily(step, $0) })
    }
}
