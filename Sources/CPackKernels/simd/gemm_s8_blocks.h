// The walk over rows and panels of the s8 products whose tiles read codes and weights as they are stored. The file of an
// instruction set defines NP_MOST and wide_panels(rows), and gives its tiles[rows][panels] for up to MR rows. A tile of one panel
// may ask for what lies a stride on, for the next one; it gets 0 where another tile has done so.

/// Rows whose codes stay in the second-level cache while all panels pass over them.
PACK_INLINE size_t rows_at_once(size_t k) {
    size_t rows = k ? 256 * 1024 / k : MR;
    return rows < MR ? MR : rows;
}

/// `most_tile`: rows of the largest tile, at most MR.
PACK_INLINE void multiply_s8(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end,
    const tile_s8 (*tiles)[NP_MOST + 1], size_t most_tile) {
    int32_t sums[MR * NP_MOST * PACK_PANEL] __attribute__((aligned(64)));
    size_t quads = (g->k + 3) / 4, stride = quads * 64, most = rows_at_once(g->k);
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, most);
        size_t wide = wide_panels(tile_end(0, end - row, most_tile));
        for (size_t p = panel_begin, panels; p < panel_end; p += panels) {
            panels = panel_end - p < wide ? 1 : wide;
            size_t column = p * PACK_PANEL, width = pack_min(panels * PACK_PANEL, g->n - column);
            const int8_t *weights = (const int8_t *)g->panels + p * stride;
            for (size_t i = row, next; i < end; i = next) {
                next = tile_end(i, end, most_tile);
                const uint8_t *a = (const uint8_t *)g->a + i * g->lda;
                ask_for_results(g, i, next, column, width);
                size_t ahead = i == row || NP_MOST > 1 ? stride : 0;
                tiles[next - i][panels](a, g->lda, weights, ahead, quads, sums, panels * PACK_PANEL);
                finish_sums(g, sums, panels * PACK_PANEL, i, next - i, column, width);
            }
        }
    }
}
