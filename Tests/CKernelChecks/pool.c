#include "support.h"

/// Valid flags in the three types a mask may have.
typedef struct {
    uint8_t bytes[32];
    int64_t integers[32];
    float floats[32];
} flags;

static const void *flags_of(const flags *f, uint32_t type) {
    return type == PACK_MASK_U8 ? (const void *)f->bytes : type == PACK_MASK_I64 ? (const void *)f->integers : f->floats;
}

static flags some_flags(sequence *s, size_t density) {
    flags f;
    for (size_t i = 0; i < 32; i++) {
        f.bytes[i] = next_below(s, 4) < density;
        f.integers[i] = f.bytes[i] ? INT64_C(1) << 40 : 0;
        f.floats[i] = f.bytes[i] ? 0.5f : -0.0f;
    }
    return f;
}

static void pool(pack_pool_rows_kernel kernel, int maximum, kernel_check *result) {
    sequence s = {61};
    for (size_t n = 1; n < 70; n++)
        for (uint32_t type = 0; type <= PACK_MASK_F32; type++) {
            size_t rows = next_below(&s, 18), ldx = n + 1;
            flags f = some_flags(&s, n % 5);
            float *x = guarded(rows * ldx * 4 + 4), *y = guarded(n * 4);
            for (size_t i = 0; i < rows * ldx; i++) x[i] = next_value(&s) - 1;
            kernel(x, ldx, rows, n, type, type ? flags_of(&f, type) : 0, y);
            for (size_t j = 0; j < n; j++) {
                double sum = 0, most = -INFINITY;
                size_t count = 0;
                for (size_t i = 0; i < rows; i++) {
                    if (type && !f.bytes[i]) continue;
                    count++, sum += x[i * ldx + j], most = fmax(most, x[i * ldx + j]);
                }
                double wanted = !count ? 0 : maximum ? most : sum / (double)count;
                if (!near(result, y[j], wanted, 1e-6)) fail(result, "n %zu rows %zu type %u at %zu", n, rows, type, j);
            }
            digest_fused(result, y, n);
            result->cases++;
            release(x, result, "x"), release(y, result, "y");
        }
}

void check_mean_rows(pack_any_kernel any, kernel_check *result) { pool((pack_pool_rows_kernel)any, 0, result); }

void check_max_rows(pack_any_kernel any, kernel_check *result) { pool((pack_pool_rows_kernel)any, 1, result); }

void check_l2_normalize(pack_any_kernel any, kernel_check *result) {
    pack_l2_normalize_kernel kernel = (pack_l2_normalize_kernel)any;
    sequence s = {71};
    for (size_t n = 1; n < 1100; n = n < 70 ? n + 1 : n + 61) {
        float *x = guarded(n * 4), *y = guarded(n * 4);
        double squares = 0;
        for (size_t i = 0; i < n; i++) x[i] = next_value(&s), squares += (double)x[i] * x[i];
        kernel(x, y, n, 1e-12f);
        for (size_t i = 0; i < n; i++)
            if (!near(result, y[i], x[i] / sqrt(squares), 4e-7)) fail(result, "n %zu at %zu", n, i);
        digest_fused(result, y, n);
        memset(x, 0, n * 4);
        kernel(x, x, n, 1e-12f);
        for (size_t i = 0; i < n; i++)
            if (x[i] != 0) fail(result, "n %zu: zeros at %zu", n, i);
        result->cases++;
        release(x, result, "x"), release(y, result, "y");
    }
}

typedef struct {
    size_t queries, keys, head_dim;
    uint32_t mask_type;
    size_t density; // of 4 keys, how many are valid
    uint32_t causal;
    size_t before;
    int weighs; // whether queries that see no key weigh hidden ones
} attention_case;

static void attend(const attention_case *c, const pack_attention *t, const uint8_t *valid, kernel_check *result) {
    double *weights = malloc((c->keys + 1) * sizeof *weights);
    for (size_t i = 0; i < c->queries; i++) {
        double most = -INFINITY, sum = 0;
        size_t limit = c->causal && c->before + i + 1 < c->keys ? c->before + i + 1 : c->keys, seen = 0;
        for (size_t j = 0; j < limit; j++) seen += valid[j];
        for (size_t j = 0; j < c->keys; j++) {
            int how = !valid[j] + 2 * (j >= limit);
            weights[j] = -INFINITY;
            if (how != 0 && (seen > 0 || !c->weighs)) continue;
            weights[j] = 0;
            for (size_t d = 0; d < c->head_dim; d++) weights[j] += (double)t->q[i * t->ldq + d] * t->k[j * t->ldk + d];
            weights[j] = weights[j] * t->scale + (how == 0 ? 0 : t->hidden[how - 1]);
            most = fmax(most, weights[j]);
        }
        for (size_t j = 0; j < c->keys; j++) sum += weights[j] = weights[j] > -INFINITY ? exp(weights[j] - most) : 0;
        for (size_t d = 0; d < c->head_dim; d++) {
            double wanted = 0;
            for (size_t j = 0; j < c->keys; j++) wanted += weights[j] ? weights[j] * t->v[j * t->ldv + d] / sum : 0;
            if (!near(result, t->out[i * t->ldo + d], wanted, 3e-6))
                fail(result, "queries %zu keys %zu head %zu mask %u at %zu,%zu: %.9g, expected %.9g", c->queries, c->keys,
                     c->head_dim, c->mask_type, i, d, t->out[i * t->ldo + d], wanted);
        }
    }
    free(weights);
}

/// A query by itself must have the bits that it has among others.
static void attend_alone(
    pack_attention_kernel kernel, const attention_case *c, const pack_attention *t, void *scratch, kernel_check *result) {
    float *row = guarded(c->head_dim * 4);
    for (size_t i = 0; i < c->queries; i += 1 + c->queries / 20) {
        pack_attention alone = *t;
        alone.out = row, alone.ldo = 0;
        kernel(&alone, i, i + 1, scratch);
        if (memcmp(row, t->out + i * t->ldo, c->head_dim * 4) != 0)
            fail(result, "queries %zu keys %zu head %zu: query %zu alone differs", c->queries, c->keys, c->head_dim, i);
    }
    release(row, result, "row");
}

/// Masked keys at the end, as padding leaves them, must not change a bit.
static void attend_padded(pack_attention_kernel kernel, size_t keys, kernel_check *result) {
    enum { HEAD = 32, MOST = 80 };
    sequence s = {keys};
    static float qkv[MOST * HEAD * 3], out[MOST * HEAD], padded[MOST * HEAD];
    static uint8_t mask[MOST];
    for (size_t i = 0; i < MOST * HEAD * 3; i++) qkv[i] = next_value(&s) * 2;
    for (size_t j = 0; j < MOST; j++) mask[j] = j < keys;
    pack_attention t = {.q = qkv, .ldq = 3 * HEAD, .k = qkv + HEAD, .ldk = 3 * HEAD, .v = qkv + 2 * HEAD,
                        .ldv = 3 * HEAD, .out = out, .ldo = HEAD, .keys = keys, .head_dim = HEAD, .scale = 0.2f,
                        .hidden = {-INFINITY, -INFINITY, -INFINITY}};
    void *scratch = guarded(pack_attention_scratch(MOST, HEAD));
    kernel(&t, 0, keys, scratch);
    for (t.keys = keys + 1; t.keys <= MOST; t.keys += 13) {
        t.out = padded, t.mask_type = PACK_MASK_U8, t.mask = mask;
        kernel(&t, 0, keys, scratch);
        if (memcmp(out, padded, keys * HEAD * 4) != 0) fail(result, "%zu keys of %zu: padding shows", keys, t.keys);
    }
    release(scratch, result, "scratch");
}

static void attention(pack_attention_kernel kernel, const attention_case *c, sequence *s, kernel_check *result) {
    size_t width = 3 * c->head_dim + next_below(s, 3), tokens = c->queries > c->keys ? c->queries : c->keys;
    float *qkv = guarded(tokens * width * 4 + 4), *out = guarded(c->queries * c->head_dim * 4);
    uint8_t *valid = malloc(c->keys + 1), *mask8 = guarded(c->keys);
    int64_t *mask64 = guarded(c->keys * 8);
    float *mask32 = guarded(c->keys * 4);
    for (size_t i = 0; i < tokens * width; i++) qkv[i] = next_value(s) * 2;
    for (size_t j = 0; j < c->keys; j++) {
        valid[j] = c->mask_type == PACK_MASK_NONE || next_below(s, 4) < c->density;
        mask8[j] = valid[j], mask64[j] = valid[j], mask32[j] = valid[j];
    }
    void *scratch = guarded(pack_attention_scratch(c->keys, c->head_dim));
    pack_attention t = {.q = qkv, .ldq = width, .k = qkv + c->head_dim, .ldk = width, .v = qkv + 2 * c->head_dim,
                        .ldv = width, .out = out, .ldo = c->head_dim, .keys = c->keys, .head_dim = c->head_dim,
                        .scale = 1 / sqrtf((float)c->head_dim), .mask_type = c->mask_type, .causal = c->causal,
                        .before = c->before, .hidden = {-INFINITY, -INFINITY, -INFINITY}};
    if (c->weighs) t.hidden[0] = -1.0f, t.hidden[1] = -2.0f, t.hidden[2] = -4.0f;
    t.mask = c->mask_type == PACK_MASK_U8 ? (void *)mask8 : c->mask_type == PACK_MASK_I64 ? (void *)mask64 : mask32;
    size_t half = c->queries / 2;
    kernel(&t, 0, half, scratch);
    kernel(&t, half, c->queries, scratch);
    digest_fused(result, out, c->queries * c->head_dim);
    attend_alone(kernel, c, &t, scratch, result);
    attend(c, &t, valid, result);
    result->cases++;
    release(qkv, result, "qkv"), release(out, result, "out"), release(scratch, result, "scratch");
    release(mask8, result, "mask"), release(mask64, result, "mask"), release(mask32, result, "mask");
    free(valid);
}

void check_attention_f32(pack_any_kernel any, kernel_check *result) {
    sequence s = {81};
    static const size_t heads[] = {1, 8, 16, 20, 32, 33, 64, 80};
    for (size_t tokens = 1; tokens <= 40; tokens++)
        for (uint32_t type = 0; type <= PACK_MASK_F32; type++) {
            attention_case c = {tokens, tokens, heads[(tokens + type) % 8], type, tokens % 5, 0, 0, 0};
            attention((pack_attention_kernel)any, &c, &s, result);
        }
    static const attention_case large[] = {
        {128, 128, 32, 0, 4, 0, 0, 0}, {130, 257, 64, 1, 3, 0, 0, 0}, {3, 512, 64, 2, 3, 0, 0, 0}, {77, 1, 64, 0, 4, 0, 0, 0}, {19, 600, 32, 1, 1, 0, 0, 0},
        {7, 5, 64, 1, 0, 0, 0, 0}, {5, 0, 32, 0, 4, 0, 0, 0}};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        attention((pack_attention_kernel)any, &large[i], &s, result);
    for (size_t keys = 1; keys <= 70; keys += 3)
        for (uint32_t type = 0; type <= PACK_MASK_F32; type++) {
            size_t queries = keys % 2 ? keys : 1 + keys / 3;
            attention_case c = {queries, keys, heads[(keys + type) % 8], type, keys % 4, 1, keys - queries, keys % 5 < 2};
            attention((pack_attention_kernel)any, &c, &s, result);
        }
    static const attention_case causal[] = {
        {128, 128, 32, 0, 4, 1, 0, 0}, {130, 257, 64, 1, 3, 1, 127, 0}, {60, 60, 32, 2, 0, 1, 0, 1},
        {61, 61, 64, 1, 1, 1, 0, 1}, {30, 7, 16, 0, 4, 1, 0, 0}, {40, 40, 16, 1, 0, 0, 0, 1}};
    for (size_t i = 0; i < sizeof causal / sizeof *causal; i++)
        attention((pack_attention_kernel)any, &causal[i], &s, result);
    // The portable kernel sums weights in one chain and shares this property all the same.
    for (size_t keys = 1; keys < 60; keys += 3) attend_padded((pack_attention_kernel)any, keys, result);
}
