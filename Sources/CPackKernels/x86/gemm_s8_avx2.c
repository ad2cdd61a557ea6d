// The product of unsigned 8-bit rows and signed 8-bit weights for AVX2, exact over the whole range of both.
//
// The instruction that multiplies bytes adds pairs of products in 16 bits and saturates. Bounded weights can't make it, and
// the sums of a run of PACK_RUN_LENGTH k fit 16 bits too, so that only these are widened. Other weights and their rows are
// widened to 16 bits first and multiplied in pairs. Of a quadruple of k, bytes 0 and 2 make one pair ("even") and bytes 1 and
// 3 the other ("odd"): that split takes one shift each. Rows are widened once for all panels; a panel's stretch once for all
// tiles of a block of rows, unless there is only one tile.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../internal.h"
#include "gemm_s8_avx2.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define VW 8
#include "../simd/vector.h"
#include "../simd/math.h"
#include "../simd/gemm_common.h"
#define CODE_SHIFT 0
#include "../simd/gemm_s8_finish.h"

enum {
    WIDE_MR = 6,                    // most rows of a tile of widened weights
    DIRECT_MR = 4,                  // most rows of a tile that widens the weights itself
    ROW_BYTES = 128 * 1024,         // for widened rows
    QUADS = 128,                    // of a stretch of widened weights, 16 KiB
    MOST_ROWS = 96,
};

/// Widened rows of a tile: for each quadruple of k and each row the even pair, then the odd pair.
static void widen_rows(const uint8_t *a, size_t lda, size_t rows, size_t quads, uint64_t *wide) {
    for (size_t i = 0; i < rows; i++)
        for (size_t q = 0; q < quads; q++) {
            uint32_t codes;
            memcpy(&codes, a + i * lda + q * 4, sizeof codes);
            uint64_t even = codes & 0x00ff00ff, odd = codes >> 8 & 0x00ff00ff;
            wide[q * rows + i] = even | odd << 32;
        }
}

typedef struct {
    __m256i even, odd;
} widened;

PACK_INLINE widened widen(const int8_t *bytes) {
    __m256i w = _mm256_load_si256((const __m256i *)bytes);
    return (widened){_mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8), _mm256_srai_epi16(w, 8)};
}

/// Asks for the same stretch of the next panel, `stride` bytes on, on the way.
static void widen_panel(const int8_t *panel, size_t stride, size_t quads, int16_t *wide) {
    for (size_t q = 0; q < quads; q++) {
        __builtin_prefetch(panel + stride + q * 64, 0, 2);
        widened low = widen(panel + q * 64), high = widen(panel + q * 64 + 32);
        __m256i *to = (__m256i *)(wide + q * 64);
        _mm256_store_si256(to, low.even);
        _mm256_store_si256(to + 1, high.even);
        _mm256_store_si256(to + 2, low.odd);
        _mm256_store_si256(to + 3, high.odd);
    }
}

PACK_INLINE __m256i pair(const uint64_t *rows, size_t at, int odd) {
    int32_t codes;
    memcpy(&codes, (const char *)(rows + at) + 4 * odd, sizeof codes);
    return _mm256_set1_epi32(codes);
}

PACK_INLINE __m256i multiply_add(__m256i sum, __m256i a, __m256i b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

typedef void (*tile_wide)(const uint64_t *rows, const void *weights, size_t quads, int32_t *sums, int go_on);

#define LOAD_SUMS(MROWS)                                                                                               \
    __m256i sum[MROWS][2];                                                                                             \
    PACK_UNROLL for (int i = 0; i < MROWS; i++) PACK_UNROLL for (int j = 0; j < 2; j++) sum[i][j] =                    \
        go_on ? _mm256_loadu_si256((const __m256i *)(sums + i * PACK_PANEL + j * 8)) : _mm256_setzero_si256();
#define STORE_SUMS(MROWS)                                                                                              \
    PACK_UNROLL for (int i = 0; i < MROWS; i++) PACK_UNROLL for (int j = 0; j < 2; j++)                                \
        _mm256_storeu_si256((__m256i *)(sums + i * PACK_PANEL + j * 8), sum[i][j]);

#define TILE_WIDE(MROWS)                                                                                               \
    static void tile_wide_##MROWS(                                                                                     \
        const uint64_t *restrict rows, const void *restrict weights, size_t quads, int32_t *restrict sums, int go_on) { \
        const __m256i *w = weights;                                                                                    \
        LOAD_SUMS(MROWS)                                                                                               \
        for (size_t q = 0; q < quads; q++, rows += MROWS)                                                              \
            PACK_UNROLL for (int odd = 0; odd < 2; odd++, w += 2) {                                                    \
                __m256i low = _mm256_load_si256(w), high = _mm256_load_si256(w + 1);                                   \
                PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                          \
                    __m256i a = pair(rows, (size_t)i, odd);                                                            \
                    sum[i][0] = multiply_add(sum[i][0], a, low);                                                       \
                    sum[i][1] = multiply_add(sum[i][1], a, high);                                                      \
                }                                                                                                      \
            }                                                                                                          \
        STORE_SUMS(MROWS)                                                                                              \
    }

#define TILE_DIRECT(MROWS)                                                                                             \
    static void tile_direct_##MROWS(                                                                                   \
        const uint64_t *restrict rows, const void *restrict weights, size_t quads, int32_t *restrict sums, int go_on) { \
        const int8_t *w = weights;                                                                                     \
        LOAD_SUMS(MROWS)                                                                                               \
        for (size_t q = 0; q < quads; q++, rows += MROWS, w += 64) {                                                   \
            widened low = widen(w), high = widen(w + 32);                                                              \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                              \
                __m256i even = pair(rows, (size_t)i, 0), odd = pair(rows, (size_t)i, 1);                               \
                sum[i][0] = multiply_add(multiply_add(sum[i][0], even, low.even), odd, low.odd);                       \
                sum[i][1] = multiply_add(multiply_add(sum[i][1], even, high.even), odd, high.odd);                     \
            }                                                                                                          \
        }                                                                                                              \
        STORE_SUMS(MROWS)                                                                                              \
    }

TILE_WIDE(1) TILE_WIDE(2) TILE_WIDE(3) TILE_WIDE(4) TILE_WIDE(5) TILE_WIDE(6)
TILE_DIRECT(1) TILE_DIRECT(2) TILE_DIRECT(3) TILE_DIRECT(4)
static const tile_wide wide_tiles[WIDE_MR + 1] = {
    0, tile_wide_1, tile_wide_2, tile_wide_3, tile_wide_4, tile_wide_5, tile_wide_6};
static const tile_wide direct_tiles[DIRECT_MR + 1] = {0, tile_direct_1, tile_direct_2, tile_direct_3, tile_direct_4};

/// One panel for a block of rows that fits one direct tile.
static void multiply_direct(
    const pack_gemm *g, const uint64_t *rows, size_t row, size_t height, const int8_t *panel, size_t quads, size_t column) {
    int32_t sums[DIRECT_MR * PACK_PANEL] __attribute__((aligned(64)));
    direct_tiles[height](rows, panel, quads, sums, 0);
    finish_sums(g, sums, PACK_PANEL, row, height, column, pack_min(PACK_PANEL, g->n - column));
}

/// One panel for a block of rows of several tiles.
static void multiply_wide(
    const pack_gemm *g, const uint64_t *rows, size_t row, size_t row_end, const int8_t *panel, size_t quads,
    size_t column) {
    int32_t sums[MOST_ROWS * PACK_PANEL] __attribute__((aligned(64)));
    int16_t wide[QUADS * 64] __attribute__((aligned(64)));
    size_t at = 0;
    do {
        size_t length = pack_min(QUADS, quads - at);
        widen_panel(panel + at * 64, quads * 64, length, wide);
        for (size_t i = row, end; i < row_end; i = end) {
            end = tile_end(i, row_end, WIDE_MR);
            const uint64_t *tile = rows + (i - row) * quads + at * (end - i);
            wide_tiles[end - i](tile, wide, length, sums + (i - row) * PACK_PANEL, at > 0);
        }
        at += length;
    } while (at < quads);
    finish_sums(g, sums, PACK_PANEL, row, row_end - row, column, pack_min(PACK_PANEL, g->n - column));
}

static void multiply_widened(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    uint64_t wide[ROW_BYTES / sizeof(uint64_t)];
    size_t quads = (g->k + 3) / 4, most = quads ? ROW_BYTES / sizeof *wide / quads : MOST_ROWS;
    if (most == 0) return; // deeper than PACK_MAX_K_S8
    most = pack_min(most, MOST_ROWS);
    if (most > WIDE_MR) most -= most % WIDE_MR;
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, most);
        for (size_t i = row, next; i < end; i = next) {
            next = end - row <= DIRECT_MR ? end : tile_end(i, end, WIDE_MR);
            widen_rows((const uint8_t *)g->a + i * g->lda, g->lda, next - i, quads, wide + (i - row) * quads);
        }
        for (size_t p = panel_begin; p < panel_end; p++) {
            const int8_t *panel = (const int8_t *)g->panels + p * quads * 64;
            if (end - row <= DIRECT_MR)
                multiply_direct(g, wide, row, end - row, panel, quads, p * PACK_PANEL);
            else
                multiply_wide(g, wide, row, end, panel, quads, p * PACK_PANEL);
        }
    }
}

// Bounded weights: 3 rows, whose sums of 16 and of 32 bits are all in registers.

#define MR PACK_TILE_ROWS_S8_AVX2
#define NP_MOST 1
#define BOUNDED_MR 3
PACK_INLINE size_t wide_panels(size_t rows) { return rows ? 1 : 1; }
typedef pack_tile_s8_avx2 tile_s8;

/// The products of one quadruple, added to those before in its run.
#define QUADRUPLE(MROWS, is_first)                                                                                     \
    {                                                                                                                  \
        __m256i low = _mm256_load_si256((const __m256i *)panel), high = _mm256_load_si256((const __m256i *)panel + 1); \
        PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                                  \
            int32_t codes;                                                                                             \
            memcpy(&codes, a + (size_t)i * lda, sizeof codes);                                                         \
            __m256i x = _mm256_set1_epi32(codes);                                                                      \
            __m256i products[2] = {_mm256_maddubs_epi16(x, low), _mm256_maddubs_epi16(x, high)};                       \
            PACK_UNROLL for (int j = 0; j < 2; j++)                                                                    \
                run[i][j] = is_first ? products[j] : _mm256_add_epi16(run[i][j], products[j]);                         \
        }                                                                                                              \
        a += 4, panel += 64;                                                                                           \
    }
#define END_RUN(MROWS)                                                                                                 \
    PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                        \
        PACK_UNROLL for (int j = 0; j < 2; j++)                                                                        \
            sum[i][j] = multiply_add(sum[i][j], run[i][j], _mm256_set1_epi16(1));
#define TILE_BOUNDED(MROWS)                                                                                            \
    static void tile_bounded_##MROWS(                                                                                  \
        const uint8_t *restrict a, size_t lda, const int8_t *restrict panel, size_t panel_stride, size_t quads,        \
        int32_t *restrict out, size_t ldo) {                                                                           \
        __m256i sum[MROWS][2], run[MROWS][2];                                                                          \
        PACK_UNROLL for (int i = 0; i < MROWS; i++) sum[i][0] = sum[i][1] = _mm256_setzero_si256();                    \
        for (; quads >= PACK_RUN_LENGTH / 4; quads -= PACK_RUN_LENGTH / 4) {                                           \
            if (panel_stride > 0)                                                                                      \
                PACK_UNROLL for (int q = 0; q < PACK_RUN_LENGTH / 4; q++)                                              \
                    __builtin_prefetch(panel + panel_stride + q * 64, 0, 2);                                           \
            PACK_UNROLL for (int q = 0; q < PACK_RUN_LENGTH / 4; q++) QUADRUPLE(MROWS, q == 0)                         \
            END_RUN(MROWS)                                                                                             \
        }                                                                                                              \
        for (; quads > 0; quads--) {                                                                                   \
            QUADRUPLE(MROWS, 1)                                                                                        \
            END_RUN(MROWS)                                                                                             \
        }                                                                                                              \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < 2; j++)                                                                    \
                _mm256_storeu_si256((__m256i *)(out + (size_t)i * ldo + j * 8), sum[i][j]);                            \
    }
TILE_BOUNDED(1) TILE_BOUNDED(2) TILE_BOUNDED(3)
static const tile_s8 bounded_tiles[BOUNDED_MR + 1][NP_MOST + 1] = {
    [1][1] = tile_bounded_1, [2][1] = tile_bounded_2, [3][1] = tile_bounded_3};

#include "../simd/gemm_s8_blocks.h"

void pack_multiply_s8_avx2(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end,
    const pack_tile_s8_avx2 (*tiles)[2], size_t most_tile) {
    multiply_s8(g, row_begin, row_end, panel_begin, panel_end, tiles, most_tile);
}

void pack_gemm_s8_avx2(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    if (g->bounded)
        pack_multiply_s8_avx2(g, row_begin, row_end, panel_begin, panel_end, bounded_tiles, BOUNDED_MR);
    else
        multiply_widened(g, row_begin, row_end, panel_begin, panel_end);
}

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
