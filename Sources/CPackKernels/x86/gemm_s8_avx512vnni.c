// The product of unsigned 8-bit rows and signed 8-bit weights for AVX-512 VNNI: the instruction adds four byte products to
// a 32-bit sum without saturating on the way.
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

#define MR 12
#define NP_MOST 4
#define TILES(X)                                                                                                       \
    X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1) X(7, 1) X(8, 1) X(9, 1) X(10, 1) X(11, 1) X(12, 1)                 \
    X(1, 4) X(2, 4) X(3, 4) X(4, 2) X(5, 2) X(6, 2)
#define LARGE_TILES(X) X(7, 2) X(8, 2) X(9, 2) X(10, 2) X(11, 2) X(12, 2)
PACK_INLINE size_t wide_panels(size_t rows) { return rows <= 3 ? 4 : 2; }

typedef void (*tile_s8)(
    const uint8_t *a, size_t lda, const int8_t *panel, size_t panel_stride, size_t quads, int32_t *out, size_t ldo);

#define SEVERAL_TURNS
#define ONE_TURN _Pragma("clang loop unroll(disable)")
#define TILE_BODY(MROWS, NPANELS) TILE_FUNCTION(SEVERAL_TURNS, MROWS, NPANELS)
#define LARGE_TILE_BODY(MROWS, NPANELS) TILE_FUNCTION(ONE_TURN, MROWS, NPANELS)
#define TILE_FUNCTION(TURNS, MROWS, NPANELS)                                                                           \
    static void tile_s8_##MROWS##_##NPANELS(                                                                           \
        const uint8_t *restrict a, size_t lda, const int8_t *restrict panel, size_t panel_stride, size_t quads,        \
        int32_t *restrict out, size_t ldo) {                                                                           \
        __m512i sum[MROWS][NPANELS];                                                                                   \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < NPANELS; j++) sum[i][j] = _mm512_setzero_si512();                          \
        const uint8_t *rows[(MROWS + 2) / 3];                                                                          \
        PACK_UNROLL for (int i = 0; i < (MROWS + 2) / 3; i++) rows[i] = a + 3 * (size_t)i * lda;                       \
        TURNS for (size_t q = 0; q < quads; q++) {                                                                     \
            if (MROWS > 6) PACK_UNROLL for (int i = 0; i < (MROWS + 2) / 3; i++) KEEP_POINTER(rows[i]);                \
            __m512i w[NPANELS];                                                                                        \
            PACK_UNROLL for (int j = 0; j < NPANELS; j++)                                                              \
                w[j] = _mm512_load_si512(panel + (size_t)j * panel_stride + q * 64);                                   \
            PACK_UNROLL for (int j = 0; j < NPANELS; j++)                                                              \
                __builtin_prefetch(panel + (size_t)(NPANELS + j) * panel_stride + q * 64, 0, 2);                       \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                              \
                int32_t codes;                                                                                         \
                memcpy(&codes, rows[i / 3] + (size_t)(i % 3) * lda, sizeof codes);                                     \
                __m512i x = _mm512_set1_epi32(codes);                                                                  \
                if (MROWS > 6 && NPANELS > 1) KEEP_REGISTER(x);                                                        \
                PACK_UNROLL for (int j = 0; j < NPANELS; j++) sum[i][j] = _mm512_dpbusd_epi32(sum[i][j], x, w[j]);     \
            }                                                                                                          \
            PACK_UNROLL for (int i = 0; i < (MROWS + 2) / 3; i++) rows[i] += 4;                                        \
        }                                                                                                              \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < NPANELS; j++)                                                              \
                _mm512_storeu_si512(out + (size_t)i * ldo + j * PACK_PANEL, sum[i][j]);                                \
    }
TILES(TILE_BODY)
LARGE_TILES(LARGE_TILE_BODY)
#define TILE_POINTER(mr, np) [mr][np] = tile_s8_##mr##_##np,
static const tile_s8 tiles_s8[MR + 1][NP_MOST + 1] = {TILES(TILE_POINTER) LARGE_TILES(TILE_POINTER)};

#include "../simd/gemm_s8_blocks.h"

void pack_gemm_s8_avx512vnni(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    multiply_s8(g, row_begin, row_end, panel_begin, panel_end, tiles_s8, MR);
}

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
