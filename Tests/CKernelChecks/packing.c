#include "support.h"

static double half(uint16_t h) {
    int exponent = h >> 10 & 31, fraction = h & 1023;
    double value = exponent == 31 ? (fraction ? NAN : INFINITY)
        : exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return h >> 15 ? -value : value;
}

/// The neighbours of a rounded half must not be nearer, and an even one wins a tie.
static void check_half(float x, kernel_check *result) {
    uint16_t h;
    pack_f32_to_f16(&x, &h, 1);
    double found = half(h);
    if (isnan(x) ? !isnan(found) : fabs(x) >= 65520 ? fabs(found) != INFINITY : 0) fail(result, "half of %.9g", x);
    if (isnan(x) || fabs(x) >= 65520) return;
    double error = fabs(found - x);
    double up = (h & 0x7fff) == 0x7bff ? INFINITY : fabs(half((uint16_t)(h + 1)) - x);
    double down = h & 0x7fff ? fabs(half((uint16_t)(h - 1)) - x) : INFINITY;
    int even = !(h & 1);
    if (error > up || error > down || (!even && (error == up || error == down))) fail(result, "half of %.9g: %.9g", x, found);
    if (signbit(x) != (h >> 15)) fail(result, "sign of half of %.9g", x);
}

static double bfloat(uint16_t b) {
    float value;
    uint32_t bits = (uint32_t)b << 16;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// As check_half. What lies beyond the largest one by half a step becomes infinite.
static void check_bfloat(float x, kernel_check *result) {
    uint16_t b;
    pack_f32_to_bf16(&x, &b, 1);
    double found = bfloat(b), largest = ldexp(511, 119);
    if (signbit(x) != (b >> 15)) fail(result, "sign of bfloat of %.9g", x);
    if (isnan(x) ? !isnan(found) : fabs(x) >= largest ? fabs(found) != INFINITY : 0) fail(result, "bfloat of %.9g", x);
    if (isnan(x) || fabs(x) >= largest) return;
    double error = fabs(found - x);
    double up = (b & 0x7fff) == 0x7f7f ? INFINITY : fabs(bfloat((uint16_t)(b + 1)) - x);
    double down = b & 0x7fff ? fabs(bfloat((uint16_t)(b - 1)) - x) : INFINITY;
    int even = !(b & 1);
    if (error > up || error > down || (!even && (error == up || error == down))) fail(result, "bfloat of %.9g: %.9g", x, found);
}

static void check_panels(size_t k, size_t n, sequence *s, kernel_check *result) {
    float *w = malloc(k * n * 4), *turned = malloc(k * n * 4);
    int8_t *codes = guarded(k * n), *again = guarded(k * n);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < n; j++) turned[j * k + i] = w[i * n + j] = next_value(s) * (float)(j + 1);
    float *scale = guarded(n * 4), *panels = guarded(pack_panels_bytes_f32(k, n)), *others = guarded(pack_panels_bytes_f32(k, n));
    uint16_t *halves = guarded(pack_panels_bytes_f16(k, n));
    int8_t *bytes = guarded(pack_panels_bytes_s8(k, n));
    int32_t *sum = guarded(n * 4);
    pack_panels_f32(w, n, 0, k, n, panels);
    pack_panels_f32(turned, k, 1, k, n, others);
    if (memcmp(panels, others, pack_panels_bytes_f32(k, n)) != 0) fail(result, "k %zu n %zu: transposed differs", k, n);
    uint16_t *bfloats = guarded(pack_panels_bytes_f16(k, n));
    pack_panels_f16(turned, k, 1, k, n, halves);
    pack_panels_bf16(w, n, 0, k, n, bfloats);
    pack_quantize_columns_s8(w, n, 0, k, n, 127, codes, scale, sum);
    pack_quantize_columns_s8(turned, k, 1, k, n, 127, again, scale, sum);
    if (memcmp(codes, again, k * n) != 0) fail(result, "k %zu n %zu: codes of transposed differ", k, n);
    pack_panels_s8(codes, k, 1, k, n, bytes);
    for (size_t j = 0; j < (n + 15) / 16 * 16; j++) {
        int32_t total = 0;
        for (size_t i = 0; i < (k + 3) / 4 * 4; i++) {
            size_t panel = j / 16 * 16;
            int8_t code = bytes[panel * ((k + 3) / 4 * 4) + i / 4 * 64 + j % 16 * 4 + i % 4];
            total += code;
            if (i >= k || j >= n) {
                if (code != 0) fail(result, "k %zu n %zu: padding", k, n);
                continue;
            }
            if (code != codes[j * k + i] || fabs(code * (double)scale[j] - w[i * n + j]) > 0.5001 * scale[j])
                fail(result, "k %zu n %zu: code", k, n);
            uint16_t h;
            pack_f32_to_f16(&w[i * n + j], &h, 1);
            if (halves[panel * k + i * 16 + j % 16] != h) fail(result, "k %zu n %zu: half", k, n);
            pack_f32_to_bf16(&w[i * n + j], &h, 1);
            if (bfloats[panel * k + i * 16 + j % 16] != h) fail(result, "k %zu n %zu: bfloat", k, n);
            if (panels[panel * k + i * 16 + j % 16] != w[i * n + j]) fail(result, "k %zu n %zu: value", k, n);
        }
        if (j < n && total != sum[j]) fail(result, "k %zu n %zu: sum", k, n);
    }
    result->cases++;
    release(codes, result, "codes"), release(again, result, "codes"), release(scale, result, "scale");
    release(panels, result, "panels"), release(others, result, "panels"), release(halves, result, "halves");
    release(bfloats, result, "bfloats");
    release(bytes, result, "bytes"), release(sum, result, "sum");
    free(w), free(turned);
}

/// Whether the sums that are added in 16 bits stay within their bounds.
static int is_bounded(const int8_t *codes, size_t k) {
    for (size_t i = 0; i < k; i += PACK_RUN_LENGTH)
        for (size_t pair = 0; pair < 2; pair++) {
            int up = 0, down = 0;
            for (size_t l = i; l < i + PACK_RUN_LENGTH && l < k; l++) {
                if (l / 2 % 2 != pair) continue;
                up += codes[l] > 0 ? codes[l] : 0, down -= codes[l] < 0 ? codes[l] : 0;
            }
            if (up > PACK_GROUP_SUM || down > PACK_GROUP_SUM) return 0;
        }
    return 1;
}

/// Bounded codes of columns like those of a model, of columns of one sign, of outliers, of zeros: bounds, sums and errors; and
/// what the codes stand for gets the same codes again.
static void check_bounded(size_t k, size_t n, int limit, sequence *s, kernel_check *result) {
    float *w = malloc(k * n * 4), *turned = malloc(k * n * 4);
    int8_t *codes = guarded(k * n), *again = guarded(k * n);
    float *scale = guarded(n * 4), *scale_again = guarded(n * 4);
    int32_t *sum = guarded(n * 4);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < n; j++) {
            float value = next_value(s) + next_value(s) + next_value(s) + next_value(s);
            if (j % 5 == 1) value = 1 + fabsf(value);
            if (j % 5 == 2 && i % 50 == 7) value *= 20;
            if (j % 5 == 3) value = 0;
            turned[j * k + i] = w[i * n + j] = value;
        }
    pack_quantize_bounded_s8(w, n, 0, k, n, limit, again, scale, sum);
    pack_quantize_bounded_s8(turned, k, 1, k, n, limit, codes, scale, sum);
    if (memcmp(codes, again, k * n) != 0) fail(result, "k %zu n %zu: bounded codes of transposed differ", k, n);
    for (size_t j = 0; j < n; j++) {
        double error = 0, total = 0;
        int32_t all = 0;
        if (!is_bounded(codes + j * k, k)) fail(result, "k %zu n %zu column %zu: not bounded", k, n, j);
        for (size_t i = 0; i < k; i++) {
            int code = codes[j * k + i];
            double value = turned[j * k + i], rest = value - (double)code * scale[j];
            if (code > limit || code < -limit) fail(result, "k %zu n %zu: bounded code %d", k, n, code);
            error += rest * rest, total += value * value, all += code;
            turned[j * k + i] = (float)code * scale[j];
        }
        if (all != sum[j]) fail(result, "k %zu n %zu: sum of bounded codes", k, n);
        static const double most[2][5] = {{5e-4, 5e-4, 3e-3, 0, 5e-4}, {1.2e-3, 1e-3, 3e-2, 0, 1.2e-3}};
        if (error > most[limit < 127][j % 5] * total) fail(result, "k %zu n %zu column %zu: error %g", k, n, j, error / total);
    }
    pack_quantize_bounded_s8(turned, k, 1, k, n, limit, again, scale_again, sum);
    for (size_t i = 0; i < k * n; i++)
        if (fabsf((float)again[i] * scale_again[i / k] - turned[i]) > 1e-5f * fabsf(turned[i]))
            fail(result, "k %zu n %zu: bounded codes do not stay", k, n);
    result->cases++;
    release(codes, result, "codes"), release(again, result, "codes"), release(scale, result, "scale");
    release(scale_again, result, "scale"), release(sum, result, "sum");
    free(w), free(turned);
}

static void check_odd_bounded(kernel_check *result) {
    float w[40] = {NAN, 1, -0.5f, 1e-38f}, scale;
    int8_t codes[40];
    int32_t sum;
    pack_quantize_bounded_s8(w, 40, 1, 40, 1, 127, codes, &scale, &sum);
    if (codes[0] != 0 || codes[3] != 0 || fabsf((float)codes[1] * scale - 1) > 1e-6f) fail(result, "bounded: NaN");
    w[5] = INFINITY;
    pack_quantize_bounded_s8(w, 40, 1, 40, 1, 127, codes, &scale, &sum);
    if (!is_bounded(codes, 40)) fail(result, "bounded: infinity");
    for (size_t i = 0; i < 40; i++) w[i] = 3e38f;
    pack_quantize_bounded_s8(w, 40, 1, 40, 1, 127, codes, &scale, &sum);
    for (size_t i = 0; i < 40; i++)
        if (fabs((double)codes[i] * scale / 3e38 - 1) > 1e-6) fail(result, "bounded: equal values");
    memset(w, 0, sizeof w);
    pack_quantize_bounded_s8(w, 40, 1, 40, 1, 31, codes, &scale, &sum);
    if (scale != 0 || sum != 0 || codes[7] != 0) fail(result, "bounded: zeros");
    result->cases += 4;
}

/// A matrix of normal-like values, some of them cut off by a larger neighbour: the codes' bounds, the error, and the layout.
static void check_groups(size_t k, size_t n, sequence *s, kernel_check *result) {
    size_t groups = (k + 31) / 32;
    float *w = malloc(k * n * 4), *turned = malloc(k * n * 4);
    int8_t *codes = guarded(n * groups * 32), *again = guarded(n * groups * 32), *scales = guarded(n * groups);
    uint8_t *panels = guarded(pack_panels_bytes_s4(k, n)), *row = guarded(pack_row_bytes_s4(k));
    float *unit = guarded(n * 4);
    int32_t *sum = guarded(n * 4);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < n; j++) {
            float value = next_value(s) + next_value(s) + next_value(s) + next_value(s);
            if (j % 5 == 1) value = fabsf(value);         // one sign: the sum of codes is bounded
            if (j % 5 == 2) value *= powf(2, (float)(i / 32 % 7));
            if (j % 5 == 3 && i / 32 % 2) value = 0;
            if (j % 5 == 4) value = 1;
            turned[j * k + i] = w[i * n + j] = value;
        }
    pack_quantize_groups_s4(turned, k, 1, k, n, again, scales, unit, 0);
    pack_quantize_groups_s4(w, n, 0, k, n, codes, scales, unit, sum);
    if (memcmp(codes, again, n * groups * 32) != 0) fail(result, "k %zu n %zu: codes of transposed differ", k, n);
    pack_panels_s4(codes, scales, k, n, panels);
    size_t stride = (groups * 272 + 63) / 64 * 64;
    for (size_t j = 0; j < (n + 15) / 16 * 16; j++) {
        double error = 0, total = 0;
        int32_t all = 0;
        const uint8_t *panel = panels + j / 16 * stride;
        for (size_t g = 0; g < groups; g++) {
            int positive = 0, negative = 0, scale = (int8_t)panel[groups * 256 + g * 16 + j % 16];
            if (j < n && scale != scales[j * groups + g]) fail(result, "k %zu n %zu: scale", k, n);
            for (size_t i = 0; i < 32; i++) {
                uint8_t pair = panel[g * 256 + i % 16 / 4 * 64 + j % 16 * 4 + i % 4];
                int code = (i < 16 ? pair % 16 : pair / 16) - 8;
                if (g * 32 + i >= k || j >= n) {
                    if (code * scale != 0 || (j >= n && code != 0)) fail(result, "k %zu n %zu: padding", k, n);
                    continue;
                }
                if (code != codes[(j * groups + g) * 32 + i]) fail(result, "k %zu n %zu: code", k, n);
                positive += code > 0 ? code : 0, negative -= code < 0 ? code : 0, all += code * scale;
                double value = (double)(code * scale) * unit[j], wanted = turned[j * k + g * 32 + i];
                error += (value - wanted) * (value - wanted), total += wanted * wanted;
            }
            if (positive > PACK_GROUP_SUM || negative > PACK_GROUP_SUM) fail(result, "k %zu n %zu: sum of a group", k, n);
        }
        if (j >= n) continue;
        if (all != sum[j]) fail(result, "k %zu n %zu: sum", k, n);
        if (error > (j % 5 == 1 ? 0.03 : 0.0144) * total) fail(result, "k %zu n %zu column %zu: error %g", k, n, j, sqrt(error / total));
    }
    if (k > 0 && n > 0) {
        pack_row_s4(codes, scales, k, row);
        for (size_t i = 0; i < k; i++) {
            int code = (i % 32 < 16 ? row[i / 32 * 16 + i % 16] % 16 : row[i / 32 * 16 + i % 16] / 16) - 8;
            if (code != codes[i] || (int8_t)row[groups * 16 + i / 32] != scales[i / 32]) fail(result, "row of %zu", k);
        }
    }
    result->cases++;
    release(codes, result, "codes"), release(again, result, "codes"), release(scales, result, "scales");
    release(panels, result, "panels"), release(row, result, "row"), release(unit, result, "unit"), release(sum, result, "sum");
    free(w), free(turned);
}

static void check_odd_groups(kernel_check *result) {
    float w[64] = {NAN, INFINITY, -INFINITY, 1e38f, 1e-38f, 0};
    int8_t codes[64], scales[2];
    float unit;
    int32_t sum;
    pack_quantize_groups_s4(w, 64, 1, 64, 1, codes, scales, &unit, &sum);
    if (codes[0] != 0 || codes[1] != 0 || codes[2] != 0 || scales[1] != 0 || !(unit > 0)) fail(result, "NaN and infinity");
    if (fabs((double)codes[3] * scales[0] * unit / 1e38 - 1) > 0.01) fail(result, "a value alone");
    memset(w, 0, sizeof w);
    pack_quantize_groups_s4(w, 64, 1, 64, 1, codes, scales, &unit, &sum);
    if (unit != 0 || scales[0] != 0 || codes[5] != 0 || sum != 0) fail(result, "zeros");
    result->cases += 2;
}

void check_packing(kernel_check *result) {
    memset(result, 0, sizeof *result);
    sequence s = {91};
    for (size_t i = 0; i < 200000; i++) {
        uint32_t bits = next_bits(&s) ^ next_bits(&s) << 1;
        if (i % 2) bits = (bits & 0x807fffff) | (uint32_t)(100 + next_below(&s, 45)) << 23;
        if (i % 4 == 3) bits &= 0xfffff000; // ties
        float x;
        memcpy(&x, &bits, sizeof x);
        check_half(x, result);
        check_bfloat(x, result);
    }
    for (size_t k = 1; k < 20; k++)
        for (size_t n = 1; n < 40; n += 3) check_panels(k, n, &s, result);
    check_panels(130, 70, &s, result);
    for (size_t k = 1; k < 200; k += 13)
        for (size_t n = 1; n < 40; n += 7) check_groups(k, n, &s, result);
    check_odd_groups(result);
    for (size_t k = 1; k < 400; k += 29) check_bounded(k, 11, k % 2 ? 127 : 31, &s, result);
    check_bounded(1537, 20, 127, &s, result), check_bounded(1537, 20, 31, &s, result);
    check_odd_bounded(result);
    if (pack_panels_bytes_s4(SIZE_MAX, 1) != SIZE_MAX || pack_panels_bytes_s4(64, SIZE_MAX) != SIZE_MAX
        || pack_panels_bytes_s4(SIZE_MAX / 4, 4096) != SIZE_MAX || pack_row_bytes_s4(SIZE_MAX) != SIZE_MAX)
        fail(result, "sizes of s4 overflow");
    if (pack_panels_bytes_f32(SIZE_MAX / 8, 64) != SIZE_MAX || pack_panels_bytes_s8(SIZE_MAX - 1, 1) != SIZE_MAX
        || pack_attention_scratch(SIZE_MAX / 4, 64) != SIZE_MAX || pack_attention_scratch(64, SIZE_MAX - 3) != SIZE_MAX)
        fail(result, "sizes overflow");
}
