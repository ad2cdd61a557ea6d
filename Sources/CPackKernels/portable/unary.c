#include <math.h>

#include "../internal.h"
#include "activation.h"

#pragma clang fp contract(off)

static float exponential(float x) { return x < -86.9f ? 0.0f : expf(x); }

/// max(x, 0) - |x|/2·erfc(|x|/√2): unlike 1 + erf(x), no digits cancel for negative x.
static float gelu_erf(float x) {
    float t = __builtin_fabsf(x) > 14.0f ? 14.0f : __builtin_fabsf(x);
    return (x < 0 ? 0.0f : x) - 0.5f * t * erfcf(t * 0.70710678f);
}

/// 0.5·x·(1 + tanh(u)) = x / (1 + exp(-2u)).
static float gelu_tanh(float x) { return x / (1.0f + expf(-1.5957691216f * (x + 0.044715f * x * x * x))); }

static float sigmoid(float x) {
    float e = exponential(x < 0 ? x : -x);
    return x < 0 ? e / (1.0f + e) : 1.0f / (1.0f + e);
}

static float relu(float x) { return x < 0 ? 0.0f : x; }

float pack_activate_portable(uint32_t activation, float x) {
    switch (activation) {
    case PACK_ACTIVATION_RELU: return relu(x);
    case PACK_ACTIVATION_GELU_ERF: return gelu_erf(x);
    case PACK_ACTIVATION_GELU_TANH: return gelu_tanh(x);
    case PACK_ACTIVATION_TANH: return tanhf(x);
    default: return x;
    }
}

static float limit(float x, float low, float high) {
    x = x < low ? low : x;
    return x > high ? high : x;
}

static float apply(uint32_t kind, const float *p, float x) {
    switch (kind) {
    case PACK_UNARY_ERF: return erff(x);
    case PACK_UNARY_SIGMOID: return sigmoid(x);
    case PACK_UNARY_EXP: return exponential(x);
    case PACK_UNARY_SQRT: return __builtin_sqrtf(x);
    case PACK_UNARY_NEGATE: return -x;
    case PACK_UNARY_ABS: return __builtin_fabsf(x);
    case PACK_UNARY_RECIPROCAL: return 1.0f / x;
    case PACK_UNARY_LEAKY_RELU: return x < 0 ? x * p[0] : x;
    case PACK_UNARY_HARD_SIGMOID: return limit(x * p[0] + p[1], 0.0f, 1.0f);
    case PACK_UNARY_HARD_SWISH: return x * limit(x * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f);
    case PACK_UNARY_CLIP: return limit(x, p[0], p[1]);
    case PACK_UNARY_SILU: return x * sigmoid(x * p[0]);
    default: return pack_activate_portable(kind, x); // the two enums agree on the activations
    }
}

void pack_unary_portable(uint32_t kind, const float *p, const float *x, float *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = apply(kind, p, x[i]);
}

static float combine(uint32_t kind, float a, float b) {
    switch (kind) {
    case PACK_BINARY_SUBTRACT: return a - b;
    case PACK_BINARY_MULTIPLY: return a * b;
    case PACK_BINARY_DIVIDE: return a / b;
    case PACK_BINARY_MINIMUM: return a < b ? a : b;
    case PACK_BINARY_MAXIMUM: return a > b ? a : b;
    default: return a + b;
    }
}

void pack_binary_portable(uint32_t kind, const float *a, const float *b, size_t b_step, float *y, size_t n) {
    size_t step = b_step != 0;
    for (size_t i = 0; i < n; i++) y[i] = combine(kind, a[i], b[i * step]);
}
