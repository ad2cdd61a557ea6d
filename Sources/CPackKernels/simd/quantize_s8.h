// The search for 8-bit codes of bounded weights, the same bits whatever instructions it is compiled to.
#pragma once
#include "quantize_common.h"

/// Four k of a column; a run as vectors, for the search to be quick.
typedef float lanes __attribute__((ext_vector_type(4)));
/// A value for each of some codes that a largest value may get.
typedef float tops_lanes __attribute__((ext_vector_type(8)));
enum { QUADS = PACK_RUN_LENGTH / 4, LEAST_TOP = 16, MOST_TOP = 127, TOPS = 8 };
_Static_assert((MOST_TOP + 1 - LEAST_TOP) % TOPS == 0, "whole vectors of codes");

/// The run of a column from k = i on as shares of the largest; what is no number, or lies past k, is 0.
static void read_run(const float *from, size_t along, size_t i, size_t k, float most, float *shares) {
    size_t count = pack_min(PACK_RUN_LENGTH, k - i);
    memset(shares, 0, PACK_RUN_LENGTH * sizeof *shares);
    for (size_t j = 0; j < count; j++) {
        float share = from[(i + j) * along] / most;
        if (share == share) shares[j] = share;
    }
}

/// Adds to `errors` the sums of squared errors, in codes, of a run of which the largest share gets the code `first`, the one after
/// it, and so on. An excess of a sum is taken to be spread over half of the codes.
PACK_INLINE void add_errors(const float *shares, int first, float limit, tops_lanes *errors) {
    tops_lanes tops = {0, 1, 2, 3, 4, 5, 6, 7};
    tops += (float)first;
    // One of each for every k of a quadruple.
    tops_lanes error[4] = {0}, total[4] = {0}, size[4] = {0};
    PACK_UNROLL for (int i = 0; i < PACK_RUN_LENGTH; i++) {
        tops_lanes ratio = shares[i] * tops, code = ROUNDED(ratio, -limit, limit), rest = code - ratio;
        error[i % 4] += rest * rest, total[i % 4] += code, size[i % 4] += __builtin_elementwise_abs(code);
    }
    PACK_UNROLL for (int i = 0; i < 4; i++) {
        // Twice the sums of both signs, of k 0 and 1 and of k 2 and 3 of the quadruples.
        tops_lanes sizes = size[i] + size[i ^ 1], totals = total[i] + total[i ^ 1];
        tops_lanes up = sizes + totals - 2 * PACK_GROUP_SUM, down = sizes - totals - 2 * PACK_GROUP_SUM;
        up = up > 0 ? up : 0, down = down > 0 ? down : 0;
        error[i] += (up * up + down * down) * (0.125f / QUADS);
    }
    *errors += error[0] + error[1] + error[2] + error[3];
}

/// Brings the codes of one sign down that have a sum beyond PACK_GROUP_SUM among the pairs of a run, one after the other where
/// that costs least.
static void bound_pairs(float *codes, const float *ratios, float sign) {
    for (;;) {
        float sum = 0, least = INFINITY;
        int best = 0;
        for (int i = 0; i < QUADS * 2; i++) {
            int at = i / 2 * 4 + i % 2;
            float size = codes[at] * sign, over = size - ratios[at] * sign;
            if (size <= 0) continue;
            sum += size;
            if (-over < least) least = -over, best = at;
        }
        if (sum <= PACK_GROUP_SUM) return;
        codes[best] -= sign;
    }
}

/// Codes of a run. Returns their sum.
PACK_INLINE int32_t code_run(const float *shares, float top, float limit, size_t count, int8_t *codes) {
    float ratios[PACK_RUN_LENGTH], values[PACK_RUN_LENGTH];
    lanes total = 0, size = 0;
    for (int i = 0; i < PACK_RUN_LENGTH; i += 4) {
        lanes ratio;
        memcpy(&ratio, shares + i, sizeof ratio);
        ratio *= top;
        lanes code = ROUNDED(ratio, -limit, limit);
        total += code, size += __builtin_elementwise_abs(code);
        memcpy(ratios + i, &ratio, sizeof ratio), memcpy(values + i, &code, sizeof code);
    }
    // Twice the larger of the sums of both signs, of k 0 and 1 and of k 2 and 3 of the quadruples.
    total += total.yxwz, size += size.yxwz;
    lanes twice = size + __builtin_elementwise_abs(total);
    for (int pair = 0; pair < 4; pair += 2) {
        if (twice[pair] <= 2 * PACK_GROUP_SUM) continue;
        bound_pairs(values + pair, ratios + pair, 1);
        bound_pairs(values + pair, ratios + pair, -1);
    }
    int32_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += codes[i] = (int8_t)values[i];
    return sum;
}

/// The code of the largest value with which a column has the least error, about.
PACK_INLINE int best_top(const float *from, size_t along, size_t k, float most, int limit) {
    int last = (int)pack_min(MOST_TOP, (size_t)limit * 3 / 2), best = last;
    if (last < LEAST_TOP) return last;
    tops_lanes errors[(MOST_TOP + 1 - LEAST_TOP) / TOPS] = {0};
    size_t count = ((size_t)last - LEAST_TOP) / TOPS + 1;
    for (size_t i = 0; i < k; i += PACK_RUN_LENGTH) {
        float shares[PACK_RUN_LENGTH];
        read_run(from, along, i, k, most, shares);
        for (size_t j = 0; j < count; j++) add_errors(shares, LEAST_TOP + (int)j * TOPS, (float)limit, errors + j);
    }
    float least = INFINITY;
    for (int top = last; top >= LEAST_TOP; top--) {
        float error = errors[(top - LEAST_TOP) / TOPS][(top - LEAST_TOP) % TOPS] / (float)(top * top);
        if (error < least) least = error, best = top;
    }
    return best;
}

PACK_INLINE void quantize_bounded(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int limit, int8_t *codes, float *column_scale,
    int32_t *column_sum) {
    size_t along = transposed ? 1 : ldw, across = transposed ? ldw : 1;
    for (size_t column = 0; column < n; column++, codes += k) {
        const float *from = w + column * across;
        float most = 0;
        for (size_t i = 0; i < k; i++) most = fmaxf(most, fabsf(from[i * along]));
        int top = most > 0 ? best_top(from, along, k, most, limit) : 1;
        column_scale[column] = most / (float)top;
        column_sum[column] = 0;
        if (column_scale[column] == 0) {
            memset(codes, 0, k);
            continue;
        }
        for (size_t i = 0; i < k; i += PACK_RUN_LENGTH) {
            float shares[PACK_RUN_LENGTH];
            read_run(from, along, i, k, most, shares);
            column_sum[column] += code_run(shares, (float)top, (float)limit, pack_min(PACK_RUN_LENGTH, k - i), codes + i);
        }
    }
}
