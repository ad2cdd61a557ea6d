// What the s8 products on 256-bit registers share.
#pragma once
#include "../internal.h"

/// Rows of a tile at most.
#define PACK_TILE_ROWS_S8_AVX2 6

/// Exact sums of a tile of rows, of `quads` quadruples of codes each, and one panel; row i of them is at out + i * ldo.
typedef void (*pack_tile_s8_avx2)(
    const uint8_t *a, size_t lda, const int8_t *panel, size_t panel_stride, size_t quads, int32_t *out, size_t ldo);

/// The whole product by tiles[rows][1], for 1 to `most_tile` rows.
void pack_multiply_s8_avx2(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end,
    const pack_tile_s8_avx2 (*tiles)[2], size_t most_tile);
