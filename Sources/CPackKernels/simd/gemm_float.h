// Products with f32 arithmetic, weights stored as f32, f16 or bf16.
//
// k is cut into stretches of at most STRETCH, as the file of an instruction set defines it, so that a stretch of the panels
// at hand stays in a near cache while all tiles of a block of rows pass over it; between stretches the sums rest in c. An
// element is one chain of sums, however rows, panels and k are cut.

#define ROW_BLOCK 192
/// The most of k where weights are converted first, or lie apart.
#define SHORT_STRETCH 384

/// A stretch of k: where it starts, how long it is, and whether sums are already in c or are yet to be completed.
typedef struct {
    size_t begin, length;
    int first, last;
} stretch;

/// The most that a stretch takes. c cannot hold unfinished sums while it holds a residual that is to be added after an
/// activation.
PACK_INLINE size_t stretch_length(const pack_gemm *g, size_t most) {
    int occupied = g->residual == g->c && g->activation != PACK_ACTIVATION_NONE;
    return occupied ? g->k : pack_min(g->k, most);
}

/// Rows from which the sums of a tile start, and rows where they go.
typedef struct {
    const float *from;
    float *to;
    size_t ldf, ldt;
} tile_sums;

/// Fills `values` with what the sums of a tile start from.
PACK_OUTLINE void start_values(
    const pack_gemm *g, stretch s, float *values, size_t ldv, size_t row, size_t rows, size_t column, size_t width) {
    for (size_t i = row; i < row + rows; i++, values += ldv) {
        const float *bias = g->bias ? g->bias + column : 0;
        const float *residual = g->residual && !g->activation ? g->residual + i * g->ldr + column : 0;
        float row_bias = g->row_bias ? g->row_bias[i] : -0.0f; // which changes no other number
        if (width == ldv) {
            HIDE_POINTER(bias); // or there would be a loop for each case
            HIDE_POINTER(residual);
            for (size_t j = 0; j < ldv; j += VW) {
                vf v = (bias ? v_load(bias + j) : v_set(0.0f)) + v_set(row_bias);
                if (residual) v += v_load(residual + j);
                v_store(values + j, v);
            }
            continue;
        }
        PACK_REST for (size_t j = 0; j < width; j++) {
            values[j] = s.first ? (bias ? bias[j] : 0.0f) + row_bias : g->c[i * g->ldc + column + j];
            if (s.first && residual) values[j] += residual[j];
        }
        PACK_REST for (size_t j = width; j < ldv; j++) values[j] = 0.0f;
    }
}

/// Sums pass through `values` only where they start from several addends, are yet to be activated, or do not fill whole panels.
PACK_INLINE tile_sums tile_sums_at(
    const pack_gemm *g, stretch s, float *values, size_t ldv, size_t row, size_t rows, size_t column, size_t width) {
    float *c = g->c + row * g->ldc + column;
    int whole = width == ldv;
    tile_sums t = {values, values, ldv, ldv};
    if (whole && !(s.last && g->activation)) t.to = c, t.ldt = g->ldc;
    if (whole && !s.first) {
        t.from = c, t.ldf = g->ldc;
    } else if (whole && g->bias && !g->row_bias && (g->activation || !g->residual)) {
        t.from = g->bias + column, t.ldf = 0;
    } else {
        start_values(g, s, values, ldv, row, rows, column, width);
    }
    return t;
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
    size_t end = tile_end(row_begin, row_end, most), next;
    ask_for_results(g, row_begin, end, column, width);
    for (size_t row = row_begin; row < row_end; row = end, end = next) {
        next = end < row_end ? tile_end(end, row_end, most) : end;
        ask_for_results(g, end, next, column, width); // a tile ahead, as sums may start there
        const float *a = (const float *)g->a + row * g->lda + s.begin;
        tile_sums t = tile_sums_at(g, s, values, p.count * PACK_PANEL, row, end - row, column, width);
        tiles[end - row][p.count](
            a, g->lda, p.weights, p.stride, s.length, t.from, t.ldf, t.to, t.ldt, p.next, step);
        p.next += step * s.length;
        if (t.to == values)
            finish_tile(
                g, s.last ? g->activation : PACK_ACTIVATION_NONE, values, p.count * PACK_PANEL, row, end - row, column,
                width);
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
    size_t stride = g->k * PACK_PANEL, most = stretch_length(g, STRETCH);
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
    float converted[NP_TALL * SHORT_STRETCH * PACK_PANEL] __attribute__((aligned(64)));
    size_t stride = g->k * PACK_PANEL, most = stretch_length(g, SHORT_STRETCH);
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, ROW_BLOCK);
        size_t begin = 0;
        do {
            stretch s = stretch_at(g, begin, most);
            for (size_t p = panel_begin, panels; p < panel_end; p += panels) {
                panels = panels_at_once(g, end - row, panel_end - p);
                const uint16_t *weights = (const uint16_t *)g->panels + p * stride + begin * PACK_PANEL;
                panel_group group = {weights, stride, p, panels, (const char *)(weights + panels * stride), 32};
                if (end - row <= 2 * MR || s.length > SHORT_STRETCH || panels > NP_TALL) {
                    multiply_stretch(g, tiles, s, row, end, group);
                    continue;
                }
                for (size_t i = 0; i < panels; i++)
                    for (size_t j = 0; j < s.length * PACK_PANEL; j += VW)
                        v_store(converted + i * SHORT_STRETCH * PACK_PANEL + j, load(weights + i * stride + j));
                group.weights = converted;
                group.stride = SHORT_STRETCH * PACK_PANEL;
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
