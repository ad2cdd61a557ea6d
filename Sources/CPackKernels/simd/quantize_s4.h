// The search for 4-bit codes of groups, the same bits whatever instructions it is compiled to.
#pragma once
#include "quantize_common.h"

enum { MIN_CODE = -8, MAX_CODE = 7, SCALE_LIMIT = 127 };

/// A value for each of some scales that are tried.
typedef float trials __attribute__((ext_vector_type(8)));

/// The four sums of the values whose places leave the same rest as one.
PACK_INLINE trials sum_of(const trials *v) { return (v[0] + v[2]) + (v[1] + v[3]); }

/// The sums of squared errors of a group stored with these scales; infinite where codes of one sign become too many.
PACK_INLINE trials errors_with(const float *x, trials scale) {
    trials inverse = 1.0f / scale, sum[4] = {0}, size[4] = {0}, total[4] = {0};
    PACK_UNROLL for (int i = 0; i < PACK_GROUP; i++) {
        trials code = ROUNDED(x[i] * inverse, MIN_CODE, MAX_CODE), rest = x[i] - code * scale;
        sum[i % 4] += rest * rest, size[i % 4] += __builtin_elementwise_abs(code), total[i % 4] += code;
    }
    trials excess = sum_of(size) + __builtin_elementwise_abs(sum_of(total));
    return excess > 2 * PACK_GROUP_SUM ? (trials)INFINITY : scale == 0 ? (trials)INFINITY : sum_of(sum);
}

/// The scales that fit the codes best which `scale` gives: sum(code * x) / sum(code * code); 0 without codes.
PACK_INLINE trials refined(const float *x, trials scale) {
    trials inverse = 1.0f / scale, product[4] = {0}, square[4] = {0};
    PACK_UNROLL for (int i = 0; i < PACK_GROUP; i++) {
        trials code = ROUNDED(x[i] * inverse, MIN_CODE, MAX_CODE);
        product[i % 4] += code * x[i], square[i % 4] += code * code;
    }
    trials squares = sum_of(square);
    return squares > 0 ? sum_of(product) / squares : 0;
}

/// The best scale of a group among those that bring its largest value to -11 … -4 or to 4 … 11, refined: the largest may be
/// cut off where the others gain. 0 for a group of zeros, and where a scale would be denormal.
PACK_INLINE float best_scale(const float *x) {
    static const trials sizes[] = {{4, -4, 5, -5, 6, -6, 7, -7},
                                   {7.5f, -7.5f, 8, -8, 8.5f, -8.5f, 9, -9},
                                   {9.5f, -9.5f, 10, -10, 10.5f, -10.5f, 11, -11}};
    float most = 0, best = 0, least = INFINITY, shares[PACK_GROUP];
    for (size_t i = 0; i < PACK_GROUP; i++) most = fmaxf(most, fabsf(x[i]));
    if (most < 1e-35f) return 0;
    for (size_t i = 0; i < PACK_GROUP; i++) shares[i] = x[i] / most;
    for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
        trials scale = refined(shares, 1.0f / sizes[j]), error = errors_with(shares, scale);
        for (int i = 0; i < 8; i++)
            if (error[i] < least) least = error[i], best = scale[i];
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
    for (size_t i = 0; i < PACK_GROUP; i++) codes[i] = (int8_t)ROUNDED(x[i] * inverse, MIN_CODE, MAX_CODE);
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

PACK_INLINE void quantize_groups(
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
