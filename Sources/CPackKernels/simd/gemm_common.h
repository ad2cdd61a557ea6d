// What the products share: how rows are cut into tiles, and what happens to a finished tile.

/// Lets a pointer's value be looked at each time, where a compiler would rather make a loop for each case.
#define HIDE_POINTER(x) __asm__("" : "+r"(x))

/// The end of the tile that starts at `row` when `rows` … `end` are cut into the fewest tiles of at most `most` rows, all
/// of nearly the same height.
PACK_INLINE size_t tile_end(size_t row, size_t end, size_t most) {
    size_t left = end - row, tiles = (left + most - 1) / most;
    return row + (left + tiles - 1) / tiles;
}

/// Asks for the part of c that a tile will write, while one is computed.
PACK_INLINE void ask_for_results(const pack_gemm *g, size_t row, size_t end, size_t column, size_t width) {
    for (size_t i = row; i < end; i++)
        for (size_t j = 0; j < width; j += PACK_PANEL) __builtin_prefetch(g->c + i * g->ldc + column + j, 1, 3);
}

/// Where a tile's values lie and where they go, row by row.
typedef struct {
    const float *from;
    float *to;
    size_t from_row, to_row, rows, width; // width: whole vectors
} tile_pass;

PACK_INLINE vf activated(uint32_t activation, vf x) {
    switch (activation) {
    case PACK_ACTIVATION_RELU: return v_relu(x);
    case PACK_ACTIVATION_GELU_ERF: return v_gelu_erf(x);
    case PACK_ACTIVATION_GELU_TANH: return v_gelu_tanh(x);
    default: return v_tanh(x);
    }
}

PACK_INLINE void activate_rows(uint32_t activation, tile_pass t) {
    for (; t.rows > 0; t.rows--, t.from += t.from_row, t.to += t.to_row)
        for (size_t j = 0; j < t.width; j += VW) v_store(t.to + j, activated(activation, v_load(t.from + j)));
}

/// A loop of its own for each activation.
PACK_OUTLINE void activate(uint32_t activation, tile_pass t) {
    switch (activation) {
    case PACK_ACTIVATION_RELU: return activate_rows(PACK_ACTIVATION_RELU, t);
    case PACK_ACTIVATION_GELU_ERF: return activate_rows(PACK_ACTIVATION_GELU_ERF, t);
    case PACK_ACTIVATION_GELU_TANH: return activate_rows(PACK_ACTIVATION_GELU_TANH, t);
    case PACK_ACTIVATION_TANH: return activate_rows(PACK_ACTIVATION_TANH, t);
    }
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

/// Activation of `rows` rows of `width` columns whose sums lie in `values`, then a residual where there was one, to c.
/// Without an activation the sums hold the residual already.
PACK_OUTLINE void finish_tile(
    const pack_gemm *g, uint32_t activation, float *values, size_t ldv, size_t row, size_t rows, size_t column,
    size_t width) {
    const float *residual = activation ? g->residual : 0;
    if (activation) {
        tile_pass pass = {values, values, ldv, ldv, rows, ldv};
        int last = width == ldv && !residual;
        if (last) pass.to = g->c + row * g->ldc + column, pass.to_row = g->ldc;
        activate(activation, pass);
        if (last) return;
    }
    for (size_t i = 0; i < rows; i++)
        store_columns(
            g->c + (row + i) * g->ldc + column, values + i * ldv,
            residual ? residual + (row + i) * g->ldr + column : 0, width);
}
