// Products with f32 arithmetic, weights stored as f32, f16 or bf16.
//
// k is cut into stretches of PACK_STRETCH, so that a stretch of the panels at hand stays in the first-level cache while all
// tiles of a block of rows pass over it; between stretches the sums rest in c. An element is summed in order within a
// stretch, and the stretches in order, whatever tile it falls into. The length of a stretch thus decides the bits of the
// sums and is the same in every variant; how rows and panels are cut is each one's own affair.

#define ROW_BLOCK 192

/// A stretch of k: where it starts, how long it is, and whether sums are already in c or are yet to be completed.
typedef struct {
    size_t begin, length;
    int first, last;
} stretch;

/// Whether c can hold unfinished sums: not while it still holds a residual that is to be added after an activation.
PACK_INLINE size_t stretch_length(const pack_gemm *g) {
    int occupied = g->residual == g->c && g->activation != PACK_ACTIVATION_NONE;
    return occupied ? g->k : pack_min(g->k, PACK_STRETCH);
}

/// What follows the sums of one tile over one stretch.
PACK_OUTLINE void finish_stretch(
    const pack_gemm *g, stretch s, float *values, size_t ldv, size_t row, size_t rows, size_t column, size_t width) {
    if (s.first && s.last) return finish_tile(g, values, ldv, row, rows, column, width);
    int in_place = g->residual == g->c;
    if (!s.first || in_place)
        for (size_t i = 0; i < rows; i++) add_columns(values + i * ldv, g->c + (row + i) * g->ldc + column, width);
    if (!s.last) {
        for (size_t i = 0; i < rows; i++)
            store_columns(g->c + (row + i) * g->ldc + column, values + i * ldv, 0, width);
        return;
    }
    pack_gemm rest = *g;
    if (in_place) rest.residual = 0;
    finish_tile(&rest, values, ldv, row, rows, column, width);
}

/// Panels at hand for one stretch: where they start, how far apart they are, and where the ones after them start.
typedef struct {
    const void *weights;
    size_t stride; // in values
    size_t first, count;
    const char *next;
    size_t line; // bytes of a panel for one k, where `next` is
} panel_group;

/// Rows of a tile. Those that lie a multiple of a page apart compete for the same few lines of the first-level cache.
PACK_INLINE size_t tallest(const pack_gemm *g) { return g->lda % 1024 == 0 ? MR_ALIASED : MR; }

/// All tiles of some rows over one stretch of a group of panels.
PACK_OUTLINE void multiply_stretch(
    const pack_gemm *g, const tile_f32 (*tiles)[NP_MOST + 1], stretch s, size_t row_begin, size_t row_end,
    panel_group p) {
    float values[MR * NP_MOST * PACK_PANEL] __attribute__((aligned(64)));
    size_t column = p.first * PACK_PANEL, width = pack_min(p.count * PACK_PANEL, g->n - column);
    size_t most = tallest(g), tiles_high = (row_end - row_begin + most - 1) / most, step = p.line / tiles_high;
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, most);
        ask_for_results(g, row, end, column, width);
        const float *a = (const float *)g->a + row * g->lda + s.begin;
        tiles[end - row][p.count](
            a, g->lda, p.weights, p.stride, s.length, values, p.count * PACK_PANEL, p.next, step);
        p.next += step * s.length;
        finish_stretch(g, s, values, p.count * PACK_PANEL, row, end - row, column, width);
    }
}

/// The tiles of a call reach from the fewest to the most rows; all must exist for the number of panels taken at once.
PACK_INLINE size_t panels_at_once(const pack_gemm *g, size_t rows, size_t left) {
    size_t wanted = rows <= MR_ALIASED ? wide_panels(rows) : wide_panels(tile_end(0, rows, tallest(g)));
    return left < wanted ? 1 : wanted;
}

PACK_INLINE stretch stretch_at(const pack_gemm *g, size_t begin, size_t most) {
    stretch s = {begin, pack_min(most, g->k - begin), begin == 0, 0};
    s.last = begin + s.length == g->k;
    return s;
}

void PACK_KERNEL(gemm_f32)(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    size_t stride = g->k * PACK_PANEL, most = stretch_length(g);
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, ROW_BLOCK);
        size_t begin = 0;
        do { // once even when k is 0
            stretch s = stretch_at(g, begin, most);
            for (size_t p = panel_begin, panels; p < panel_end; p += panels) {
                panels = panels_at_once(g, end - row, panel_end - p);
                const float *weights = (const float *)g->panels + p * stride + begin * PACK_PANEL;
                panel_group group = {weights, stride, p, panels, (const char *)(weights + panels * stride), 64};
                multiply_stretch(g, tiles_f32, s, row, end, group);
            }
            begin += s.length;
        } while (begin < g->k);
    }
}

/// Few rows read the halves as they are; more share a stretch of the panels that is converted once.
PACK_INLINE void multiply_halves(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end,
    const tile_f32 (*tiles)[NP_MOST + 1], vf (*load)(const uint16_t *)) {
    float converted[NP_TALL * PACK_STRETCH * PACK_PANEL] __attribute__((aligned(64)));
    size_t stride = g->k * PACK_PANEL, most = stretch_length(g);
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, ROW_BLOCK);
        size_t begin = 0;
        do {
            stretch s = stretch_at(g, begin, most);
            for (size_t p = panel_begin, panels; p < panel_end; p += panels) {
                panels = panels_at_once(g, end - row, panel_end - p);
                const uint16_t *weights = (const uint16_t *)g->panels + p * stride + begin * PACK_PANEL;
                panel_group group = {weights, stride, p, panels, (const char *)(weights + panels * stride), 32};
                if (end - row <= 2 * MR || s.length > PACK_STRETCH || panels > NP_TALL) {
                    multiply_stretch(g, tiles, s, row, end, group);
                    continue;
                }
                for (size_t i = 0; i < panels; i++)
                    for (size_t j = 0; j < s.length * PACK_PANEL; j += VW)
                        v_store(converted + i * PACK_STRETCH * PACK_PANEL + j, load(weights + i * stride + j));
                group.weights = converted;
                group.stride = PACK_STRETCH * PACK_PANEL;
                multiply_stretch(g, tiles_f32, s, row, end, group);
            }
            begin += s.length;
        } while (begin < g->k);
    }
}

void PACK_KERNEL(gemm_f16)(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    multiply_halves(g, row_begin, row_end, panel_begin, panel_end, tiles_f16, v_half);
}

void PACK_KERNEL(gemm_bf16)(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    multiply_halves(g, row_begin, row_end, panel_begin, panel_end, tiles_bf16, v_bfloat);
}
