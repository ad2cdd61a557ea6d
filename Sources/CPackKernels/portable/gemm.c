// The reference kernels: plain C without any assumption about the CPU, and the truth that the others are tested against.
#include <math.h>
#include <string.h>

#include "../half.h"
#include "../internal.h"
#include "activation.h"

#pragma clang fp contract(off)

/// activation(values + bias) + residual, to the valid columns of one row of a panel.
static void store(const pack_gemm *g, size_t row, size_t column, float *values) {
    size_t width = pack_min(PACK_PANEL, g->n - column);
    float *c = g->c + row * g->ldc + column;
    for (size_t j = 0; j < width; j++) {
        float value = values[j];
        if (g->bias) value = value + g->bias[column + j];
        value = pack_activate_portable(g->activation, value);
        if (g->residual) value = value + g->residual[row * g->ldr + column + j];
        c[j] = value;
    }
}

/// What the sums of one row of a panel start from.
static void start(const pack_gemm *g, size_t row, size_t column, float *sums) {
    size_t width = pack_min(PACK_PANEL, g->n - column);
    for (size_t j = 0; j < PACK_PANEL; j++) {
        sums[j] = g->bias && j < width ? g->bias[column + j] : 0;
        if (g->row_bias) sums[j] += g->row_bias[row];
        if (g->residual && !g->activation && j < width) sums[j] += g->residual[row * g->ldr + column + j];
    }
}

/// What follows sums that started so.
static void finish(const pack_gemm *g, size_t row, size_t column, float *sums) {
    pack_gemm rest = *g;
    rest.bias = 0;
    if (!g->activation) rest.residual = 0;
    store(&rest, row, column, sums);
}

void pack_gemm_f32_portable(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    for (size_t p = panel_begin; p < panel_end; p++) {
        const float *panel = (const float *)g->panels + p * g->k * PACK_PANEL;
        for (size_t row = row_begin; row < row_end; row++) {
            const float *a = (const float *)g->a + row * g->lda;
            float sums[PACK_PANEL];
            start(g, row, p * PACK_PANEL, sums);
            for (size_t i = 0; i < g->k; i++)
                for (size_t j = 0; j < PACK_PANEL; j++) sums[j] += a[i] * panel[i * PACK_PANEL + j];
            finish(g, row, p * PACK_PANEL, sums);
        }
    }
}

void pack_gemm_rows_f32_portable(
    const pack_gemm *g, const size_t *offsets, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    for (size_t p = panel_begin; p < panel_end; p++) {
        const float *from = (const float *)g->panels + p * PACK_PANEL;
        for (size_t row = row_begin; row < row_end; row++) {
            const float *a = (const float *)g->a + row * g->lda;
            float sums[PACK_PANEL];
            start(g, row, p * PACK_PANEL, sums);
            for (size_t i = 0; i < g->k; i++)
                for (size_t j = 0; j < PACK_PANEL; j++) sums[j] += a[i] * from[offsets[i] + j];
            finish(g, row, p * PACK_PANEL, sums);
        }
    }
}

/// Products with weights of 16 bits, which `widen` makes floats of.
static void multiply_halves(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end,
    pack_widen_kernel widen) {
    enum { BLOCK = 256 };
    for (size_t p = panel_begin; p < panel_end; p++) {
        const uint16_t *panel = (const uint16_t *)g->panels + p * g->k * PACK_PANEL;
        for (size_t row = row_begin; row < row_end; row++) {
            float sums[PACK_PANEL], block[BLOCK];
            const float *a = (const float *)g->a + row * g->lda;
            start(g, row, p * PACK_PANEL, sums);
            for (size_t i = 0; i < g->k; i += BLOCK / PACK_PANEL) {
                size_t depth = pack_min(BLOCK / PACK_PANEL, g->k - i);
                widen(panel + i * PACK_PANEL, block, depth * PACK_PANEL);
                for (size_t l = 0; l < depth; l++)
                    for (size_t j = 0; j < PACK_PANEL; j++) sums[j] += a[i + l] * block[l * PACK_PANEL + j];
            }
            finish(g, row, p * PACK_PANEL, sums);
        }
    }
}

void pack_gemm_f16_portable(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    multiply_halves(g, row_begin, row_end, panel_begin, panel_end, pack_f16_to_f32_portable);
}

void pack_gemm_bf16_portable(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    multiply_halves(g, row_begin, row_end, panel_begin, panel_end, pack_bf16_to_f32_portable);
}

static void row_s8(const uint8_t *a, const int8_t *panel, size_t k, int32_t *sums) {
    memset(sums, 0, PACK_PANEL * sizeof *sums);
    for (size_t i = 0; i < k; i += 4)
        for (size_t j = 0; j < PACK_PANEL; j++)
            for (size_t l = 0; l < 4; l++) sums[j] += a[i + l] * panel[i * PACK_PANEL + j * 4 + l];
}

void pack_gemm_s8_portable(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    for (size_t p = panel_begin; p < panel_end; p++) {
        const int8_t *panel = (const int8_t *)g->panels + p * pack_round_up(g->k, 4) * PACK_PANEL;
        size_t column = p * PACK_PANEL, width = pack_min(PACK_PANEL, g->n - column);
        for (size_t row = row_begin; row < row_end; row++) {
            int32_t sums[PACK_PANEL];
            float values[PACK_PANEL];
            row_s8((const uint8_t *)g->a + row * g->lda, panel, g->k, sums);
            for (size_t j = 0; j < width; j++) {
                int32_t sum = sums[j] - g->row_zero[row] * g->column_sum[column + j];
                values[j] = g->row_scale[row] * g->column_scale[column + j] * (float)sum;
            }
            store(g, row, column, values);
        }
    }
}

/// The row's sums, group scales included. Unsigned, because weights that break the bounds of s4 panels may wrap.
static void row_s4(const uint8_t *a, const uint8_t *panel, size_t groups, uint32_t *sums) {
    const int8_t *scales = (const int8_t *)panel + groups * 256;
    memset(sums, 0, PACK_PANEL * sizeof *sums);
    for (size_t g = 0; g < groups; g++, a += PACK_GROUP, panel += 256, scales += PACK_PANEL)
        for (size_t j = 0; j < PACK_PANEL; j++) {
            int32_t sum = 0;
            for (size_t i = 0; i < PACK_GROUP / 2; i++) {
                uint8_t pair = panel[i / 4 * 64 + j * 4 + i % 4];
                sum += a[i] * ((pair & 15) - 8) + a[i + PACK_GROUP / 2] * ((pair >> 4) - 8);
            }
            sums[j] += (uint32_t)(sum * scales[j]);
        }
}

void pack_gemm_s4_portable(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    for (size_t p = panel_begin; p < panel_end; p++) {
        const uint8_t *panel = (const uint8_t *)g->panels + p * pack_panel_bytes_s4(g->k);
        size_t column = p * PACK_PANEL, width = pack_min(PACK_PANEL, g->n - column);
        for (size_t row = row_begin; row < row_end; row++) {
            uint32_t sums[PACK_PANEL];
            float values[PACK_PANEL];
            row_s4((const uint8_t *)g->a + row * g->lda, panel, pack_groups(g->k), sums);
            for (size_t j = 0; j < width; j++) {
                uint32_t sum = sums[j] - (uint32_t)g->row_zero[row] * (uint32_t)g->column_sum[column + j];
                values[j] = g->row_scale[row] * g->column_scale[column + j] * (float)(int32_t)sum;
            }
            store(g, row, column, values);
        }
    }
}
