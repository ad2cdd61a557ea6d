#include "gemm_cases.h"

typedef struct {
    pack_gemm_kernel kernel;
    kernel_check *result;
    int half; // 1: f16, 2: bf16
    pack_gemm_rows_kernel rows; // in the place of kernel, or NULL
} context;

typedef struct {
    size_t lda, ldb, ldc, ldr;
    float *a, *w, *bias, *residual, *c;
    void *panels;
    size_t *offsets; // of the rows of w, where they are read as they lie
    pack_gemm g;
} product;

static void multiply(const context *x, const product *p, size_t row, size_t row_end, size_t panel, size_t panel_end) {
    if (x->rows)
        x->rows(&p->g, p->offsets, row, row_end, panel, panel_end);
    else
        x->kernel(&p->g, row, row_end, panel, panel_end);
}

/// Rows of weights in an order and at distances of no pattern, each as long as whole panels.
static void lay_out_rows(const gemm_case *c, sequence *s, product *p) {
    size_t width = pack_panels_bytes_f32(1, c->n) / 4 + next_below(s, 5);
    float *rows = guarded(c->k * width * 4);
    p->offsets = malloc((c->k + 1) * sizeof *p->offsets);
    for (size_t l = 0; l < c->k; l++) {
        p->offsets[l] = (c->k - 1 - l) * width;
        for (size_t j = 0; j < width; j++) rows[p->offsets[l] + j] = j < c->n ? p->w[l * c->n + j] : NAN;
    }
    p->panels = rows;
}

static float *values(sequence *s, size_t count) {
    float *v = guarded(count * sizeof *v);
    for (size_t i = 0; i < count; i++) v[i] = next_value(s);
    return v;
}

static product make(const gemm_case *c, sequence *s, const context *x) {
    product p;
    memset(&p, 0, sizeof p);
    p.lda = c->k + next_below(s, 3), p.ldc = c->n + next_below(s, 3), p.ldr = c->residual == 2 ? p.ldc : c->n;
    p.a = values(s, c->rows * p.lda), p.w = values(s, c->k * c->n), p.bias = values(s, c->n);
    p.c = values(s, c->rows * p.ldc), p.residual = values(s, c->rows * p.ldr);
    if (x->rows) {
        sequence own = {c->k};
        lay_out_rows(c, &own, &p);
    } else if (x->half) {
        int is_bfloat = x->half == 2;
        p.panels = guarded(pack_panels_bytes_f16(c->k, c->n));
        uint16_t *rounded = malloc(c->k * c->n * sizeof *rounded);
        (is_bfloat ? pack_f32_to_bf16 : pack_f32_to_f16)(p.w, rounded, c->k * c->n);
        pack_kernels portable;
        pack_kernels_select("portable", &portable);
        (is_bfloat ? portable.bf16_to_f32 : portable.f16_to_f32)(rounded, p.w, c->k * c->n);
        free(rounded);
        (is_bfloat ? pack_panels_bf16 : pack_panels_f16)(p.w, c->n, 0, c->k, c->n, p.panels);
    } else {
        p.panels = guarded(pack_panels_bytes_f32(c->k, c->n));
        pack_panels_f32(p.w, c->n, 0, c->k, c->n, p.panels);
    }
    if (c->residual == 2) memcpy(p.residual, p.c, c->rows * p.ldc * sizeof(float));
    p.g = (pack_gemm){.a = p.a, .lda = p.lda, .panels = p.panels, .k = c->k, .n = c->n, .c = p.c, .ldc = p.ldc,
                      .bias = c->bias ? p.bias : 0, .ldr = p.ldr, .activation = c->activation};
    p.g.residual = c->residual == 2 ? p.c : c->residual == 1 ? p.residual : 0;
    return p;
}

static void compare(const gemm_case *c, const product *p, const float *before, kernel_check *result) {
    for (size_t i = 0; i < c->rows; i++)
        for (size_t j = 0; j < p->ldc; j++) {
            float found = p->c[i * p->ldc + j];
            int inside = i >= c->row_begin && i < c->row_end && j >= c->panel_begin * PACK_PANEL
                && j < c->panel_end * PACK_PANEL && j < c->n;
            if (!inside) {
                if (found != before[i * p->ldc + j]) fail(result, "rows %zu k %zu n %zu: wrote outside", c->rows, c->k, c->n);
                continue;
            }
            double sum = 0, size = 1;
            for (size_t l = 0; l < c->k; l++) {
                double term = (double)p->a[i * p->lda + l] * (double)p->w[l * c->n + j];
                sum += term, size += fabs(term);
            }
            double expected = activation_value(c->activation, sum + (c->bias ? p->bias[j] : 0));
            if (c->residual) expected += p->residual[i * p->ldr + j];
            double tolerance = 1.2e-7 * (4 + sqrt((double)c->k)) * size / 2;
            if (!near(result, found, expected, tolerance))
                fail(result, "rows %zu k %zu n %zu bias %d residual %d activation %u at %zu,%zu: %.9g, expected %.9g",
                     c->rows, c->k, c->n, c->bias, c->residual, c->activation, i, j, found, expected);
        }
}

/// A row alone, panel by panel, must have the bits that it has among others.
static void compare_alone(const gemm_case *c, product *p, const float *before, const context *x) {
    size_t count = c->rows * p->ldc;
    float *together = malloc(count * sizeof *together);
    memcpy(together, p->c, count * sizeof *together);
    memcpy(p->c, before, count * sizeof *together);
    for (size_t i = c->row_begin; i < c->row_end; i++)
        for (size_t panel = c->panel_begin; panel < c->panel_end; panel++) multiply(x, p, i, i + 1, panel, panel + 1);
    if (memcmp(together, p->c, count * sizeof *together) != 0)
        fail(x->result, "rows %zu k %zu n %zu: a row alone differs", c->rows, c->k, c->n);
    free(together);
}

static void check(const gemm_case *c, sequence *s, void *context_pointer) {
    const context *x = context_pointer;
    product p = make(c, s, x);
    size_t count = c->rows * p.ldc;
    float *before = malloc(count * sizeof *before);
    memcpy(before, p.c, count * sizeof *before);
    multiply(x, &p, c->row_begin, c->row_end, c->panel_begin, c->panel_end);
    compare(c, &p, before, x->result);
    digest_fused(x->result, p.c, count);
    compare_alone(c, &p, before, x);
    x->result->cases++;
    release(p.c, x->result, "c");
    release(p.a, x->result, "a"), release(p.w, x->result, "w"), release(p.bias, x->result, "bias");
    release(p.residual, x->result, "residual"), release(p.panels, x->result, "panels");
    free(p.offsets), free(before);
}

/// Of a value a row and a bias, the sums start from the sum.
static void check_row_bias(const context *x) {
    enum { ROWS = 29, K = 777, N = 37 };
    sequence s = {91};
    gemm_case c = {ROWS, K, N, 0, ROWS, 0, 3, 1, 0, PACK_ACTIVATION_RELU};
    product p = make(&c, &s, x);
    size_t count = ROWS * p.ldc;
    float *rows = values(&s, ROWS), *together = guarded(count * 4), *both = guarded(N * 4);
    p.g.row_bias = rows;
    multiply(x, &p, 0, ROWS, 0, 3);
    memcpy(together, p.c, count * 4);
    p.g.row_bias = 0, p.g.bias = both;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < N; j++) both[j] = p.bias[j] + rows[i];
        multiply(x, &p, i, i + 1, 0, 3);
    }
    for (size_t i = 0; i < count; i++)
        if (p.c[i] != together[i]) fail(x->result, "row bias at %zu,%zu", i / p.ldc, i % p.ldc);
    x->result->cases++;
    release(p.c, x->result, "c"), release(rows, x->result, "rows"), release(together, x->result, "together");
    release(both, x->result, "both"), release(p.a, x->result, "a"), release(p.w, x->result, "w");
    release(p.bias, x->result, "bias"), release(p.residual, x->result, "residual");
    release(p.panels, x->result, "panels");
    free(p.offsets);
}

static const uint32_t activations[] = {0, 0, 0, 1, 2, 3, 4};

void check_gemm_f32(pack_any_kernel kernel, kernel_check *result) {
    context x = {(pack_gemm_kernel)kernel, result, 0, 0};
    for_gemm_cases(check, activations, sizeof activations / sizeof *activations, &x);
    check_row_bias(&x);
}

void check_gemm_f16(pack_any_kernel kernel, kernel_check *result) {
    context x = {(pack_gemm_kernel)kernel, result, 1, 0};
    for_gemm_cases(check, activations, sizeof activations / sizeof *activations, &x);
    check_row_bias(&x);
}

void check_gemm_bf16(pack_any_kernel kernel, kernel_check *result) {
    context x = {(pack_gemm_kernel)kernel, result, 2, 0};
    for_gemm_cases(check, activations, sizeof activations / sizeof *activations, &x);
    check_row_bias(&x);
}

void check_gemm_rows_f32(pack_any_kernel kernel, kernel_check *result) {
    context x = {0, result, 0, (pack_gemm_rows_kernel)kernel};
    for_gemm_cases(check, activations, sizeof activations / sizeof *activations, &x);
    check_row_bias(&x);
}
