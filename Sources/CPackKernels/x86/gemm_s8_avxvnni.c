// The product of unsigned 8-bit rows and signed 8-bit weights for AVX-VNNI: four byte products are added to a 32-bit sum without
// saturating on the way, on CPUs without AVX-512 too. Rows, panels and results are walked as for AVX2.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "gemm_s8_avx2.h"
#include "registers.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)

// 16 registers: 12 sums, 2 of weights, 1 of codes.
#define TILES(X) X(1) X(2) X(3) X(4) X(5) X(6)

#define TILE_BODY(MROWS)                                                                                               \
    static void tile_##MROWS(                                                                                          \
        const uint8_t *restrict a, size_t lda, const int8_t *restrict panel, size_t panel_stride, size_t quads,        \
        int32_t *restrict out, size_t ldo) {                                                                           \
        __m256i sum[MROWS][2];                                                                                         \
        PACK_UNROLL for (int i = 0; i < MROWS; i++) sum[i][0] = sum[i][1] = _mm256_setzero_si256();                    \
        _Pragma("clang loop unroll(disable)") for (; quads > 0; quads--, a += 4, panel += 64) {                        \
            __m256i low = _mm256_load_si256((const __m256i *)panel), high = _mm256_load_si256((const __m256i *)panel + 1); \
            __builtin_prefetch(panel + panel_stride, 0, 2);                                                            \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                              \
                int32_t codes;                                                                                         \
                memcpy(&codes, a + (size_t)i * lda, sizeof codes);                                                     \
                __m256i x = _mm256_set1_epi32(codes);                                                                  \
                KEEP_REGISTER(x);                                                                                      \
                sum[i][0] = _mm256_dpbusd_avx_epi32(sum[i][0], x, low);                                                \
                sum[i][1] = _mm256_dpbusd_avx_epi32(sum[i][1], x, high);                                               \
            }                                                                                                          \
        }                                                                                                              \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < 2; j++)                                                                    \
                _mm256_storeu_si256((__m256i *)(out + (size_t)i * ldo + j * 8), sum[i][j]);                            \
    }
TILES(TILE_BODY)
#define TILE_POINTER(rows) [rows][1] = tile_##rows,
static const pack_tile_s8_avx2 tiles[PACK_TILE_ROWS_S8_AVX2 + 1][2] = {TILES(TILE_POINTER)};

void pack_gemm_s8_avxvnni(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    pack_multiply_s8_avx2(g, row_begin, row_end, panel_begin, panel_end, tiles, PACK_TILE_ROWS_S8_AVX2);
}

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
