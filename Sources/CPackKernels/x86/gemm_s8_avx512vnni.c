// The product of unsigned 8-bit rows and signed 8-bit weights for AVX-512 VNNI: the instruction adds four byte products to
// a 32-bit sum without saturating on the way.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../internal.h"

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
PACK_INLINE size_t wide_panels(size_t rows) { return rows <= 3 ? 4 : rows <= 6 ? 2 : 1; }

typedef void (*tile_s8)(
    const uint8_t *a, size_t lda, const int8_t *panel, size_t panel_stride, size_t quads, int32_t *out, size_t ldo);

#define TILE_BODY(MROWS, NPANELS)                                                                                      \
    static void tile_s8_##MROWS##_##NPANELS(                                                                           \
        const uint8_t *restrict a, size_t lda, const int8_t *restrict panel, size_t panel_stride, size_t quads,        \
        int32_t *restrict out, size_t ldo) {                                                                           \
        __m512i sum[MROWS][NPANELS];                                                                                   \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < NPANELS; j++) sum[i][j] = _mm512_setzero_si512();                          \
        for (size_t q = 0; q < quads; q++) {                                                                           \
            __m512i w[NPANELS];                                                                                        \
            PACK_UNROLL for (int j = 0; j < NPANELS; j++)                                                              \
                w[j] = _mm512_load_si512(panel + (size_t)j * panel_stride + q * 64);                                   \
            PACK_UNROLL for (int j = 0; j < NPANELS; j++)                                                              \
                __builtin_prefetch(panel + (size_t)(NPANELS + j) * panel_stride + q * 64, 0, 2);                       \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                              \
                int32_t codes;                                                                                         \
                memcpy(&codes, a + (size_t)i * lda + q * 4, sizeof codes);                                             \
                __m512i x = _mm512_set1_epi32(codes);                                                                  \
                PACK_UNROLL for (int j = 0; j < NPANELS; j++) sum[i][j] = _mm512_dpbusd_epi32(sum[i][j], x, w[j]);     \
            }                                                                                                          \
        }                                                                                                              \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < NPANELS; j++)                                                              \
                _mm512_storeu_si512(out + (size_t)i * ldo + j * PACK_PANEL, sum[i][j]);                                \
    }
TILES(TILE_BODY)
#define TILE_POINTER(mr, np) [mr][np] = tile_s8_##mr##_##np,
static const tile_s8 tiles_s8[MR + 1][NP_MOST + 1] = {TILES(TILE_POINTER)};

#include "../simd/gemm_s8_blocks.h"

void pack_gemm_s8_avx512vnni(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    multiply_s8(g, row_begin, row_end, panel_begin, panel_end);
}

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
