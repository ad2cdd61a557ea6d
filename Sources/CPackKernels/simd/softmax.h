void PACK_KERNEL(softmax)(
    const float *x, size_t ldx, float *y, size_t ldy, size_t rows, size_t n, float scale, const float *mask,
    size_t ldmask) {
    for (size_t i = 0; i < rows; i++, x += ldx, y += ldy) {
        float most = scale_row(x, mask ? mask + i * ldmask : 0, scale, y, n);
        float inverse = inverse_or_zero(exponentials(y, n, most));
        size_t j = 0;
        for (; j + VW <= n; j += VW) v_store(y + j, v_load(y + j) * inverse);
        PACK_REST for (; j < n; j++) y[j] *= inverse;
    }
}
