// The walk over rows and panels of the s4 products. The file of an instruction set defines
//   MR, DIRECT_MR          rows of a tile at most; with at most DIRECT_MR rows codes are split as they are read,
//   split_group(from, to)  256 bytes of a group as 512 codes, the quadruples of s8 panels,
// and gives its tiles[rows] from split codes, and direct[rows] from packed ones.

enum {
    S4_ROWS = 96,       // whose sums wait while the stretches of a panel pass
    S4_STRETCH = 32,    // groups that are split at once, 16 KiB of codes
};

/// One panel for rows row ..< end.
PACK_OUTLINE void multiply_panel_s4(
    const pack_gemm *g, size_t row, size_t end, const uint8_t *panel, size_t panel_bytes, size_t column,
    const tile_s4 *tiles, const tile_s4 *direct) {
    int32_t sums[S4_ROWS * PACK_PANEL] __attribute__((aligned(64)));
    int8_t split[S4_STRETCH * PACK_GROUP * PACK_PANEL] __attribute__((aligned(64)));
    size_t groups = pack_groups(g->k), width = pack_min(PACK_PANEL, g->n - column);
    const int8_t *scales = (const int8_t *)panel + groups * 256;
    const uint8_t *a = (const uint8_t *)g->a + row * g->lda;
    memset(sums, 0, (end - row) * PACK_PANEL * sizeof *sums);
    if (end - row <= DIRECT_MR) {
        direct[end - row](a, g->lda, panel, scales, groups, sums);
        return finish_sums(g, sums, PACK_PANEL, row, end - row, column, width);
    }
    for (size_t at = 0, length; at < groups; at += length) {
        length = pack_min(S4_STRETCH, groups - at);
        for (size_t i = 0; i < length; i++) {
            const uint8_t *from = panel + (at + i) * 256;
            PACK_UNROLL for (size_t line = 0; line < 256; line += 64) __builtin_prefetch(from + panel_bytes + line, 0, 2);
            split_group(from, split + i * PACK_GROUP * PACK_PANEL);
        }
        for (size_t i = row, next; i < end; i = next) {
            next = tile_end(i, end, MR);
            tiles[next - i](
                a + (i - row) * g->lda + at * PACK_GROUP, g->lda, (const uint8_t *)split, scales + at * PACK_PANEL, length,
                sums + (i - row) * PACK_PANEL);
        }
    }
    finish_sums(g, sums, PACK_PANEL, row, end - row, column, width);
}

PACK_INLINE void multiply_s4(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end, const tile_s4 *tiles,
    const tile_s4 *direct) {
    size_t bytes = pack_panel_bytes_s4(g->k);
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, S4_ROWS);
        for (size_t p = panel_begin; p < panel_end; p++)
            multiply_panel_s4(
                g, row, end, (const uint8_t *)g->panels + p * bytes, bytes, p * PACK_PANEL, tiles, direct);
    }
}
