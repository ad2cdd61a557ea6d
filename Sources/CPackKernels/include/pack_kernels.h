#pragma once
// The compute kernels and the table that one probe of the CPU selects.
//
// Matrices are row-major; `ld*` are row strides in elements. Weights come in panels of PACK_PANEL columns, one layout for
// every variant, so that a plan moves between CPUs:
//   f32, f16: panel p holds for each k the PACK_PANEL values w[k][16p … 16p+15]; columns past n are zero.
//   s8:       panel p holds for each quadruple of k (the last one padded with zeros) and each of its 16 columns the four
//             bytes w[4q … 4q+3][column]: 64 bytes a quadruple.
#include <stddef.h>
#include <stdint.h>

#define PACK_PANEL 16

enum pack_activation {
    PACK_ACTIVATION_NONE = 0,
    PACK_ACTIVATION_RELU = 1,
    PACK_ACTIVATION_GELU_ERF = 2,
    PACK_ACTIVATION_GELU_TANH = 3,
    PACK_ACTIVATION_TANH = 4,
};

/// c = activation(a·w + bias) + residual, for a of any number of rows.
typedef struct {
    const void *a;         // f32 kernels: const float *; s8 kernels: const uint8_t *, rows padded with zeros to a multiple of 4
    size_t lda;
    const void *panels;    // 64-byte aligned
    size_t k, n;
    float *c;
    size_t ldc;
    const float *bias;     // n values, or NULL
    const float *residual; // added after the activation, or NULL; may be c itself
    size_t ldr;
    uint32_t activation;   // enum pack_activation
    // s8 kernels only: value = row_scale[i] * column_scale[j] * (sum_k (a - row_zero[i]) * w), the sum exact in 32 bits.
    const float *row_scale;
    const int32_t *row_zero;
    const float *column_scale; // n values
    const int32_t *column_sum; // n values: sum over k of w
} pack_gemm;

/// Computes rows row_begin ..< row_end of the columns of panels panel_begin ..< panel_end.
typedef void (*pack_gemm_kernel)(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end);
