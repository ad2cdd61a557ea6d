#include <math.h>

#include "../internal.h"

#pragma clang fp contract(off)

static float dot(const float *a, const float *b, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/// The unscaled weights of one query's keys, and their sum.
static float weigh(const pack_attention *t, size_t row, size_t first, float *weights) {
    const float *q = t->q + row * t->ldq;
    size_t limit = pack_attention_limit(t, row);
    float most = -INFINITY, sum = 0;
    for (size_t j = 0; j < t->keys; j++) {
        float addend = pack_attention_addend(t, j, limit, first >= limit);
        weights[j] = addend == -INFINITY ? addend : dot(q, t->k + j * t->ldk, t->head_dim) * t->scale + addend;
        most = weights[j] > most ? weights[j] : most;
    }
    if (most == -INFINITY) most = 0;
    for (size_t j = 0; j < t->keys; j++) sum += weights[j] = weights[j] - most < -86.9f ? 0.0f : expf(weights[j] - most);
    return sum;
}

void pack_attention_f32_portable(const pack_attention *t, size_t row_begin, size_t row_end, void *scratch) {
    float *weights = scratch;
    size_t first = pack_attention_first(t);
    for (size_t i = row_begin; i < row_end; i++) {
        float sum = weigh(t, i, first, weights);
        float inverse = sum == 0 ? 0.0f : 1.0f / sum;
        float *out = t->out + i * t->ldo;
        for (size_t d = 0; d < t->head_dim; d++) out[d] = 0;
        for (size_t j = 0; j < t->keys; j++) {
            if (weights[j] == 0) continue;
            for (size_t d = 0; d < t->head_dim; d++) out[d] += weights[j] * t->v[j * t->ldv + d];
        }
        for (size_t d = 0; d < t->head_dim; d++) out[d] *= inverse;
    }
}
