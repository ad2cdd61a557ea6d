#pragma once
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_checks.h"
#include "pack_kernels.h"

/// A reproducible sequence of numbers.
typedef struct {
    uint64_t state;
} sequence;

uint32_t next_bits(sequence *s);
float next_value(sequence *s); // -1 … 1
size_t next_below(sequence *s, size_t limit);

/// Memory that ends where a guard begins, so that writing past the end is seen by check_guard.
void *guarded(size_t bytes);
void release(void *memory, kernel_check *result, const char *what);

void fail(kernel_check *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
void digest(kernel_check *result, const void *bytes, size_t count);
/// Into `fused`; all NaNs count as one.
void digest_fused(kernel_check *result, const float *values, size_t count);
/// Notes |found - expected| in units of `tolerance`; fails above 1 or when only one is NaN.
int near(kernel_check *result, double found, double expected, double tolerance);

typedef void check_function(pack_any_kernel kernel, kernel_check *result);
check_function check_gemm_f32, check_gemm_f16, check_gemm_bf16, check_gemm_s8, check_gemm_s4, check_quantize_rows, check_layer_norm, check_softmax,
    check_unary, check_binary, check_attention_f32, check_mul_add_rows, check_dequantize_s8, check_dequantize_s4,
    check_f16_to_f32, check_bf16_to_f32, check_mean_rows, check_max_rows, check_l2_normalize, check_tap_rows, check_conv_rows,
    check_gemm_rows_f32;
