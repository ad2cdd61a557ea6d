#include <stdio.h>

#include "support.h"

/// Of the functions that have parameters.
static const float parameters[2] = {0.1875f, 0.625f};

static double within(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

static double exact(uint32_t kind, double x) {
    switch (kind) {
    case PACK_UNARY_RELU: return x < 0 ? 0 : x;
    case PACK_UNARY_GELU_ERF: return x < 0 ? 0.5 * x * erfc(-x * M_SQRT1_2) : 0.5 * x * (1 + erf(x * M_SQRT1_2));
    case PACK_UNARY_GELU_TANH: return x / (1 + exp(-2 * 0.7978845608028654 * (x + 0.044715 * x * x * x)));
    case PACK_UNARY_TANH: return tanh(x);
    case PACK_UNARY_ERF: return erf(x);
    case PACK_UNARY_SIGMOID: return 1 / (1 + exp(-x));
    case PACK_UNARY_EXP: return x < -86.9f ? 0 : exp(x);
    case PACK_UNARY_SQRT: return sqrt(x);
    case PACK_UNARY_NEGATE: return -x;
    case PACK_UNARY_ABS: return fabs(x);
    case PACK_UNARY_RECIPROCAL: return 1 / x;
    case PACK_UNARY_LEAKY_RELU: return x < 0 ? x * parameters[0] : x;
    case PACK_UNARY_HARD_SIGMOID: return within(x * parameters[0] + parameters[1], 0, 1);
    case PACK_UNARY_HARD_SWISH: return x * within(x / 6 + 0.5, 0, 1);
    case PACK_UNARY_CLIP: return within(x, parameters[0], parameters[1]);
    case PACK_UNARY_SILU: return x == -INFINITY ? NAN : x / (1 + exp(-x * parameters[0]));
    default: return x;
    }
}

/// A unit in the last place of a float near y.
static double ulp(double y) {
    float f = fabsf((float)y);
    return f < 0x1p-126f ? 0x1p-149 : (double)nextafterf(f, INFINITY) - f;
}

/// The error that pack_kernels.h allows.
static double allowed(uint32_t kind, double x, double y) {
    switch (kind) {
    case PACK_UNARY_EXP: return 2 * ulp(y);
    case PACK_UNARY_SIGMOID: return fmax(4 * ulp(y), 3e-38);
    case PACK_UNARY_TANH:
    case PACK_UNARY_ERF: return 6 * ulp(y);
    case PACK_UNARY_GELU_ERF: return 1e-7 + ulp(y);
    case PACK_UNARY_GELU_TANH: return 1e-7 + 2 * ulp(y);
    case PACK_UNARY_SILU: return fmax(8 * ulp(y) + fabs(x * parameters[0] * y) * 6e-8, 3e-38 * fabs(x));
    case PACK_UNARY_HARD_SIGMOID: return y == 0 || y == 1 ? 6e-8 : 1e-7 * (1 + fabs(x));
    case PACK_UNARY_HARD_SWISH: return 1e-7 * (1 + fabs(x)) + ulp(y);
    default: return ulp(y) / 2 * 1.001;
    }
}

static void sweep(pack_unary_kernel kernel, uint32_t kind, const float *x, size_t n, kernel_check *result) {
    float *y = guarded(n * sizeof *y);
    kernel(kind, parameters, x, y, n);
    for (size_t i = 0; i < n; i++) {
        double wanted = exact(kind, x[i]), found = y[i];
        if (fabs(wanted) > 3.4028235e38) wanted = copysign(INFINITY, wanted);
        if (!near(result, found, wanted, allowed(kind, x[i], wanted)))
            fail(result, "function %u of %.9g: %.9g, expected %.9g", kind, x[i], found, wanted);
    }
    digest_fused(result, y, n);
    release(y, result, "y");
    result->cases++;
}

void check_unary(pack_any_kernel any, kernel_check *result) {
    pack_unary_kernel kernel = (pack_unary_kernel)any;
    enum { COUNT = 100003 };
    float *x = malloc(COUNT * sizeof *x);
    sequence s = {11};
    for (uint32_t kind = 0; kind <= PACK_UNARY_LAST; kind++) {
        for (size_t i = 0; i < COUNT; i++) x[i] = -22.0f + 44.0f * (float)i / COUNT;
        sweep(kernel, kind, x, COUNT, result);
        for (size_t i = 0; i < COUNT; i++) x[i] = next_value(&s) * 100;
        sweep(kernel, kind, x, COUNT, result);
        for (size_t i = 0; i < COUNT; i++) { // all magnitudes whose cubes are floats
            uint32_t bits = (next_bits(&s) & 0x807fffff) | (uint32_t)(100 + next_below(&s, 60)) << 23;
            memcpy(x + i, &bits, sizeof bits);
        }
        sweep(kernel, kind, x, COUNT, result);
        for (size_t n = 0; n < 40; n++) sweep(kernel, kind, x, n, result);
        float special[] = {0.0f, NAN, INFINITY, 88.7228f, 88.73f, -86.8f, -87.0f, 1.0f, NAN, -1e30f, 1e30f};
        if (kind == PACK_UNARY_GELU_TANH) special[9] = special[10] = 0;
        sweep(kernel, kind, special, sizeof special / sizeof *special, result);
        float in_place[19];
        memcpy(in_place, x, sizeof in_place);
        float apart[19];
        kernel(kind, parameters, x, apart, 19);
        kernel(kind, parameters, in_place, in_place, 19);
        if (memcmp(in_place, apart, sizeof apart) != 0 && kind != PACK_UNARY_SQRT)
            fail(result, "function %u differs in place", kind);
    }
    free(x);
}

void check_binary(pack_any_kernel any, kernel_check *result) {
    pack_binary_kernel kernel = (pack_binary_kernel)any;
    sequence s = {3};
    for (uint32_t kind = 0; kind <= PACK_BINARY_MAXIMUM; kind++)
        for (size_t n = 0; n < 70; n++)
            for (size_t step = 0; step < 2; step++) {
                float *a = guarded(n * 4), *b = guarded(n * 4 + 4), *y = guarded(n * 4);
                for (size_t i = 0; i < n; i++) a[i] = next_value(&s), b[i] = next_value(&s);
                if (n == 0) b[0] = 1;
                kernel(kind, a, b, step, y, n);
                for (size_t i = 0; i < n; i++) {
                    float l = a[i], r = b[i * step], wanted = l + r;
                    if (kind == PACK_BINARY_SUBTRACT) wanted = l - r;
                    if (kind == PACK_BINARY_MULTIPLY) wanted = l * r;
                    if (kind == PACK_BINARY_DIVIDE) wanted = l / r;
                    if (kind == PACK_BINARY_MINIMUM) wanted = l < r ? l : r;
                    if (kind == PACK_BINARY_MAXIMUM) wanted = l > r ? l : r;
                    if (y[i] != wanted) fail(result, "operation %u of %.9g and %.9g: %.9g", kind, l, r, y[i]);
                }
                digest(result, y, n * 4);
                kernel(kind, a, b, step, a, n);
                if (n && memcmp(a, y, n * 4) != 0) fail(result, "operation %u differs in place", kind);
                result->cases++;
                release(a, result, "a"), release(b, result, "b"), release(y, result, "y");
            }
}

void check_dequantize_s8(pack_any_kernel any, kernel_check *result) {
    pack_dequantize_s8_kernel kernel = (pack_dequantize_s8_kernel)any;
    for (size_t n = 0; n < 256; n++, result->cases++) {
        int8_t *codes = guarded(n);
        float *y = guarded(n * 4);
        for (size_t i = 0; i < n; i++) codes[i] = (int8_t)(i * 37);
        kernel(codes, 0.37f, y, n);
        for (size_t i = 0; i < n; i++)
            if (y[i] != (float)codes[i] * 0.37f) fail(result, "%zu values: wrong at %zu", n, i);
        digest(result, y, n * 4);
        release(codes, result, "codes"), release(y, result, "y");
    }
}

void check_dequantize_s4(pack_any_kernel any, kernel_check *result) {
    pack_dequantize_s4_kernel kernel = (pack_dequantize_s4_kernel)any;
    for (size_t n = 0; n < 256; n++, result->cases++) {
        size_t groups = (n + 31) / 32;
        uint8_t *row = guarded(pack_row_bytes_s4(n));
        float *y = guarded(n * 4);
        for (size_t i = 0; i < pack_row_bytes_s4(n); i++) row[i] = (uint8_t)(i * 37 + n);
        kernel(row, 0.37f, y, n);
        for (size_t i = 0; i < n; i++) {
            uint8_t pair = row[i / 32 * 16 + i % 16];
            int code = (i % 32 < 16 ? pair % 16 : pair / 16) - 8, scale = (int8_t)row[groups * 16 + i / 32];
            if (y[i] != (float)(code * scale) * 0.37f) fail(result, "%zu values: wrong at %zu", n, i);
        }
        digest(result, y, n * 4);
        release(row, result, "row"), release(y, result, "y");
    }
}

/// All values of a float type of 16 bits, and parts of them from `start` on.
static void check_widening(
    pack_any_kernel any, int fraction_bits, size_t start, const char *type, kernel_check *result) {
    pack_widen_kernel kernel = (pack_widen_kernel)any;
    enum { ALL = 65536 };
    uint16_t *x = guarded(ALL * 2);
    float *y = guarded(ALL * 4);
    for (size_t i = 0; i < ALL; i++) x[i] = (uint16_t)i;
    kernel(x, y, ALL);
    int one = 1 << fraction_bits, most = (1 << (15 - fraction_bits)) - 1, least = 1 - most / 2 - fraction_bits;
    for (size_t i = 0; i < ALL; i++) {
        int exponent = (int)(i >> fraction_bits) & most, fraction = (int)i & (one - 1);
        double wanted = exponent == most ? (fraction ? NAN : INFINITY)
            : exponent ? ldexp(one + fraction, exponent - 1 + least) : ldexp(fraction, least);
        if (i >> 15) wanted = -wanted;
        if (!near(result, y[i], wanted, 0)) fail(result, "%s %zx: %.9g", type, i, y[i]);
    }
    digest_fused(result, y, ALL);
    for (size_t n = 0; n < 40; n++, result->cases++) {
        float *some = guarded(n * 4);
        kernel(x + start, some, n);
        if (n && memcmp(some, y + start, n * 4) != 0) fail(result, "%zu values of %s differ", n, type);
        release(some, result, "y");
    }
    release(x, result, "x"), release(y, result, "y");
}

void check_f16_to_f32(pack_any_kernel any, kernel_check *result) { check_widening(any, 10, 15000, "f16", result); }

void check_bf16_to_f32(pack_any_kernel any, kernel_check *result) { check_widening(any, 7, 16000, "bf16", result); }
