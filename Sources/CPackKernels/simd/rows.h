// Kernels that go over rows.

/// Lowest and highest value with 0, and whether all are finite, of n values.
PACK_INLINE pack_row_code code_of_row(const float *x, size_t n) {
    vf low = v_set(0.0f), high = low;
    vi magnitude = (vi)0;
    size_t j = 0;
    for (; j + VW <= n; j += VW) {
        vf v = v_load(x + j);
        vi bits = (vi)v & 0x7fffffff;
        low = v_min(v, low);
        high = v_max(v, high);
        magnitude = bits > magnitude ? bits : magnitude;
    }
    if (j < n) {
        vf v = v_load_some(x + j, n - j, 0.0f);
        vi bits = (vi)v & 0x7fffffff;
        low = v_min(v, low);
        high = v_max(v, high);
        magnitude = bits > magnitude ? bits : magnitude;
    }
    int finite = 1;
    PACK_UNROLL for (int i = 0; i < VW; i++) finite &= magnitude[i] < 0x7f800000;
    return pack_row_code_for(-v_most(-low), v_most(high), finite);
}

PACK_INLINE vi codes_of(vf v, pack_row_code code) {
    vf scaled = (v * code.inverse + v_set(0x1.8p23f)) - v_set(0x1.8p23f);
    vi value = __builtin_convertvector(scaled, vi) + code.zero;
    value = value < 0 ? (vi)0 : value;
    return value > 255 ? (vi)255 : value;
}

void PACK_KERNEL(quantize_rows)(
    const float *x, size_t ldx, size_t rows, size_t k, uint8_t *codes, size_t ldcodes, float *scale, int32_t *zero) {
    typedef uint8_t vb __attribute__((ext_vector_type(VW)));
    for (size_t i = 0; i < rows; i++, x += ldx, codes += ldcodes) {
        pack_row_code code = code_of_row(x, k);
        scale[i] = code.scale;
        zero[i] = code.zero;
        if (code.inverse == 0) {
            memset(codes, 0, pack_round_up(k, 4));
            continue;
        }
        size_t j = 0;
        for (; j + VW <= k; j += VW) {
            vb bytes = __builtin_convertvector(codes_of(v_load(x + j), code), vb);
            __builtin_memcpy(codes + j, &bytes, sizeof bytes);
        }
        if (j == k) continue;
        vi rest = codes_of(v_load_some(x + j, k - j, 0.0f), code);
        for (size_t l = 0; j + l < pack_round_up(k, 4); l++) codes[j + l] = j + l < k ? (uint8_t)rest[l] : 0;
    }
}

/// Vectors of the chains of a sum over a row.
#define ROW_VECTORS (PACK_ROW_CHAINS / VW)

/// A value for each chain: x itself, or `room` where x is shorter.
PACK_INLINE const float *whole_row(const float *x, size_t left, float *room, float absent) {
    if (left >= PACK_ROW_CHAINS) return x;
    fill_chains(room, PACK_ROW_CHAINS, x, left, absent);
    return room;
}

PACK_INLINE float sum_of(const float *x, size_t n) {
    vf sum[ROW_VECTORS];
    float room[PACK_ROW_CHAINS];
    PACK_UNROLL for (int v = 0; v < ROW_VECTORS; v++) sum[v] = v_set(0.0f);
    for (size_t j = 0; j < n; j += PACK_ROW_CHAINS) {
        const float *from = whole_row(x + j, n - j, room, 0.0f);
        PACK_UNROLL for (int v = 0; v < ROW_VECTORS; v++) sum[v] += v_load(from + v * VW);
    }
    return v_sum_chains(sum, ROW_VECTORS);
}

/// Sum of (x - mean)², each added by fma.
PACK_INLINE float squares_of(const float *x, size_t n, float mean) {
    vf sum[ROW_VECTORS], m = v_set(mean);
    float room[PACK_ROW_CHAINS];
    PACK_UNROLL for (int v = 0; v < ROW_VECTORS; v++) sum[v] = v_set(0.0f);
    for (size_t j = 0; j < n; j += PACK_ROW_CHAINS) {
        const float *from = whole_row(x + j, n - j, room, mean);
        PACK_UNROLL for (int v = 0; v < ROW_VECTORS; v++) {
            vf d = v_load(from + v * VW) - m;
            sum[v] = v_fma(d, d, sum[v]);
        }
    }
    return v_sum_chains(sum, ROW_VECTORS);
}

void PACK_KERNEL(layer_norm)(
    const float *x, size_t ldx, float *y, size_t ldy, size_t rows, size_t n, const float *gamma, const float *beta,
    float eps) {
    for (size_t i = 0; i < rows; i++, x += ldx, y += ldy) {
        float mean = sum_of(x, n) / (float)n;
        float inverse = 1.0f / __builtin_sqrtf(squares_of(x, n, mean) / (float)n + eps);
        size_t j = 0;
        for (; j + VW <= n; j += VW) {
            vf v = (v_load(x + j) - mean) * inverse;
            if (gamma) v = v * v_load(gamma + j);
            v_store(y + j, beta ? v + v_load(beta + j) : v);
        }
        PACK_REST for (; j < n; j++) {
            float v = (x[j] - mean) * inverse * (gamma ? gamma[j] : 1.0f);
            y[j] = beta ? v + beta[j] : v;
        }
    }
}

void PACK_KERNEL(mul_add_rows)(
    const float *x, size_t ldx, const float *scale, const float *shift, float *y, size_t ldy, size_t rows, size_t n) {
    for (size_t i = 0; i < rows; i++, x += ldx, y += ldy) {
        size_t j = 0;
        for (; j + VW <= n; j += VW) {
            vf v = v_load(x + j);
            if (scale) v = v * v_load(scale + j);
            v_store(y + j, shift ? v + v_load(shift + j) : v);
        }
        PACK_REST for (; j < n; j++) {
            float v = scale ? x[j] * scale[j] : x[j];
            y[j] = shift ? v + shift[j] : v;
        }
    }
}

void PACK_KERNEL(l2_normalize)(const float *x, float *y, size_t n, float eps) {
    float norm = __builtin_sqrtf(squares_of(x, n, 0.0f));
    vf inverse = v_set(1.0f / (norm > eps ? norm : eps));
    size_t j = 0;
    for (; j + VW <= n; j += VW) v_store(y + j, v_load(x + j) * inverse);
    PACK_REST for (; j < n; j++) y[j] = x[j] * inverse[0];
}

void PACK_KERNEL(mean_rows)(
    const float *x, size_t ldx, size_t rows, size_t n, uint32_t mask_type, const void *mask, float *y) {
    size_t count = 0;
    memset(y, 0, n * sizeof *y);
    for (size_t i = 0; i < rows; i++, x += ldx) {
        if (!pack_mask_valid(mask_type, mask, i)) continue;
        count++;
        size_t j = 0;
        for (; j + VW <= n; j += VW) v_store(y + j, v_load(y + j) + v_load(x + j));
        PACK_REST for (; j < n; j++) y[j] += x[j];
    }
    float inverse = count ? 1.0f / (float)count : 0.0f;
    for (size_t j = 0; j < n; j++) y[j] *= inverse;
}

void PACK_KERNEL(max_rows)(
    const float *x, size_t ldx, size_t rows, size_t n, uint32_t mask_type, const void *mask, float *y) {
    int found = 0;
    memset(y, 0, n * sizeof *y);
    for (size_t i = 0; i < rows; i++, x += ldx) {
        if (!pack_mask_valid(mask_type, mask, i)) continue;
        size_t j = 0;
        if (!found) {
            memcpy(y, x, n * sizeof *y);
        } else {
            for (; j + VW <= n; j += VW) v_store(y + j, v_max(v_load(y + j), v_load(x + j)));
            PACK_REST for (; j < n; j++) y[j] = y[j] > x[j] ? y[j] : x[j];
        }
        found = 1;
    }
}
