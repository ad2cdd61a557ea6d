// The product of unsigned 8-bit rows and signed 8-bit weights for FEAT_I8MM: one instruction adds the products of two rows and
// two columns, eight deep. Two quadruples of the shared panels, zipped, are the eight codes of two columns.
#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../internal.h"

#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)

#define VW 4
#include "../simd/vector.h"
#include "../simd/math.h"
#include "../simd/gemm_common.h"
#define CODE_SHIFT 128
#include "../simd/gemm_s8_finish.h"

// 24 registers of sums, three of codes, four of weights.
#define MR 6
#define NP_MOST 1
#define TILES(X) X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1)
PACK_INLINE size_t wide_panels(size_t rows) { return rows ? 1 : 1; }

typedef void (*tile_s8)(
    const uint8_t *a, size_t lda, const int8_t *panel, size_t panel_stride, size_t quads, int32_t *out, size_t ldo);

/// Eight codes of each of two rows, or one quadruple of each and zeros, as signed bytes.
PACK_INLINE int8x16_t pair_codes(const uint8_t *first, const uint8_t *second, size_t quads) {
    uint64_t rows[2] = {0, 0};
    memcpy(rows, first, quads > 1 ? 8 : 4), memcpy(rows + 1, second, quads > 1 ? 8 : 4);
    uint8x16_t codes = vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(rows[0]), vcreate_u64(rows[1])));
    return vreinterpretq_s8_u8(veorq_u8(codes, vdupq_n_u8(0x80)));
}

PACK_INLINE int8x16_t zip_columns(int8x16_t first, int8x16_t second, int high) {
    int32x4_t a = vreinterpretq_s32_s8(first), b = vreinterpretq_s32_s8(second);
    return vreinterpretq_s8_s32(high ? vzip2q_s32(a, b) : vzip1q_s32(a, b));
}

/// Two quadruples of every row, or the last one, times those of the weights. Of an odd number of rows the last one stands for its
/// missing neighbour.
#define EIGHT(MROWS, quads)                                                                                            \
    {                                                                                                                  \
        int8x16_t pair[(MROWS + 1) / 2];                                                                               \
        PACK_UNROLL for (int p = 0; p < (MROWS + 1) / 2; p++) {                                                        \
            const uint8_t *first = a + 2 * (size_t)p * lda;                                                            \
            pair[p] = pair_codes(first, 2 * p + 1 < MROWS ? first + lda : first, quads);                               \
        }                                                                                                              \
        PACK_UNROLL for (int j = 0; j < 4; j++) {                                                                      \
            int8x16_t first = vld1q_s8(panel + j * 16);                                                                \
            int8x16_t second = quads > 1 ? vld1q_s8(panel + 64 + j * 16) : vdupq_n_s8(0);                              \
            int8x16_t low = zip_columns(first, second, 0), high = zip_columns(first, second, 1);                       \
            PACK_UNROLL for (int p = 0; p < (MROWS + 1) / 2; p++) {                                                    \
                sum[p][2 * j] = vmmlaq_s32(sum[p][2 * j], pair[p], low);                                               \
                sum[p][2 * j + 1] = vmmlaq_s32(sum[p][2 * j + 1], pair[p], high);                                      \
            }                                                                                                          \
        }                                                                                                              \
    }

/// Two columns of two rows become four columns of each row.
#define STORE(MROWS, i, take)                                                                                          \
    if ((i) < MROWS)                                                                                                   \
    PACK_UNROLL for (int j = 0; j < 4; j++) {                                                                          \
        int64x2_t left = vreinterpretq_s64_s32(sum[(i) / 2][2 * j]);                                                   \
        int64x2_t right = vreinterpretq_s64_s32(sum[(i) / 2][2 * j + 1]);                                              \
        vst1q_s32(out + (size_t)(i) * ldo + j * 4, vreinterpretq_s32_s64(take(left, right)));                          \
    }

#define TILE_BODY(MROWS, NPANELS)                                                                                      \
    static void tile_s8_##MROWS##_##NPANELS(                                                                           \
        const uint8_t *restrict a, size_t lda, const int8_t *restrict panel, size_t panel_stride, size_t quads,        \
        int32_t *restrict out, size_t ldo) {                                                                           \
        (void)panel_stride;                                                                                            \
        int32x4_t sum[(MROWS + 1) / 2][8];                                                                             \
        PACK_UNROLL for (int p = 0; p < (MROWS + 1) / 2; p++)                                                          \
            PACK_UNROLL for (int j = 0; j < 8; j++) sum[p][j] = vdupq_n_s32(0);                                        \
        for (; quads >= 2; quads -= 2, a += 8, panel += 128) EIGHT(MROWS, 2)                                           \
        if (quads > 0) EIGHT(MROWS, 1)                                                                                 \
        PACK_UNROLL for (int i = 0; i < MROWS; i += 2) {                                                               \
            STORE(MROWS, i, vzip1q_s64)                                                                                \
            STORE(MROWS, i + 1, vzip2q_s64)                                                                            \
        }                                                                                                              \
    }
TILES(TILE_BODY)
#define TILE_POINTER(mr, np) [mr][np] = tile_s8_##mr##_##np,
static const tile_s8 tiles_s8[MR + 1][NP_MOST + 1] = {TILES(TILE_POINTER)};

#include "../simd/gemm_s8_blocks.h"

void pack_gemm_s8_i8mm(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    multiply_s8(g, row_begin, row_end, panel_begin, panel_end, tiles_s8, MR);
}

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
