#include <stdlib.h>

#include "pack_bench.h"

// Operands are those of an encoder 768 wide that reads 128 tokens, or of a picture of 64 channels.
enum {
    ROWS = 128,
    WIDTH = 768,
    HEAD = 64,
    PANELS = WIDTH / PACK_PANEL,
    VALUES = ROWS * WIDTH,
    TAPS = 9,
    CHANNELS = 64,
    SIDE = 64,
    PADDED = SIDE + 2 + 4 * PACK_PANEL,
    PLANE = PADDED * (SIDE + 2),
};

struct pack_bench_operands {
    float *x, *y, *weights, *vector, *image, *filter;
    uint8_t *codes;
    int8_t *panels;
    int32_t *whole;
    size_t *offsets;
    void *scratch;
};

static void *room(size_t bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }

/// Floats that are normal numbers near 1.
static float *floats(size_t count) {
    float *values = room(count * sizeof *values);
    for (size_t i = 0; values && i < count; i++) values[i] = 1.0f + (float)(i % 7);
    return values;
}

static void *bytes(size_t count) {
    uint8_t *values = room(count);
    for (size_t i = 0; values && i < count; i++) values[i] = (uint8_t)(i % 5);
    return values;
}

void pack_bench_operands_destroy(pack_bench_operands *o) {
    if (!o) return;
    free(o->x), free(o->y), free(o->weights), free(o->vector), free(o->image), free(o->filter), free(o->codes);
    free(o->panels), free(o->whole), free(o->offsets), free(o->scratch), free(o);
}

pack_bench_operands *pack_bench_operands_create(void) {
    pack_bench_operands *o = calloc(1, sizeof *o);
    if (!o) return 0;
    o->x = floats(VALUES), o->y = floats(VALUES + CHANNELS * PLANE), o->weights = floats(WIDTH * WIDTH);
    o->vector = floats(WIDTH + VALUES / ROWS), o->image = floats(CHANNELS * PLANE), o->filter = floats(CHANNELS * TAPS);
    o->codes = bytes(VALUES), o->panels = bytes(WIDTH * WIDTH + WIDTH * 64), o->whole = calloc(WIDTH, sizeof *o->whole);
    o->offsets = calloc(WIDTH, sizeof *o->offsets);
    o->scratch = room(pack_attention_scratch(ROWS, HEAD));
    if (!o->x || !o->y || !o->weights || !o->vector || !o->image || !o->filter || !o->codes || !o->panels || !o->whole ||
        !o->offsets || !o->scratch) {
        pack_bench_operands_destroy(o);
        return 0;
    }
    for (size_t k = 0; k < WIDTH; k++) o->offsets[k] = k * WIDTH;
    return o;
}

static pack_gemm product(const pack_bench_operands *o, const void *a, const void *panels) {
    return (pack_gemm){.a = a, .lda = WIDTH, .panels = panels, .k = WIDTH, .n = WIDTH, .c = o->y, .ldc = WIDTH,
                       .bias = o->vector, .row_scale = o->vector, .row_zero = o->whole, .column_scale = o->vector,
                       .column_sum = o->whole};
}

static const pack_bench_work product_work = {2.0 * ROWS * WIDTH * WIDTH, 0, "128×768 · 768×768"};

/// Values read and written, of so many bytes each, by kernels that are held against memory.
static pack_bench_work passes(double values, double bytes_a_value, const char *shape) {
    return (pack_bench_work){0, values * bytes_a_value, shape};
}

// One call of a family's kernel each; the list of kernels asks for one of each family.

static pack_bench_work run_gemm_f32(const pack_bench_operands *o, pack_gemm_kernel kernel) {
    pack_gemm g = product(o, o->x, o->weights);
    kernel(&g, 0, ROWS, 0, PANELS);
    return product_work;
}

static pack_bench_work run_gemm_f16(const pack_bench_operands *o, pack_gemm_kernel kernel) {
    return run_gemm_f32(o, kernel);
}

static pack_bench_work run_gemm_bf16(const pack_bench_operands *o, pack_gemm_kernel kernel) {
    return run_gemm_f32(o, kernel);
}

static pack_bench_work run_gemm_s8(const pack_bench_operands *o, pack_gemm_kernel kernel) {
    pack_gemm g = product(o, o->codes, o->panels);
    kernel(&g, 0, ROWS, 0, PANELS);
    return product_work;
}

static pack_bench_work run_gemm_s4(const pack_bench_operands *o, pack_gemm_kernel kernel) {
    return run_gemm_s8(o, kernel);
}

static pack_bench_work run_gemm_rows_f32(const pack_bench_operands *o, pack_gemm_rows_kernel kernel) {
    pack_gemm g = product(o, o->x, o->weights);
    kernel(&g, o->offsets, 0, ROWS, 0, PANELS);
    return product_work;
}

static pack_bench_work run_quantize_rows(const pack_bench_operands *o, pack_quantize_rows_kernel kernel) {
    kernel(o->x, WIDTH, ROWS, WIDTH, o->codes, WIDTH, o->vector, o->whole);
    return passes(VALUES, 5, "128×768");
}

static pack_bench_work run_layer_norm(const pack_bench_operands *o, pack_layer_norm_kernel kernel) {
    kernel(o->x, WIDTH, o->y, WIDTH, ROWS, WIDTH, o->vector, o->vector, 1e-12f);
    return passes(VALUES, 8, "128×768");
}

static pack_bench_work run_softmax(const pack_bench_operands *o, pack_softmax_kernel kernel) {
    kernel(o->x, WIDTH, o->y, WIDTH, ROWS, WIDTH, 0.125f, 0, 0);
    return passes(VALUES, 8, "128×768");
}

static pack_bench_work run_unary(const pack_bench_operands *o, pack_unary_kernel kernel) {
    kernel(PACK_UNARY_GELU_ERF, 0, o->x, o->y, VALUES);
    return passes(VALUES, 8, "GELU, 98304");
}

static pack_bench_work run_binary(const pack_bench_operands *o, pack_binary_kernel kernel) {
    kernel(PACK_BINARY_ADD, o->x, o->weights, 1, o->y, VALUES);
    return passes(VALUES, 12, "add, 98304");
}

static pack_bench_work run_attention_f32(const pack_bench_operands *o, pack_attention_kernel kernel) {
    pack_attention t = {.q = o->x, .ldq = WIDTH, .k = o->x + HEAD, .ldk = WIDTH, .v = o->x + 2 * HEAD, .ldv = WIDTH,
                        .out = o->y, .ldo = HEAD, .keys = ROWS, .head_dim = HEAD, .scale = 0.001f};
    kernel(&t, 0, ROWS, o->scratch);
    return (pack_bench_work){4.0 * ROWS * ROWS * HEAD, 0, "128×128, head 64"};
}

static pack_bench_work run_mul_add_rows(const pack_bench_operands *o, pack_mul_add_rows_kernel kernel) {
    kernel(o->x, WIDTH, o->vector, o->vector, o->y, WIDTH, ROWS, WIDTH);
    return passes(VALUES, 8, "128×768");
}

static pack_bench_work run_dequantize_s8(const pack_bench_operands *o, pack_dequantize_s8_kernel kernel) {
    kernel(o->panels, 0.5f, o->y, VALUES);
    return passes(VALUES, 5, "98304");
}

static pack_bench_work run_dequantize_s4(const pack_bench_operands *o, pack_dequantize_s4_kernel kernel) {
    kernel((const uint8_t *)o->panels, 0.5f, o->y, VALUES);
    return passes(VALUES, 4.0 + 17.0 / PACK_GROUP, "98304");
}

static pack_bench_work run_f16_to_f32(const pack_bench_operands *o, pack_widen_kernel kernel) {
    kernel((const uint16_t *)o->weights, o->y, VALUES);
    return passes(VALUES, 6, "98304");
}

static pack_bench_work run_bf16_to_f32(const pack_bench_operands *o, pack_widen_kernel kernel) {
    return run_f16_to_f32(o, kernel);
}

static pack_bench_work run_mean_rows(const pack_bench_operands *o, pack_pool_rows_kernel kernel) {
    kernel(o->x, WIDTH, ROWS, WIDTH, PACK_MASK_NONE, 0, o->y);
    return passes(VALUES, 4, "128×768");
}

static pack_bench_work run_max_rows(const pack_bench_operands *o, pack_pool_rows_kernel kernel) {
    return run_mean_rows(o, kernel);
}

static pack_bench_work run_l2_normalize(const pack_bench_operands *o, pack_l2_normalize_kernel kernel) {
    for (size_t row = 0; row < ROWS; row++) kernel(o->x + row * WIDTH, o->y + row * WIDTH, WIDTH, 1e-12f);
    return passes(VALUES, 8, "128×768");
}

static pack_bench_work run_tap_rows(const pack_bench_operands *o, pack_tap_rows_kernel kernel) {
    static const size_t offsets[TAPS] = {0, 1, 2, PADDED, PADDED + 1, PADDED + 2, 2 * PADDED, 2 * PADDED + 1, 2 * PADDED + 2};
    for (size_t row = 0; row < SIDE; row++)
        kernel(o->image + row * PADDED, offsets, o->filter, TAPS, 0, o->y + row * SIDE, SIDE);
    return (pack_bench_work){2.0 * TAPS * SIDE * SIDE, 0, "3×3 on 64×64"};
}

static pack_bench_work run_conv_rows(const pack_bench_operands *o, pack_conv_rows_kernel kernel) {
    static const size_t columns[] = {0, 1, 2};
    pack_conv_rows c = {.x = o->image, .row = PADDED, .plane = PLANE, .channels = CHANNELS, .kernel_rows = 3,
                        .kernel_columns = 3, .stride = 1, .dilation = 1, .columns = columns, .weights = o->filter,
                        .y = o->y, .rows = SIDE, .width = SIDE};
    kernel(&c);
    return (pack_bench_work){2.0 * TAPS * CHANNELS * SIDE * SIDE, 0, "3×3 on 64×64×64"};
}

pack_bench_work pack_bench_kernel(const pack_bench_operands *o, uint32_t family, pack_any_kernel function) {
    switch ((enum pack_family)family) {
#define PACK_RUN(family, type)                                                                                         \
    case PACK_FAMILY_##family: return run_##family(o, (type)function);
        PACK_KERNEL_FAMILIES(PACK_RUN)
#undef PACK_RUN
    case PACK_FAMILY_COUNT: break;
    }
    return (pack_bench_work){0, 0, ""};
}
