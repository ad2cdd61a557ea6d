#include <math.h>

#include "../internal.h"

#pragma clang fp contract(off)

static float dot(const float *a, const float *b, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/// The unscaled weights of one query's keys, and their sum.
static float weigh(const pack_attention *t, const float *q, float *weights) {
    float most = -INFINITY, sum = 0;
    for (size_t j = 0; j < t->keys; j++) {
        int valid = pack_mask_valid(t->mask_type, t->mask, j);
        weights[j] = valid ? dot(q, t->k + j * t->ldk, t->head_dim) * t->scale : -INFINITY;
        most = weights[j] > most ? weights[j] : most;
    }
    if (most == -INFINITY) most = 0;
    for (size_t j = 0; j < t->keys; j++) sum += weights[j] = weights[j] - most < -86.9f ? 0.0f : expf(weights[j] - most);
    return sum;
}

void pack_attention_f32_portable(const pack_attention *t, size_t row_begin, size_t row_end, void *scratch) {
    float *weights = scratch;
    for (size_t i = row_begin; i < row_end; i++) {
        float sum = weigh(t, t->q + i * t->ldq, weights);
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
