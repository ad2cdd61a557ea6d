// Products of f32 whose columns are read where they lie, by tiles as those of gemm_tile.h.

typedef void (*tile_rows)(
    const float *a, size_t lda, const float *columns, const size_t *offsets, size_t k, const float *from, size_t ldf,
    float *out, size_t ldo);

#define ROWS_NAME(mr, np) tile_rows_##mr##_##np
#define ROWS_BODY(MROWS, NPANELS) ROWS_FUNCTION(SEVERAL_TURNS, MROWS, NPANELS)
#define LARGE_ROWS_BODY(MROWS, NPANELS) ROWS_FUNCTION(ONE_TURN, MROWS, NPANELS)
#define ROWS_FUNCTION(TURNS, MROWS, NPANELS)                                                                           \
    static void ROWS_NAME(MROWS, NPANELS)(                                                                             \
        const float *restrict a, size_t lda, const float *restrict columns, const size_t *restrict offsets, size_t k,  \
        const float *from, size_t ldf, float *out, size_t ldo) {                                                       \
        vf sum[MROWS][NPANELS * NV];                                                                                   \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < NPANELS * NV; j++) sum[i][j] = v_load(from + i * ldf + j * VW);            \
        const float *rows[(MROWS + 2) / 3];                                                                            \
        PACK_UNROLL for (int i = 0; i < (MROWS + 2) / 3; i++) rows[i] = a + 3 * i * lda;                               \
        TURNS for (size_t l = 0; l < k; l++) {                                                                         \
            const float *b = columns + offsets[l];                                                                     \
            PACK_UNROLL for (int i = 0; i < (MROWS + 2) / 3; i++) KEEP_POINTER(rows[i]);                               \
            vf w[NPANELS * NV];                                                                                        \
            PACK_UNROLL for (int j = 0; j < NPANELS * NV; j++) w[j] = v_load(b + j * VW);                              \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                              \
                vf x = v_set(rows[i / 3][i % 3 * lda]);                                                                \
                if (NPANELS * NV > 1) KEEP_REGISTER(x);                                                                \
                PACK_UNROLL for (int j = 0; j < NPANELS * NV; j++) sum[i][j] = v_fma(x, w[j], sum[i][j]);              \
            }                                                                                                          \
            PACK_UNROLL for (int i = 0; i < (MROWS + 2) / 3; i++) rows[i]++;                                           \
        }                                                                                                              \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < NPANELS * NV; j++) v_store(out + i * ldo + j * VW, sum[i][j]);             \
    }
TILES(ROWS_BODY)
LARGE_TILES(LARGE_ROWS_BODY)
#define ROWS_POINTER(mr, np) [mr][np] = ROWS_NAME(mr, np),
static const tile_rows tiles_rows[MR + 1][NP_MOST + 1] = {TILES(ROWS_POINTER) LARGE_TILES(ROWS_POINTER)};

/// All tiles of some rows over one stretch of neighbouring ranges of columns.
static void multiply_rows(
    const pack_gemm *g, const size_t *offsets, stretch s, size_t row_begin, size_t row_end, size_t first, size_t count) {
    float values[MR * NP_MOST * PACK_PANEL] __attribute__((aligned(64)));
    size_t column = first * PACK_PANEL, width = pack_min(count * PACK_PANEL, g->n - column), most = tallest(g);
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, most);
        tile_sums t = tile_sums_at(g, s, values, count * PACK_PANEL, row, end - row, column, width);
        tiles_rows[end - row][count](
            (const float *)g->a + row * g->lda + s.begin, g->lda, (const float *)g->panels + column, offsets + s.begin,
            s.length, t.from, t.ldf, t.to, t.ldt);
        if (t.to == values)
            finish_tile(
                g, s.last ? g->activation : PACK_ACTIVATION_NONE, values, count * PACK_PANEL, row, end - row, column,
                width);
    }
}

void PACK_KERNEL(gemm_rows_f32)(
    const pack_gemm *g, const size_t *offsets, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    size_t most = stretch_length(g, SHORT_STRETCH);
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, ROW_BLOCK);
        size_t begin = 0;
        do { // once even when k is 0
            stretch s = stretch_at(g, begin, most);
            for (size_t p = panel_begin, panels; p < panel_end; p += panels) {
                size_t wanted = wide_panels(tile_end(0, end - row, tallest(g)));
                panels = panel_end - p < wanted ? 1 : wanted;
                multiply_rows(g, offsets, s, row, end, p, panels);
            }
            begin += s.length;
        } while (begin < g->k);
    }
}
