// What the products share: how rows are cut into tiles, and what happens to a finished tile.

/// The end of the tile that starts at `row` when `rows` … `end` are cut into the fewest tiles of at most `most` rows, all
/// of nearly the same height.
PACK_INLINE size_t tile_end(size_t row, size_t end, size_t most) {
    size_t left = end - row, tiles = (left + most - 1) / most;
    return row + (left + tiles - 1) / tiles;
}

/// Asks for the part of c that a tile will write, while it is computed.
PACK_INLINE void ask_for_results(const pack_gemm *g, size_t row, size_t end, size_t column, size_t width) {
    for (size_t i = row; i < end; i++)
        for (size_t j = 0; j < width; j += PACK_PANEL) __builtin_prefetch(g->c + i * g->ldc + column + j, 1, 3);
}

PACK_OUTLINE void activate(uint32_t activation, float *values, size_t count) {
    switch (activation) {
    case PACK_ACTIVATION_RELU:
        for (size_t i = 0; i < count; i += VW) v_store(values + i, v_relu(v_load(values + i)));
        break;
    case PACK_ACTIVATION_GELU_ERF:
        for (size_t i = 0; i < count; i += VW) v_store(values + i, v_gelu_erf(v_load(values + i)));
        break;
    case PACK_ACTIVATION_GELU_TANH:
        for (size_t i = 0; i < count; i += VW) v_store(values + i, v_gelu_tanh(v_load(values + i)));
        break;
    case PACK_ACTIVATION_TANH:
        for (size_t i = 0; i < count; i += VW) v_store(values + i, v_tanh(v_load(values + i)));
        break;
    }
}

/// values[j] += more[j] for the `width` columns of a tile row.
PACK_INLINE void add_columns(float *values, const float *more, size_t width) {
    if (width % PACK_PANEL == 0)
        for (size_t j = 0; j < width; j += VW) v_store(values + j, v_load(values + j) + v_load(more + j));
    else
        PACK_REST for (size_t j = 0; j < width; j++) values[j] += more[j];
}

/// c[j] = values[j] (+ more[j]).
PACK_INLINE void store_columns(float *c, const float *values, const float *more, size_t width) {
    if (width % PACK_PANEL == 0) {
        if (more)
            for (size_t j = 0; j < width; j += VW) v_store(c + j, v_load(values + j) + v_load(more + j));
        else
            for (size_t j = 0; j < width; j += VW) v_store(c + j, v_load(values + j));
        return;
    }
    PACK_REST for (size_t j = 0; j < width; j++) c[j] = more ? values[j] + more[j] : values[j];
}

/// Bias, activation and residual of `rows` rows of `width` columns whose sums lie in `values`, then to c.
PACK_OUTLINE void finish_tile(
    const pack_gemm *g, float *values, size_t ldv, size_t row, size_t rows, size_t column, size_t width) {
    if (g->bias)
        for (size_t i = 0; i < rows; i++) add_columns(values + i * ldv, g->bias + column, width);
    if (g->row_bias)
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < ldv; j += VW)
                v_store(values + i * ldv + j, v_load(values + i * ldv + j) + v_set(g->row_bias[row + i]));
    if (g->activation) activate(g->activation, values, rows * ldv);
    for (size_t i = 0; i < rows; i++) {
        const float *residual = g->residual ? g->residual + (row + i) * g->ldr + column : 0;
        store_columns(g->c + (row + i) * g->ldc + column, values + i * ldv, residual, width);
    }
}
