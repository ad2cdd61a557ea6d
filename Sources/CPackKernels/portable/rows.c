#include <math.h>
#include <string.h>

#include "../half.h"
#include "../internal.h"

#pragma clang fp contract(off)

static void quantize_row(const float *x, size_t k, uint8_t *codes, float *scale, int32_t *zero) {
    float low = 0, high = 0;
    int finite = 1;
    for (size_t i = 0; i < k; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
        finite &= __builtin_fabsf(x[i]) <= 0x1.fffffep127f;
    }
    pack_row_code code = pack_row_code_for(low, high, finite);
    *scale = code.scale;
    *zero = code.zero;
    memset(codes, 0, pack_round_up(k, 4));
    if (code.inverse == 0) return;
    for (size_t i = 0; i < k; i++) {
        int32_t value = (int32_t)((x[i] * code.inverse + 0x1.8p23f) - 0x1.8p23f) + code.zero;
        codes[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

void pack_quantize_rows_portable(
    const float *x, size_t ldx, size_t rows, size_t k, uint8_t *codes, size_t ldcodes, float *scale, int32_t *zero) {
    for (size_t i = 0; i < rows; i++) quantize_row(x + i * ldx, k, codes + i * ldcodes, scale + i, zero + i);
}

void pack_layer_norm_portable(
    const float *x, size_t ldx, float *y, size_t ldy, size_t rows, size_t n, const float *gamma, const float *beta,
    float eps) {
    for (size_t i = 0; i < rows; i++, x += ldx, y += ldy) {
        double sum = 0, squares = 0;
        for (size_t j = 0; j < n; j++) sum += x[j];
        float mean = (float)(sum / (double)n);
        for (size_t j = 0; j < n; j++) squares += (double)(x[j] - mean) * (double)(x[j] - mean);
        float inverse = 1.0f / sqrtf((float)(squares / (double)n) + eps);
        for (size_t j = 0; j < n; j++)
            y[j] = (x[j] - mean) * inverse * (gamma ? gamma[j] : 1.0f) + (beta ? beta[j] : 0.0f);
    }
}

void pack_softmax_portable(
    const float *x, size_t ldx, float *y, size_t ldy, size_t rows, size_t n, float scale, const float *mask,
    size_t ldmask) {
    for (size_t i = 0; i < rows; i++, x += ldx, y += ldy, mask = mask ? mask + ldmask : mask) {
        float most = -INFINITY, sum = 0;
        for (size_t j = 0; j < n; j++) {
            float value = x[j] * scale + (mask ? mask[j] : 0.0f);
            most = value > most ? value : most;
            y[j] = value;
        }
        if (most == -INFINITY) most = 0;
        for (size_t j = 0; j < n; j++) sum += y[j] = y[j] - most < -86.9f ? 0.0f : expf(y[j] - most);
        float inverse = sum == 0 ? 0.0f : 1.0f / sum;
        for (size_t j = 0; j < n; j++) y[j] *= inverse;
    }
}

void pack_mul_add_rows_portable(
    const float *x, size_t ldx, const float *scale, const float *shift, float *y, size_t ldy, size_t rows, size_t n) {
    for (size_t i = 0; i < rows; i++, x += ldx, y += ldy)
        for (size_t j = 0; j < n; j++) {
            float value = scale ? x[j] * scale[j] : x[j];
            y[j] = shift ? value + shift[j] : value;
        }
}

void pack_dequantize_s8_portable(const int8_t *codes, float scale, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = (float)codes[i] * scale;
}

void pack_dequantize_s4_portable(const uint8_t *row, float scale, float *y, size_t n) {
    const int8_t *scales = (const int8_t *)row + pack_groups(n) * (PACK_GROUP / 2);
    for (size_t i = 0; i < n; i++) {
        uint8_t pair = row[i / PACK_GROUP * (PACK_GROUP / 2) + i % (PACK_GROUP / 2)];
        int code = (i % PACK_GROUP < PACK_GROUP / 2 ? pair & 15 : pair >> 4) - 8;
        y[i] = (float)(code * scales[i / PACK_GROUP]) * scale;
    }
}

void pack_f16_to_f32_portable(const uint16_t *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = pack_half_value(x[i]);
}

void pack_bf16_to_f32_portable(const uint16_t *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = pack_bfloat_value(x[i]);
}

void pack_mean_rows_portable(
    const float *x, size_t ldx, size_t rows, size_t n, uint32_t mask_type, const void *mask, float *y) {
    size_t count = 0;
    memset(y, 0, n * sizeof *y);
    for (size_t i = 0; i < rows; i++) {
        if (!pack_mask_valid(mask_type, mask, i)) continue;
        count++;
        for (size_t j = 0; j < n; j++) y[j] += x[i * ldx + j];
    }
    float inverse = count ? 1.0f / (float)count : 0.0f;
    for (size_t j = 0; j < n; j++) y[j] *= inverse;
}

void pack_max_rows_portable(
    const float *x, size_t ldx, size_t rows, size_t n, uint32_t mask_type, const void *mask, float *y) {
    size_t count = 0;
    memset(y, 0, n * sizeof *y);
    for (size_t i = 0; i < rows; i++) {
        if (!pack_mask_valid(mask_type, mask, i)) continue;
        for (size_t j = 0; j < n; j++) y[j] = count && y[j] > x[i * ldx + j] ? y[j] : x[i * ldx + j];
        count++;
    }
}

void pack_tap_rows_portable(
    const float *x, const size_t *offsets, const float *weights, size_t taps, float start, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float value = start;
        for (size_t t = 0; t < taps; t++) {
            float other = x[offsets[t] + i];
            value = weights ? value + weights[t] * other : value > other ? value : other;
        }
        y[i] = value;
    }
}

void pack_conv_rows_portable(const pack_conv_rows *c) {
    for (size_t r = 0; r < c->rows; r++)
        for (size_t i = 0; i < c->width; i++) {
            float value = c->start;
            const float *w = c->weights;
            for (size_t channel = 0; channel < c->channels; channel++)
                for (size_t line = 0; line < c->kernel_rows; line++)
                    for (size_t k = 0; k < c->kernel_columns; k++)
                        value += *w++ * c->x[channel * c->plane + (r * c->stride + line * c->dilation) * c->row +
                                             c->columns[k] + i];
            c->y[r * c->width + i] = value;
        }
}

void pack_l2_normalize_portable(const float *x, float *y, size_t n, float eps) {
    double squares = 0;
    for (size_t i = 0; i < n; i++) squares += (double)x[i] * (double)x[i];
    float norm = (float)sqrt(squares);
    float inverse = 1.0f / (norm > eps ? norm : eps);
    for (size_t i = 0; i < n; i++) y[i] = x[i] * inverse;
}
