#pragma once
// Digests of the results that the checks meet, the same for every variant but the portable one. Whoever changes what a kernel
// computes, or the cases of a check, changes the line of the family: the checks print what they found.
#define EXPECTED_DIGESTS(X)                                                                                            \
    X(gemm_f32, 0x795534adc2360c61)                                                                                    \
    X(gemm_f16, 0x1cef87653ba11f68)                                                                                    \
    X(gemm_bf16, 0xe076c73866c354e8)                                                                                   \
    X(gemm_s8, 0x6536240f4d641a1f)                                                                                     \
    X(gemm_s4, 0x2594d64ad5eebb77)                                                                                     \
    X(quantize_rows, 0x16ea758959e3f33e)                                                                               \
    X(layer_norm, 0x222965f2b9fd9820)                                                                                  \
    X(softmax, 0xd2dbb1d13c6525be)                                                                                     \
    X(unary, 0xf5cd111cff9067d9)                                                                                       \
    X(binary, 0xdf3ea30ec01f11fa)                                                                                      \
    X(attention_f32, 0xc927f94dc77c7bc3)                                                                               \
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
    X(gemm_rows_f32, 0x795534adc2360c61)
