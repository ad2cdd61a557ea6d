// Sums and maxima over the taps of a window, a row of results at a time: depthwise convolution and pooling.

/// `count` vectors of results, in registers while all taps pass.
#define TAP_BODY(count)                                                                                                \
    vf sums[count];                                                                                                    \
    PACK_UNROLL for (int j = 0; j < count; j++) sums[j] = v_set(start);                                                \
    for (size_t t = 0; t < taps; t++) {                                                                                \
        const float *from = x + offsets[t] + i;                                                                        \
        if (weights) {                                                                                                 \
            vf w = v_set(weights[t]);                                                                                  \
            PACK_UNROLL for (int j = 0; j < count; j++) sums[j] = v_fma(w, v_load(from + j * VW), sums[j]);            \
        } else {                                                                                                       \
            PACK_UNROLL for (int j = 0; j < count; j++) sums[j] = v_max(sums[j], v_load(from + j * VW));               \
        }                                                                                                              \
    }

void PACK_KERNEL(tap_rows)(
    const float *x, const size_t *offsets, const float *weights, size_t taps, float start, float *y, size_t n) {
    size_t i = 0;
    for (; i + 4 * VW <= n; i += 4 * VW) {
        TAP_BODY(4)
        PACK_UNROLL for (int j = 0; j < 4; j++) v_store(y + i + j * VW, sums[j]);
    }
    for (; i < n; i += VW) {
        TAP_BODY(1)
        if (n - i >= VW)
            v_store(y + i, sums[0]);
        else
            v_store_some(y + i, sums[0], n - i);
    }
}
