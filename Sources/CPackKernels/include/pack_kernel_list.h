#pragma once
// The one list of kernels. Declarations, selection, link lines, tests and benchmarks all come from it.

/// X(family, type): the fields of the table, in order.
#define PACK_KERNEL_FAMILIES(X)                                                                                        \
    X(gemm_f32, pack_gemm_kernel)                                                                                      \
    X(gemm_f16, pack_gemm_kernel)                                                                                      \
    X(gemm_bf16, pack_gemm_kernel)                                                                                     \
    X(gemm_s8, pack_gemm_kernel)                                                                                       \
    X(gemm_s4, pack_gemm_kernel)                                                                                       \
    X(quantize_rows, pack_quantize_rows_kernel)                                                                        \
    X(layer_norm, pack_layer_norm_kernel)                                                                              \
    X(softmax, pack_softmax_kernel)                                                                                    \
    X(unary, pack_unary_kernel)                                                                                        \
    X(binary, pack_binary_kernel)                                                                                      \
    X(attention_f32, pack_attention_kernel)                                                                            \
    X(mul_add_rows, pack_mul_add_rows_kernel)                                                                          \
    X(dequantize_s8, pack_dequantize_s8_kernel)                                                                        \
    X(dequantize_s4, pack_dequantize_s4_kernel)                                                                        \
    X(f16_to_f32, pack_widen_kernel)                                                                                   \
    X(bf16_to_f32, pack_widen_kernel)                                                                                  \
    X(mean_rows, pack_pool_rows_kernel)                                                                                \
    X(max_rows, pack_pool_rows_kernel)                                                                                 \
    X(l2_normalize, pack_l2_normalize_kernel)                                                                          \
    X(tap_rows, pack_tap_rows_kernel)                                                                                  \
    X(conv_rows, pack_conv_rows_kernel)                                                                                \
    X(gemm_rows_f32, pack_gemm_rows_kernel)

/// X(family, isa, arch) for each kernel, within a family from the plainest to the best.
#define PACK_KERNELS_FULL_ISA(X, isa, arch)                                                                            \
    X(gemm_f32, isa, arch)                                                                                             \
    X(gemm_f16, isa, arch)                                                                                             \
    X(gemm_bf16, isa, arch)                                                                                            \
    X(gemm_s8, isa, arch)                                                                                              \
    X(gemm_s4, isa, arch)                                                                                              \
    X(quantize_rows, isa, arch)                                                                                        \
    X(layer_norm, isa, arch)                                                                                           \
    X(softmax, isa, arch)                                                                                              \
    X(unary, isa, arch)                                                                                                \
    X(binary, isa, arch)                                                                                               \
    X(attention_f32, isa, arch)                                                                                        \
    X(mul_add_rows, isa, arch)                                                                                         \
    X(dequantize_s8, isa, arch)                                                                                        \
    X(dequantize_s4, isa, arch)                                                                                        \
    X(f16_to_f32, isa, arch)                                                                                           \
    X(bf16_to_f32, isa, arch)                                                                                          \
    X(mean_rows, isa, arch)                                                                                            \
    X(max_rows, isa, arch)                                                                                             \
    X(l2_normalize, isa, arch)                                                                                         \
    X(tap_rows, isa, arch)                                                                                             \
    X(conv_rows, isa, arch)                                                                                            \
    X(gemm_rows_f32, isa, arch)

#define PACK_KERNELS_ANY(X) PACK_KERNELS_FULL_ISA(X, portable, any)
#define PACK_KERNELS_X86(X)                                                                                            \
    PACK_KERNELS_FULL_ISA(X, avx2, x86_64)                                                                             \
    X(gemm_f32, avx512, x86_64)                                                                                        \
    X(gemm_f16, avx512, x86_64)                                                                                        \
    X(gemm_bf16, avx512, x86_64)                                                                                       \
    X(attention_f32, avx512, x86_64)                                                                                   \
    X(unary, avx512, x86_64)                                                                                           \
    X(tap_rows, avx512, x86_64)                                                                                        \
    X(conv_rows, avx512, x86_64)                                                                                       \
    X(gemm_rows_f32, avx512, x86_64)                                                                                   \
    X(gemm_s8, avxvnni, x86_64)                                                                                        \
    X(gemm_s4, avxvnni, x86_64)                                                                                        \
    X(gemm_s8, avx512vnni, x86_64)                                                                                     \
    X(gemm_s4, avx512vnni, x86_64)
#define PACK_KERNELS_ARM(X)                                                                                            \
    PACK_KERNELS_FULL_ISA(X, neon, arm64)                                                                              \
    X(gemm_s8, dotprod, arm64)                                                                                         \
    X(gemm_s4, dotprod, arm64)                                                                                         \
    X(gemm_s8, i8mm, arm64)

/// Instruction sets of an architecture, the better ones later. Each includes the smaller ones, except that CPUs may lack AVX-VNNI
/// and have AVX-512.
enum pack_isa {
    PACK_ISA_NONE = 0,
    PACK_ISA_portable = 1,
    PACK_ISA_avx2 = 2,       // AVX2, FMA, F16C
    PACK_ISA_avxvnni = 3,    // and AVX-VNNI
    PACK_ISA_avx512 = 4,     // AVX2 and AVX-512 F, BW, DQ, VL
    PACK_ISA_avx512vnni = 5, // and AVX-512 VNNI
    PACK_ISA_neon = 6,       // the arm64 baseline
    PACK_ISA_dotprod = 7,    // and FEAT_DotProd
    PACK_ISA_i8mm = 8,       // and FEAT_I8MM
    PACK_ISA_COUNT = 9,
};

enum pack_family {
#define PACK_FAMILY(family, type) PACK_FAMILY_##family,
    PACK_KERNEL_FAMILIES(PACK_FAMILY)
#undef PACK_FAMILY
    PACK_FAMILY_COUNT
};
