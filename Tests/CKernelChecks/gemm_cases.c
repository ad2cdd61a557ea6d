#include "gemm_cases.h"

#pragma clang fp contract(off)

typedef struct {
    void (*check)(const gemm_case *, sequence *, void *);
    const uint32_t *activations;
    size_t count;
    void *context;
    sequence s;
} walk;

static void visit(walk *w, size_t rows, size_t k, size_t n, int part) {
    size_t panels = (n + PACK_PANEL - 1) / PACK_PANEL;
    gemm_case c = {rows, k, n, 0, rows, 0, panels, 0, 0, 0};
    if (part) {
        c.row_begin = next_below(&w->s, rows);
        c.row_end = c.row_begin + 1 + next_below(&w->s, rows - c.row_begin);
        c.panel_begin = next_below(&w->s, panels);
        c.panel_end = c.panel_begin + 1 + next_below(&w->s, panels - c.panel_begin);
    }
    c.bias = (int)next_below(&w->s, 2);
    c.residual = (int)next_below(&w->s, 3);
    c.activation = w->activations[next_below(&w->s, w->count)];
    w->check(&c, &w->s, w->context);
}

void for_gemm_cases(
    void (*check)(const gemm_case *, sequence *, void *), const uint32_t *activations, size_t count, void *context) {
    walk w = {check, activations, count, context, {1}};
    static const size_t depths[] = {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 64, 70};
    for (size_t rows = 1; rows <= 17; rows++)
        for (size_t n = 1; n <= 50; n++) visit(&w, rows, depths[(rows * 5 + n) % 14], n, n % 3 == 0);
    for (size_t k = 1; k <= 70; k++) visit(&w, 1 + k % 13, k, 1 + k * 7 % 50, 0);
    static const size_t large[][3] = {{1, 384, 96},   {2, 1536, 80},  {4, 800, 64},    {5, 3072, 48},  {12, 768, 33},
                                      {16, 384, 100}, {24, 513, 65},  {30, 1537, 16},  {96, 384, 64},  {97, 130, 49},
                                      {128, 400, 64}, {133, 770, 40}, {250, 1152, 32}, {13, 3072, 17}, {7, 385, 112}};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        for (int part = 0; part < 3; part++) visit(&w, large[i][0], large[i][1], large[i][2], part == 2);
}

double activation_value(uint32_t activation, double x) {
    switch (activation) {
    case PACK_ACTIVATION_RELU: return x < 0 ? 0 : x;
    case PACK_ACTIVATION_GELU_ERF: return x < 0 ? 0.5 * x * erfc(-x * M_SQRT1_2) : 0.5 * x * (1 + erf(x * M_SQRT1_2));
    case PACK_ACTIVATION_GELU_TANH: return x / (1 + exp(-2 * 0.7978845608028654 * (x + 0.044715 * x * x * x)));
    case PACK_ACTIVATION_TANH: return tanh(x);
    default: return x;
    }
}

static float finished(const gemm_case *c, const integer_product *p, int64_t sum, size_t i, size_t j) {
    float scale = p->row_scale[i] * p->column_scale[j], value = scale * (float)sum;
    if (c->bias) value = value + p->bias[j];
    value = c->activation == PACK_ACTIVATION_NONE ? value : (float)activation_value(c->activation, value);
    if (c->residual) value = value + p->residual[i * p->ldc + j];
    return value;
}

void compare_integers(
    const gemm_case *c, const integer_product *p,
    int64_t (*sum)(const gemm_case *c, const void *operands, size_t i, size_t j), const void *operands,
    kernel_check *result) {
    int exact = c->activation <= PACK_ACTIVATION_RELU;
    for (size_t i = 0; i < c->rows; i++)
        for (size_t j = 0; j < p->ldc; j++) {
            float found = p->c[i * p->ldc + j], wanted = p->residual[i * p->ldc + j];
            int inside = i >= c->row_begin && i < c->row_end && j >= c->panel_begin * PACK_PANEL
                && j < c->panel_end * PACK_PANEL && j < c->n;
            if (inside) wanted = finished(c, p, sum(c, operands, i, j), i, j);
            if (exact || !inside ? memcmp(&found, &wanted, 4) != 0 : !near(result, found, wanted, 4e-7 * (1 + fabsf(wanted))))
                fail(result, "rows %zu k %zu n %zu bias %d residual %d activation %u at %zu,%zu: %.9g, expected %.9g",
                     c->rows, c->k, c->n, c->bias, c->residual, c->activation, i, j, found, wanted);
        }
    if (exact) digest(result, p->c, c->rows * p->ldc * 4);
    digest_fused(result, p->c, c->rows * p->ldc);
}
