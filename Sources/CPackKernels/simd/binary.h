PACK_INLINE vf combine(uint32_t kind, vf a, vf b) {
    switch (kind) {
    case PACK_BINARY_SUBTRACT: return a - b;
    case PACK_BINARY_MULTIPLY: return a * b;
    case PACK_BINARY_DIVIDE: return a / b;
    case PACK_BINARY_MINIMUM: return v_min(a, b);
    case PACK_BINARY_MAXIMUM: return v_max(a, b);
    default: return a + b;
    }
}

PACK_INLINE void zip(uint32_t kind, const float *a, const float *b, size_t b_step, float *y, size_t n) {
    vf one = v_set(b_step || n == 0 ? 0.0f : *b);
    size_t i = 0;
    for (; i + VW <= n; i += VW) v_store(y + i, combine(kind, v_load(a + i), b_step ? v_load(b + i) : one));
    if (i == n) return;
    vf last = b_step ? v_load_some(b + i, n - i, 1.0f) : one;
    v_store_some(y + i, combine(kind, v_load_some(a + i, n - i, 1.0f), last), n - i);
}

void PACK_KERNEL(binary)(uint32_t kind, const float *a, const float *b, size_t b_step, float *y, size_t n) {
    switch (kind) {
    case PACK_BINARY_SUBTRACT: return zip(PACK_BINARY_SUBTRACT, a, b, b_step, y, n);
    case PACK_BINARY_MULTIPLY: return zip(PACK_BINARY_MULTIPLY, a, b, b_step, y, n);
    case PACK_BINARY_DIVIDE: return zip(PACK_BINARY_DIVIDE, a, b, b_step, y, n);
    case PACK_BINARY_MINIMUM: return zip(PACK_BINARY_MINIMUM, a, b, b_step, y, n);
    case PACK_BINARY_MAXIMUM: return zip(PACK_BINARY_MAXIMUM, a, b, b_step, y, n);
    default: return zip(PACK_BINARY_ADD, a, b, b_step, y, n);
    }
}

/// 16 bytes of a group become 32 codes.
PACK_INLINE void split_codes(const uint8_t *bytes, int8_t *codes) {
    typedef uint8_t half_group __attribute__((ext_vector_type(PACK_GROUP / 2)));
    half_group b, low, high;
    __builtin_memcpy(&b, bytes, sizeof b);
    low = (b & 15) - 8, high = (b >> 4) - 8;
    __builtin_memcpy(codes, &low, sizeof low);
    __builtin_memcpy(codes + sizeof low, &high, sizeof high);
}

void PACK_KERNEL(dequantize_s4)(const uint8_t *row, float scale, float *y, size_t n) {
    typedef int8_t vc __attribute__((ext_vector_type(VW)));
    typedef int16_t vs __attribute__((ext_vector_type(VW)));
    const int8_t *scales = (const int8_t *)row + pack_groups(n) * (PACK_GROUP / 2);
    size_t i = 0;
    for (; i < n; i += PACK_GROUP, row += PACK_GROUP / 2, scales++) {
        int8_t codes[PACK_GROUP];
        split_codes(row, codes);
        int16_t group = *scales;
        size_t count = pack_min(PACK_GROUP, n - i), l = 0;
        for (; l + VW <= count; l += VW) {
            vc c;
            __builtin_memcpy(&c, codes + l, sizeof c);
            v_store(y + i + l, __builtin_convertvector(__builtin_convertvector(c, vs) * group, vf) * scale);
        }
        PACK_REST for (; l < count; l++) y[i + l] = (float)(codes[l] * group) * scale;
    }
}

void PACK_KERNEL(dequantize_s8)(const int8_t *codes, float scale, float *y, size_t n) {
    typedef int8_t vc __attribute__((ext_vector_type(VW)));
    size_t i = 0;
    for (; i + VW <= n; i += VW) {
        vc c;
        __builtin_memcpy(&c, codes + i, sizeof c);
        v_store(y + i, __builtin_convertvector(c, vf) * scale);
    }
    PACK_REST for (; i < n; i++) y[i] = (float)codes[i] * scale;
}

void PACK_KERNEL(f16_to_f32)(const uint16_t *x, float *y, size_t n) {
    size_t i = 0;
    for (; i + VW <= n; i += VW) v_store(y + i, v_half(x + i));
    PACK_REST for (; i < n; i++) y[i] = pack_half_value(x[i]);
}

void PACK_KERNEL(bf16_to_f32)(const uint16_t *x, float *y, size_t n) {
    size_t i = 0;
    for (; i + VW <= n; i += VW) v_store(y + i, v_bfloat(x + i));
    PACK_REST for (; i < n; i++) y[i] = pack_bfloat_value(x[i]);
}
