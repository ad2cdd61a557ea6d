// Weights as 4-bit codes in groups, at slim time.
#include <math.h>
#include <string.h>

#include "internal.h"

#pragma clang fp contract(off)

enum { MIN_CODE = -8, MAX_CODE = 7, SCALE_LIMIT = 127 };

/// A group as vectors, for the search to be quick; lane i of vector j is value 4j + i.
typedef float lanes __attribute__((ext_vector_type(4)));
enum { VECTORS = PACK_GROUP / 4 };

PACK_INLINE float sum_of(lanes v) {
    for (int half = 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) v[i] += v[i + half];
    return v[0];
}

/// x rounded to nearest even, within the codes; |x| < 2^22 or infinite.
PACK_INLINE lanes code_of(lanes x) {
    x = x > MAX_CODE ? (lanes)MAX_CODE : x < MIN_CODE ? (lanes)MIN_CODE : x;
    return (x + 0x1.8p23f) - 0x1.8p23f;
}

/// The sum of squared errors of a group stored with this scale; infinite where codes of one sign become too many.
static float error_with(const lanes *x, float scale) {
    float inverse = 1.0f / scale;
    lanes sum = 0, size = 0, total = 0;
    PACK_UNROLL for (int i = 0; i < VECTORS; i++) {
        lanes code = code_of(x[i] * inverse), rest = x[i] - code * scale;
        sum += rest * rest, size += __builtin_elementwise_abs(code), total += code;
    }
    return sum_of(size) + fabsf(sum_of(total)) > 2 * PACK_GROUP_SUM ? INFINITY : sum_of(sum);
}

/// The scale that fits the codes best which `scale` gives: sum(code * x) / sum(code * code); 0 without codes.
static float refined(const lanes *x, float scale) {
    float inverse = 1.0f / scale;
    lanes product = 0, square = 0;
    PACK_UNROLL for (int i = 0; i < VECTORS; i++) {
        lanes code = code_of(x[i] * inverse);
        product += code * x[i], square += code * code;
    }
    float squares = sum_of(square);
    return squares > 0 ? sum_of(product) / squares : 0;
}

/// The best scale of a group among those that bring its largest value to -11 … -4 or to 4 … 11, refined: the largest may be
/// cut off where the others gain. 0 for a group of zeros, and where a scale would be denormal.
static float best_scale(const float *x) {
    static const float sizes[] = {4, 5, 6, 7, 7.5f, 8, 8.5f, 9, 9.5f, 10, 10.5f, 11};
    float most = 0, best = 0, least = INFINITY;
    lanes shares[VECTORS];
    for (size_t i = 0; i < PACK_GROUP; i++) most = fmaxf(most, fabsf(x[i]));
    if (most < 1e-35f) return 0;
    memcpy(shares, x, sizeof shares);
    for (int i = 0; i < VECTORS; i++) shares[i] /= most;
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        float scale = refined(shares, (i % 2 ? -1.0f : 1.0f) / sizes[i / 2]);
        float error = scale == 0 ? INFINITY : error_with(shares, scale);
        if (error < least) least = error, best = scale;
    }
    return best * most;
}

/// Codes of one sign may not have a sum beyond PACK_GROUP_SUM: the largest come down until it holds.
static void bound_sums(int8_t *codes, int sign) {
    for (;;) {
        int sum = 0;
        size_t largest = 0;
        for (size_t i = 0; i < PACK_GROUP; i++) {
            int size = sign * codes[i];
            if (size > 0) sum += size;
            if (size > sign * codes[largest]) largest = i;
        }
        if (sum <= PACK_GROUP_SUM) return;
        codes[largest] = (int8_t)(codes[largest] - sign);
    }
}

static int32_t code_group(const float *x, float column_scale, float wanted, int8_t *codes, int8_t *group_scale) {
    float ratio = column_scale > 0 ? wanted / column_scale : 0;
    int scale = (int)((ratio + 0x1.8p23f) - 0x1.8p23f);
    scale = scale > SCALE_LIMIT ? SCALE_LIMIT : scale < -SCALE_LIMIT ? -SCALE_LIMIT : scale;
    if (scale == 0 && wanted != 0) scale = wanted > 0 ? 1 : -1;
    *group_scale = (int8_t)scale;
    float step = (float)scale * column_scale, inverse = step == 0 ? 0 : 1.0f / step;
    for (size_t i = 0; i < PACK_GROUP; i++) codes[i] = (int8_t)code_of((lanes)(x[i] * inverse))[0];
    bound_sums(codes, 1);
    bound_sums(codes, -1);
    int32_t sum = 0;
    for (size_t i = 0; i < PACK_GROUP; i++) sum += codes[i];
    return sum * scale;
}

PACK_INLINE void load_group(const float *from, size_t stride, size_t count, float *x) {
    for (size_t i = 0; i < PACK_GROUP; i++) {
        float value = i < count ? from[i * stride] : 0;
        x[i] = fabsf(value) <= 0x1.fffffep127f ? value : 0;
    }
}

void pack_quantize_groups_s4(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int8_t *codes, int8_t *group_scale,
    float *column_scale, int32_t *column_sum) {
    enum { BLOCK = PACK_MAX_K_S4 / PACK_GROUP };
    size_t along = transposed ? 1 : ldw, across = transposed ? ldw : 1, groups = pack_groups(k);
    for (size_t column = 0; column < n; column++) {
        const float *from = w + column * across;
        float x[PACK_GROUP], scales[BLOCK], most = 0;
        for (size_t g = 0; g < groups; g++) {
            load_group(from + g * PACK_GROUP * along, along, pack_min(PACK_GROUP, k - g * PACK_GROUP), x);
            float scale = best_scale(x);
            if (g < BLOCK) scales[g] = scale;
            most = fmaxf(most, fabsf(scale));
        }
        float unit = most / SCALE_LIMIT;
        int32_t sum = 0;
        for (size_t g = 0; g < groups; g++) {
            load_group(from + g * PACK_GROUP * along, along, pack_min(PACK_GROUP, k - g * PACK_GROUP), x);
            float scale = g < BLOCK ? scales[g] : best_scale(x);
            sum += code_group(x, unit, scale, codes + (column * groups + g) * PACK_GROUP, group_scale + column * groups + g);
        }
        column_scale[column] = unit;
        if (column_sum) column_sum[column] = sum;
    }
}

void pack_panels_s4(const int8_t *codes, const int8_t *group_scale, size_t k, size_t n, uint8_t *panels) {
    size_t groups = pack_groups(k), bytes = pack_panel_bytes_s4(k);
    for (size_t first = 0; first < n; first += PACK_PANEL) {
        uint8_t *panel = panels + first / PACK_PANEL * bytes, *scales = panel + groups * 256;
        memset(panel, 0x88, groups * 256);
        memset(scales, 0, bytes - groups * 256);
        for (size_t c = 0; c < pack_min(PACK_PANEL, n - first); c++)
            for (size_t g = 0; g < groups; g++) {
                const int8_t *from = codes + ((first + c) * groups + g) * PACK_GROUP;
                for (size_t i = 0; i < PACK_GROUP / 2; i++)
                    panel[g * 256 + i / 4 * 64 + c * 4 + i % 4] =
                        (uint8_t)((from[i] + 8) | (from[i + PACK_GROUP / 2] + 8) << 4);
                scales[g * PACK_PANEL + c] = (uint8_t)group_scale[(first + c) * groups + g];
            }
    }
}

void pack_row_s4(const int8_t *codes, const int8_t *group_scale, size_t n, uint8_t *row) {
    size_t groups = pack_groups(n);
    for (size_t g = 0; g < groups; g++, codes += PACK_GROUP)
        for (size_t i = 0; i < PACK_GROUP / 2; i++)
            row[g * (PACK_GROUP / 2) + i] = (uint8_t)((codes[i] + 8) | (codes[i + PACK_GROUP / 2] + 8) << 4);
    memcpy(row + groups * (PACK_GROUP / 2), group_scale, groups);
}
