// Kernels that go over values one by one.

PACK_INLINE vf v_limit(vf x, vf low, vf high) {
    x = x < low ? low : x;
    return x > high ? high : x;
}

/// a and b are the parameters, where the function has any.
PACK_INLINE vf apply(uint32_t kind, vf x, vf a, vf b) {
    switch (kind) {
    case PACK_UNARY_RELU: return v_relu(x);
    case PACK_UNARY_GELU_ERF: return v_gelu_erf(x);
    case PACK_UNARY_GELU_TANH: return v_gelu_tanh(x);
    case PACK_UNARY_TANH: return v_tanh(x);
    case PACK_UNARY_ERF: return v_erf(x);
    case PACK_UNARY_SIGMOID: return v_sigmoid(x);
    case PACK_UNARY_EXP: return v_exp(x);
    case PACK_UNARY_SQRT: return __builtin_elementwise_sqrt(x);
    case PACK_UNARY_NEGATE: return -x;
    case PACK_UNARY_ABS: return v_abs(x);
    case PACK_UNARY_RECIPROCAL: return v_set(1.0f) / x;
    case PACK_UNARY_LEAKY_RELU: return x < 0.0f ? x * a : x;
    case PACK_UNARY_HARD_SIGMOID: return v_limit(v_fma(x, a, b), v_set(0.0f), v_set(1.0f));
    case PACK_UNARY_HARD_SWISH:
        return x * v_limit(v_fma(x, v_set(1.0f / 6.0f), v_set(0.5f)), v_set(0.0f), v_set(1.0f));
    case PACK_UNARY_CLIP: return v_limit(x, a, b);
    case PACK_UNARY_SILU: return x * v_sigmoid(x * a);
    default: return x;
    }
}

PACK_INLINE void map(uint32_t kind, const float *p, const float *x, float *y, size_t n) {
    vf a = v_set(kind >= PACK_UNARY_LEAKY_RELU && p ? p[0] : 0.0f);
    vf b = v_set(kind >= PACK_UNARY_LEAKY_RELU && p ? p[1] : 0.0f);
    size_t i = 0;
    for (; i + VW <= n; i += VW) v_store(y + i, apply(kind, v_load(x + i), a, b));
    if (i < n) v_store_some(y + i, apply(kind, v_load_some(x + i, n - i, 1.0f), a, b), n - i);
}

/// A loop of its own for each function.
void PACK_KERNEL(unary)(uint32_t kind, const float *p, const float *x, float *y, size_t n) {
    switch (kind) {
    case PACK_UNARY_RELU: return map(PACK_UNARY_RELU, p, x, y, n);
    case PACK_UNARY_GELU_ERF: return map(PACK_UNARY_GELU_ERF, p, x, y, n);
    case PACK_UNARY_GELU_TANH: return map(PACK_UNARY_GELU_TANH, p, x, y, n);
    case PACK_UNARY_TANH: return map(PACK_UNARY_TANH, p, x, y, n);
    case PACK_UNARY_ERF: return map(PACK_UNARY_ERF, p, x, y, n);
    case PACK_UNARY_SIGMOID: return map(PACK_UNARY_SIGMOID, p, x, y, n);
    case PACK_UNARY_EXP: return map(PACK_UNARY_EXP, p, x, y, n);
    case PACK_UNARY_SQRT: return map(PACK_UNARY_SQRT, p, x, y, n);
    case PACK_UNARY_NEGATE: return map(PACK_UNARY_NEGATE, p, x, y, n);
    case PACK_UNARY_ABS: return map(PACK_UNARY_ABS, p, x, y, n);
    case PACK_UNARY_RECIPROCAL: return map(PACK_UNARY_RECIPROCAL, p, x, y, n);
    case PACK_UNARY_LEAKY_RELU: return map(PACK_UNARY_LEAKY_RELU, p, x, y, n);
    case PACK_UNARY_HARD_SIGMOID: return map(PACK_UNARY_HARD_SIGMOID, p, x, y, n);
    case PACK_UNARY_HARD_SWISH: return map(PACK_UNARY_HARD_SWISH, p, x, y, n);
    case PACK_UNARY_CLIP: return map(PACK_UNARY_CLIP, p, x, y, n);
    case PACK_UNARY_SILU: return map(PACK_UNARY_SILU, p, x, y, n);
    default: memmove(y, x, n * sizeof *y);
    }
}
