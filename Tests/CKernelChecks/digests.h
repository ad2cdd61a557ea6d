#pragma once
// Digests of the results that the checks meet, the same for every variant but the portable one. Whoever changes what a kernel
// computes, or the cases of a check, changes the line of the family: the checks print what they found.
#define EXPECTED_DIGESTS(X)                                                                                            \
    X(gemm_f32, 0xe81562c47554adbc)                                                                                    \
    X(gemm_f16, 0xa03ebdaac36a68a2)                                                                                    \
    X(gemm_bf16, 0x0533de4d6b0d3578)                                                                                   \
    X(gemm_s8, 0x022efd48d473b267)                                                                                     \
    X(gemm_s4, 0xfbb8c54ba307eba3)                                                                                     \
    X(quantize_rows, 0x16ea758959e3f33e)                                                                               \
    X(layer_norm, 0x222965f2b9fd9820)                                                                                  \
    X(softmax, 0x1d04d19d47ccc931)                                                                                     \
    X(unary, 0xd348a359d99f345b)                                                                                       \
    X(binary, 0xdf3ea30ec01f11fa)                                                                                      \
    X(attention_f32, 0x37be2690f77a4221)                                                                               \
    X(mul_add_rows, 0xd53a2f2f4dcd3e13)                                                                                \
    X(dequantize_s8, 0x5b6b21d6beaaf391)                                                                               \
    X(dequantize_s4, 0x1eae264d7533029b)                                                                               \
    X(f16_to_f32, 0x1f87f165810ea7c5)                                                                                  \
    X(bf16_to_f32, 0xcf8e09175d8f5ba5)                                                                                 \
    X(mean_rows, 0x9acd3c2cc47eaa73)                                                                                   \
    X(max_rows, 0x139031d20731ca03)                                                                                    \
    X(l2_normalize, 0x7a0b2f654c66cc54)                                                                                \
    X(tap_rows, 0xab6763b31c5b2540)                                                                                    \
    X(conv_rows, 0x9c07be372d389efe)                                                                                   \
    X(gemm_rows_f32, 0xe81562c47554adbc)
