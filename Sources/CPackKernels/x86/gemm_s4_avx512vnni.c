// The product of unsigned 8-bit rows and 4-bit weights in groups for AVX-512 VNNI. A group's sum fits 16 bits, because the codes
// of one sign add up to PACK_GROUP_SUM at most: so the 16-bit dot product multiplies it by the group's scale and adds it on.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../internal.h"
#include "registers.h"

#pragma clang attribute push(                                                                                          \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"), min_vector_width(512))),     \
    apply_to = function)

#define VW 16
#include "../simd/vector.h"
#include "../simd/math.h"
#include "../simd/gemm_common.h"
#define CODE_SHIFT 0
#include "../simd/gemm_s8_finish.h"
#include "../simd/gemm_s4_tile.h"

// 32 registers: 12 sums of a group, 12 in all, weights, codes and scales. Two panels share the loads of codes of rows: with one,
// those take as long as the multiplications.
#define MR 6
#define DIRECT_MR 4

PACK_INLINE __m512i low_codes(__m512i bytes) {
    return _mm512_sub_epi8(_mm512_and_si512(bytes, _mm512_set1_epi8(15)), _mm512_set1_epi8(8));
}

PACK_INLINE __m512i high_codes(__m512i bytes) { return low_codes(_mm512_srli_epi16(bytes, 4)); }

PACK_INLINE void split_group(const uint8_t *from, int8_t *to) {
    PACK_UNROLL for (int i = 0; i < 4; i++) {
        __m512i bytes = _mm512_load_si512((const __m512i *)from + i);
        _mm512_store_si512((__m512i *)to + i, low_codes(bytes));
        _mm512_store_si512((__m512i *)to + 4 + i, high_codes(bytes));
    }
}

PACK_INLINE __m512i quadruple(const uint8_t *a) {
    int32_t codes;
    memcpy(&codes, a, sizeof codes);
    return _mm512_set1_epi32(codes);
}

/// The scale of each column in the lower 16 bits, zero above: what lies there in the sums is only their sign.
PACK_INLINE __m512i load_scales(const int8_t *scales) {
    __m512i each = _mm512_cvtepi8_epi32(_mm_load_si128((const __m128i *)scales));
    return _mm512_and_si512(each, _mm512_set1_epi32(0xffff));
}

#define SPLIT(at) _mm512_load_si512((const __m512i *)codes + (at))
#define PACKED(q) ((q) < 4 ? low_codes(SPLIT((q) % 4)) : high_codes(SPLIT((q) % 4)))

#define TILE(NAME, MROWS, CODES, BYTES)                                                                                \
    static void NAME##_##MROWS(                                                                                        \
        const uint8_t *restrict a, size_t lda, const uint8_t *restrict codes, const int8_t *restrict scales,           \
        size_t groups, int32_t *restrict sums) {                                                                       \
        __m512i total[MROWS];                                                                                          \
        PACK_UNROLL for (int i = 0; i < MROWS; i++) total[i] = _mm512_load_si512(sums + i * PACK_PANEL);               \
        for (; groups > 0; groups--, a += PACK_GROUP, codes += BYTES, scales += PACK_PANEL) {                          \
            __m512i sum[MROWS], scale = load_scales(scales);                                                           \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) sum[i] = _mm512_setzero_si512();                               \
            PACK_UNROLL for (int q = 0; q < 8; q++) {                                                                  \
                __m512i w = CODES(q);                                                                                  \
                PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                            \
                    sum[i] = _mm512_dpbusd_epi32(sum[i], quadruple(a + (size_t)i * lda + q * 4), w);                   \
            }                                                                                                          \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) total[i] = _mm512_dpwssd_epi32(total[i], sum[i], scale);       \
        }                                                                                                              \
        PACK_UNROLL for (int i = 0; i < MROWS; i++) _mm512_store_si512(sums + i * PACK_PANEL, total[i]);               \
    }
#define TILE_SPLIT(MROWS) TILE(tile_s4, MROWS, SPLIT, 512)
#define TILE_DIRECT(MROWS) TILE(direct_s4, MROWS, PACKED, 256)
TILE_SPLIT(1) TILE_SPLIT(2) TILE_SPLIT(3) TILE_SPLIT(4) TILE_SPLIT(5) TILE_SPLIT(6)
TILE_DIRECT(1) TILE_DIRECT(2) TILE_DIRECT(3) TILE_DIRECT(4)

static const tile_s4 tiles_s4[MR + 1] = {0, tile_s4_1, tile_s4_2, tile_s4_3, tile_s4_4, tile_s4_5, tile_s4_6};
static const tile_s4 direct_s4[DIRECT_MR + 1] = {
    0, direct_s4_1, direct_s4_2, direct_s4_3, direct_s4_4};

#include "../simd/gemm_s4_blocks.h"

/// Groups of two panels that are split at once, 16 KiB of codes.
#define PAIR_STRETCH 16
#define PAIR_CODES (PAIR_STRETCH * PACK_GROUP * PACK_PANEL)

/// Split codes of the second panel lie PAIR_CODES on, its scales `stride`.
#define PAIR(MROWS)                                                                                                    \
    static void pair_s4_##MROWS(                                                                                       \
        const uint8_t *restrict a, size_t lda, const int8_t *restrict codes, const int8_t *restrict scales,            \
        size_t stride, size_t groups, int32_t *restrict sums) {                                                        \
        __m512i total[MROWS][2];                                                                                       \
        PACK_UNROLL for (int i = 0; i < 2 * MROWS; i++)                                                                \
            total[i / 2][i % 2] = _mm512_load_si512(sums + i * PACK_PANEL);                                            \
        for (; groups > 0; groups--, a += PACK_GROUP, codes += 512, scales += PACK_PANEL) {                            \
            __m512i sum[MROWS][2];                                                                                     \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) sum[i][0] = sum[i][1] = _mm512_setzero_si512();                \
            PACK_UNROLL for (int q = 0; q < 8; q++) {                                                                  \
                __m512i first = SPLIT(q), second = SPLIT(q + PAIR_CODES / 64);                                         \
                PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                          \
                    __m512i x = quadruple(a + (size_t)i * lda + q * 4);                                                \
                    KEEP_REGISTER(x);                                                                                  \
                    sum[i][0] = _mm512_dpbusd_epi32(sum[i][0], x, first);                                              \
                    sum[i][1] = _mm512_dpbusd_epi32(sum[i][1], x, second);                                             \
                }                                                                                                      \
            }                                                                                                          \
            __m512i first = load_scales(scales), second = load_scales(scales + stride);                                \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                              \
                total[i][0] = _mm512_dpwssd_epi32(total[i][0], sum[i][0], first);                                      \
                total[i][1] = _mm512_dpwssd_epi32(total[i][1], sum[i][1], second);                                     \
            }                                                                                                          \
        }                                                                                                              \
        PACK_UNROLL for (int i = 0; i < 2 * MROWS; i++)                                                                \
            _mm512_store_si512(sums + i * PACK_PANEL, total[i / 2][i % 2]);                                            \
    }
PAIR(1) PAIR(2) PAIR(3) PAIR(4) PAIR(5) PAIR(6)

typedef void (*tile_pair)(
    const uint8_t *a, size_t lda, const int8_t *codes, const int8_t *scales, size_t stride, size_t groups, int32_t *sums);
static const tile_pair pairs_s4[MR + 1] = {0, pair_s4_1, pair_s4_2, pair_s4_3, pair_s4_4, pair_s4_5, pair_s4_6};

/// Two panels for rows row ..< end.
PACK_OUTLINE void multiply_pair_s4(
    const pack_gemm *g, size_t row, size_t end, const uint8_t *panel, size_t panel_bytes, size_t column) {
    int32_t sums[S4_ROWS * 2 * PACK_PANEL] __attribute__((aligned(64)));
    int8_t split[2 * PAIR_CODES] __attribute__((aligned(64)));
    size_t groups = pack_groups(g->k), width = pack_min(2 * PACK_PANEL, g->n - column);
    const int8_t *scales = (const int8_t *)panel + groups * 256;
    const uint8_t *a = (const uint8_t *)g->a + row * g->lda;
    memset(sums, 0, (end - row) * 2 * PACK_PANEL * sizeof *sums);
    for (size_t at = 0, length; at < groups; at += length) {
        length = pack_min(PAIR_STRETCH, groups - at);
        for (size_t i = 0; i < 2 * length; i++) {
            const uint8_t *from = panel + i % 2 * panel_bytes + (at + i / 2) * 256;
            PACK_UNROLL for (size_t line = 0; line < 256; line += 64)
                __builtin_prefetch(from + 2 * panel_bytes + line, 0, 2);
            split_group(from, split + i % 2 * PAIR_CODES + i / 2 * PACK_GROUP * PACK_PANEL);
        }
        for (size_t i = row, next; i < end; i = next) {
            next = tile_end(i, end, MR);
            if (at == 0) ask_for_results(g, i, next, column, width);
            pairs_s4[next - i](
                a + (i - row) * g->lda + at * PACK_GROUP, g->lda, split, scales + at * PACK_PANEL, panel_bytes, length,
                sums + (i - row) * 2 * PACK_PANEL);
        }
    }
    finish_sums(g, sums, 2 * PACK_PANEL, row, end - row, column, width);
}

void pack_gemm_s4_avx512vnni(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    size_t bytes = pack_panel_bytes_s4(g->k);
    for (size_t row = row_begin, end; row < row_end; row = end) {
        end = tile_end(row, row_end, S4_ROWS);
        size_t p = panel_begin;
        if (end - row > DIRECT_MR)
            for (; p + 2 <= panel_end; p += 2)
                multiply_pair_s4(g, row, end, (const uint8_t *)g->panels + p * bytes, bytes, p * PACK_PANEL);
        multiply_s4(g, row, end, p, panel_end, tiles_s4, direct_s4);
    }
}

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
