// From exact integer sums to c, in the one order of operations that every variant follows.

/// A tile's sums become floats in place. CODE_SHIFT is what the variant subtracted from the activation codes.
static void finish_sums(
    const pack_gemm *g, int32_t *sums, size_t lds, size_t row, size_t rows, size_t column, size_t width) {
    float *values = (float *)(void *)sums;
    for (size_t i = 0; i < rows; i++) {
        int32_t zero = g->row_zero[row + i] - CODE_SHIFT;
        float scale = g->row_scale[row + i];
        const float *scales = g->column_scale + column;
        const int32_t *totals = g->column_sum + column;
        size_t j = 0;
        for (; j + VW <= width; j += VW) {
            vi sum, total;
            __builtin_memcpy(&sum, sums + i * lds + j, sizeof sum);
            __builtin_memcpy(&total, totals + j, sizeof total);
            vf value = v_load(scales + j) * scale * __builtin_convertvector(sum - total * zero, vf);
            v_store(values + i * lds + j, value);
        }
        PACK_REST for (; j < width; j++) {
            float value = scale * scales[j] * (float)(sums[i * lds + j] - zero * totals[j]);
            __builtin_memcpy(values + i * lds + j, &value, sizeof value);
        }
    }
    finish_tile(g, values, lds, row, rows, column, width);
}
