#include "gemm_cases.h"

typedef struct {
    pack_gemm_kernel kernel;
    kernel_check *result;
    int extreme; // codes at the ends of their ranges, which saturate where a kernel is not exact
    int bounded; // weights are bounded, and often as large as that lets them be
} context;

typedef struct {
    size_t depth, lda, ldc;
    uint8_t *a;
    int8_t *w, *panels; // w is [n, k]
    float *row_scale, *column_scale, *bias, *residual, *c;
    int32_t *row_zero, *column_sum;
} product;

static int8_t weight(sequence *s, int extreme) {
    if (!extreme) return (int8_t)((int)next_below(s, 255) - 127);
    return extreme == 1 ? 127 : extreme == 2 ? -127 : next_below(s, 2) ? 127 : -127;
}

/// A column of bounded weights, all of one sign (1 or -1) or of both (0).
static void bounded_column(int8_t *w, size_t k, sequence *s, int sign) {
    for (size_t i = 0; i < k; i += PACK_RUN_LENGTH)
        for (size_t pair = 0; pair < 4; pair += 2) {
            size_t left[2] = {PACK_GROUP_SUM, PACK_GROUP_SUM};
            for (size_t l = 0; l < PACK_RUN_LENGTH / 2; l++) {
                size_t at = i + l / 2 * 4 + pair + l % 2;
                if (at >= k) break;
                int negative = sign == 0 ? (int)next_below(s, 2) : sign < 0;
                size_t size = left[negative] < 127 ? left[negative] : 127;
                if (next_below(s, 4) > 0) size = next_below(s, size + 1);
                left[negative] -= size;
                w[at] = (int8_t)(negative ? -(int)size : (int)size);
            }
        }
}

static product make(const gemm_case *c, sequence *s, const context *x) {
    int extreme = x->extreme;
    product p;
    p.depth = (c->k + 3) / 4 * 4, p.lda = p.depth + 4 * next_below(s, 2), p.ldc = c->n + next_below(s, 3);
    p.a = guarded(c->rows * p.lda), p.w = guarded(c->n * c->k), p.panels = guarded(pack_panels_bytes_s8(c->k, c->n));
    p.row_scale = guarded(c->rows * 4), p.row_zero = guarded(c->rows * 4);
    p.column_scale = guarded(c->n * 4), p.column_sum = guarded(c->n * 4), p.bias = guarded(c->n * 4);
    p.c = guarded(c->rows * p.ldc * 4), p.residual = guarded(c->rows * p.ldc * 4);
    memset(p.a, 0, c->rows * p.lda);
    for (size_t i = 0; i < c->rows; i++) {
        for (size_t l = 0; l < c->k; l++) {
            uint8_t code = extreme == 3 && x->bounded ? (uint8_t)(255 * next_below(s, 2)) : 255;
            p.a[i * p.lda + l] = extreme ? code : (uint8_t)next_bits(s);
        }
        p.row_scale[i] = next_value(s), p.row_zero[i] = (int32_t)next_below(s, 256);
    }
    for (size_t j = 0; j < c->n; j++) {
        p.column_scale[j] = next_value(s), p.bias[j] = next_value(s), p.column_sum[j] = 0;
        int8_t *w = p.w + j * c->k;
        if (x->bounded)
            bounded_column(w, c->k, s, extreme == 1 ? 1 : extreme == 2 ? -1 : 0);
        else
            for (size_t l = 0; l < c->k; l++) w[l] = weight(s, extreme);
        for (size_t l = 0; l < c->k; l++) p.column_sum[j] += w[l];
    }
    for (size_t i = 0; i < c->rows * p.ldc; i++) p.residual[i] = p.c[i] = next_value(s);
    pack_panels_s8(p.w, c->k, 1, c->k, c->n, p.panels);
    return p;
}

static int64_t exact_sum(const gemm_case *c, const void *operands, size_t i, size_t j) {
    const product *p = operands;
    int64_t sum = 0;
    for (size_t l = 0; l < c->k; l++)
        sum += ((int64_t)p->a[i * p->lda + l] - p->row_zero[i]) * (int64_t)p->w[j * c->k + l];
    return sum;
}

static void check(const gemm_case *c, sequence *s, void *context_pointer) {
    const context *x = context_pointer;
    product p = make(c, s, x);
    pack_gemm g = {.a = p.a, .lda = p.lda, .panels = p.panels, .k = c->k, .n = c->n, .c = p.c, .ldc = p.ldc,
                   .bias = c->bias ? p.bias : 0, .ldr = p.ldc, .activation = c->activation, .row_scale = p.row_scale,
                   .row_zero = p.row_zero, .column_scale = p.column_scale, .column_sum = p.column_sum,
                   .bounded = (uint32_t)x->bounded};
    g.residual = c->residual == 2 ? p.c : c->residual == 1 ? p.residual : 0;
    x->kernel(&g, c->row_begin, c->row_end, c->panel_begin, c->panel_end);
    integer_product done = {p.row_scale, p.column_scale, p.bias, p.residual, p.c, p.ldc};
    compare_integers(c, &done, exact_sum, &p, x->result);
    x->result->cases++;
    release(p.a, x->result, "a"), release(p.w, x->result, "w"), release(p.panels, x->result, "panels");
    release(p.row_scale, x->result, "row_scale"), release(p.row_zero, x->result, "row_zero");
    release(p.column_scale, x->result, "column_scale"), release(p.column_sum, x->result, "column_sum");
    release(p.bias, x->result, "bias"), release(p.c, x->result, "c"), release(p.residual, x->result, "residual");
}

void check_gemm_s8(pack_any_kernel kernel, kernel_check *result) {
    static const uint32_t activations[] = {0, 0, 0, 1, 2, 3, 4};
    context x = {(pack_gemm_kernel)kernel, result, 0, 0};
    sequence s = {5};
    for (x.bounded = 0; x.bounded < 2; x.bounded++) {
        x.extreme = 0;
        for_gemm_cases(check, activations, sizeof activations / sizeof *activations, &x);
        for (x.extreme = 1; x.extreme <= 3; x.extreme++) {
            static const size_t shapes[][3] = {{1, 4, 1}, {3, 70, 17}, {6, 3072, 33}, {13, 1000, 16}, {40, 513, 48}};
            for (size_t i = 0; i < 5; i++) {
                gemm_case c = {shapes[i][0], shapes[i][1], shapes[i][2], 0, shapes[i][0], 0, (shapes[i][2] + 15) / 16, 0, 0, 0};
                check(&c, &s, &x);
            }
        }
        gemm_case deepest = {3, PACK_MAX_K_S8, 5, 0, 3, 0, 1, 1, 0, 0};
        for (x.extreme = 0; x.extreme <= 2; x.extreme++) check(&deepest, &s, &x);
    }
}
