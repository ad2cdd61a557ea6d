// The steps of a softmax over one row.

/// y = scale * x + mask; returns the largest. mask may be NULL.
PACK_INLINE float scale_row(const float *x, const float *mask, float scale, float *y, size_t n) {
    vf most = v_set(-__builtin_inff()), s = v_set(scale);
    size_t j = 0;
    for (; j + VW <= n; j += VW) {
        vf v = v_load(x + j) * s;
        if (mask) v = v + v_load(mask + j);
        v_store(y + j, v);
        most = v_max(v, most);
    }
    if (j < n) {
        vf v = v_load_some(x + j, n - j, 0.0f) * s;
        if (mask) v = v + v_load_some(mask + j, n - j, 0.0f);
        v_store_some(y + j, v, n - j);
        most = v_max(v_load_some(y + j, n - j, -__builtin_inff()), most);
    }
    return v_most(most);
}

/// y = exp(y - most); returns the sum, in PACK_PANEL chains: whole panels of masked columns then change nothing. All -inf
/// gives zeros.
PACK_INLINE float exponentials(float *y, size_t n, float most) {
    vf m = v_set(most == -__builtin_inff() ? 0.0f : most), sum[NV];
    PACK_UNROLL for (int v = 0; v < NV; v++) sum[v] = v_set(0.0f);
    size_t j = 0;
    for (; j + PACK_PANEL <= n; j += PACK_PANEL)
        PACK_UNROLL for (int v = 0; v < NV; v++) {
            vf e = v_exp_nonpositive(v_load(y + j + v * VW) - m);
            v_store(y + j + v * VW, e);
            sum[v] += e;
        }
    if (j < n) {
        float rest[PACK_PANEL];
        fill_chains(rest, PACK_PANEL, y + j, n - j, -__builtin_inff());
        PACK_REST for (size_t l = 0; l < PACK_PANEL; l += VW)
            v_store(rest + l, v_exp_nonpositive(v_load(rest + l) - m));
        PACK_UNROLL for (int v = 0; v < NV; v++) sum[v] += v_load(rest + v * VW);
        memcpy(y + j, rest, (n - j) * sizeof *y);
    }
    return v_sum_chains(sum, NV);
}

PACK_INLINE float inverse_or_zero(float sum) { return sum == 0.0f ? 0.0f : 1.0f / sum; }
