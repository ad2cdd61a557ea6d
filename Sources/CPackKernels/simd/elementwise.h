// Kernels that go over values one by one.

PACK_INLINE vf apply(uint32_t kind, vf x) {
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
    default: return x;
    }
}

PACK_INLINE void map(uint32_t kind, const float *x, float *y, size_t n) {
    size_t i = 0;
    for (; i + VW <= n; i += VW) v_store(y + i, apply(kind, v_load(x + i)));
    if (i < n) v_store_some(y + i, apply(kind, v_load_some(x + i, n - i, 1.0f)), n - i);
}

/// A loop of its own for each function.
void PACK_KERNEL(unary)(uint32_t kind, const float *x, float *y, size_t n) {
    switch (kind) {
    case PACK_UNARY_RELU: return map(PACK_UNARY_RELU, x, y, n);
    case PACK_UNARY_GELU_ERF: return map(PACK_UNARY_GELU_ERF, x, y, n);
    case PACK_UNARY_GELU_TANH: return map(PACK_UNARY_GELU_TANH, x, y, n);
    case PACK_UNARY_TANH: return map(PACK_UNARY_TANH, x, y, n);
    case PACK_UNARY_ERF: return map(PACK_UNARY_ERF, x, y, n);
    case PACK_UNARY_SIGMOID: return map(PACK_UNARY_SIGMOID, x, y, n);
    case PACK_UNARY_EXP: return map(PACK_UNARY_EXP, x, y, n);
    case PACK_UNARY_SQRT: return map(PACK_UNARY_SQRT, x, y, n);
    case PACK_UNARY_NEGATE: return map(PACK_UNARY_NEGATE, x, y, n);
    case PACK_UNARY_ABS: return map(PACK_UNARY_ABS, x, y, n);
    case PACK_UNARY_RECIPROCAL: return map(PACK_UNARY_RECIPROCAL, x, y, n);
    default: memmove(y, x, n * sizeof *y);
    }
}
