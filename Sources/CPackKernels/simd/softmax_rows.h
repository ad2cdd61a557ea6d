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

/// y = exp(y - most); returns the sum. All -inf gives zeros.
PACK_INLINE float exponentials(float *y, size_t n, float most) {
    vf m = v_set(most == -__builtin_inff() ? 0.0f : most), sum = v_set(0.0f);
    size_t j = 0;
    for (; j + VW <= n; j += VW) {
        vf e = v_exp_nonpositive(v_load(y + j) - m);
        v_store(y + j, e);
        sum += e;
    }
    if (j < n) {
        vf e = v_exp_nonpositive(v_load_some(y + j, n - j, -__builtin_inff()) - m);
        v_store_some(y + j, e, n - j);
        sum += e;
    }
    return v_sum(sum);
}

PACK_INLINE float inverse_or_zero(float sum) { return sum == 0.0f ? 0.0f : 1.0f / sum; }
