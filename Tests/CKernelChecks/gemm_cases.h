#pragma once
#include "support.h"

/// One product to check: its shape, the part of it that is computed, and what is done with the sums.
typedef struct {
    size_t rows, k, n;
    size_t row_begin, row_end, panel_begin, panel_end;
    int bias;
    int residual; // 0 none, 1 apart, 2 in place
    uint32_t activation;
} gemm_case;

/// Calls `check` with tails of every kind (1…17 rows, 1…50 columns, depths 1…70), and with larger shapes.
void for_gemm_cases(
    void (*check)(const gemm_case *c, sequence *s, void *context), const uint32_t *activations, size_t count,
    void *context);

double activation_value(uint32_t activation, double x);

/// The operands that follow the exact sums of a product of codes, and where its results are.
typedef struct {
    const float *row_scale, *column_scale, *bias, *residual, *c;
    size_t ldc;
} integer_product;

/// Compares c with what the sums ask for, inside the computed part, and with the residual, which c held before, outside.
/// `sum` gives the exact sum of an element, zero points taken off.
void compare_integers(
    const gemm_case *c, const integer_product *p,
    int64_t (*sum)(const gemm_case *c, const void *operands, size_t i, size_t j), const void *operands,
    kernel_check *result);
