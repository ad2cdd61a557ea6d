// From exact integer sums to c, in the one order of operations that every variant follows.

/// A tile's sums become floats, with the bias, and where nothing else is to come between are written to c; else in place, for
/// finish_tile. CODE_SHIFT is what the variant subtracted from the activation codes.
static void finish_sums(
    const pack_gemm *g, int32_t *sums, size_t lds, size_t row, size_t rows, size_t column, size_t width) {
    const float *scales = g->column_scale + column, *bias = g->bias ? g->bias + column : 0;
    const int32_t *totals = g->column_sum + column;
    int is_last = !g->activation;
    for (size_t i = 0; i < rows; i++) {
        int32_t zero = g->row_zero[row + i] - CODE_SHIFT;
        float scale = g->row_scale[row + i];
        float *to = is_last ? g->c + (row + i) * g->ldc + column : (float *)(void *)(sums + i * lds);
        const float *residual = is_last && g->residual ? g->residual + (row + i) * g->ldr + column : 0;
        size_t j = 0;
        for (; j + VW <= width; j += VW) {
            vi sum, total;
            __builtin_memcpy(&sum, sums + i * lds + j, sizeof sum);
            __builtin_memcpy(&total, totals + j, sizeof total);
            vf value = v_load(scales + j) * scale * __builtin_convertvector(sum - total * zero, vf);
            if (bias) value += v_load(bias + j);
            if (residual) value += v_load(residual + j);
            v_store(to + j, value);
        }
        PACK_REST for (; j < width; j++) {
            float value = scale * scales[j] * (float)(sums[i * lds + j] - zero * totals[j]);
            if (bias) value += bias[j];
            if (residual) value += residual[j];
            __builtin_memcpy(to + j, &value, sizeof value);
        }
    }
    if (!is_last) finish_tile(g, g->activation, (float *)(void *)sums, lds, row, rows, column, width);
}
