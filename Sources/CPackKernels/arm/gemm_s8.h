// The s8 products of arm64 that take one row at a time. Codes become signed by subtracting 128 (flipping the top bit); 128 times
// the sum of a column's weights makes up for it at the end. The including file defines MULTIPLY_QUADS(sum, codes, weights,
// lane): four columns' sums plus the products of their quadruples with quadruple `lane` of 16 codes.

#define VW 4
#include "../simd/vector.h"
#include "../simd/math.h"
#include "../simd/gemm_common.h"
#define CODE_SHIFT 128
#include "../simd/gemm_s8_finish.h"

#define MR 4
#define NP_MOST 1
#define TILES(X) X(1, 1) X(2, 1) X(3, 1) X(4, 1)
PACK_INLINE size_t wide_panels(size_t rows) { return rows ? 1 : 1; }

typedef void (*tile_s8)(
    const uint8_t *a, size_t lda, const int8_t *panel, size_t panel_stride, size_t quads, int32_t *out, size_t ldo);

/// 16 codes, or as many quadruples as are left and zeros, as signed bytes.
PACK_INLINE int8x16_t signed_codes(const uint8_t *a, size_t quads) {
    uint8x16_t codes;
    if (quads >= 4) {
        codes = vld1q_u8(a);
    } else {
        uint8_t rest[16] = {0};
        memcpy(rest, a, quads * 4);
        codes = vld1q_u8(rest);
    }
    return vreinterpretq_s8_u8(veorq_u8(codes, vdupq_n_u8(0x80)));
}

#define QUADRUPLE(MROWS, lane)                                                                                         \
    {                                                                                                                  \
        int8x16_t w[4];                                                                                                \
        PACK_UNROLL for (int j = 0; j < 4; j++) w[j] = vld1q_s8(panel + lane * 64 + j * 16);                           \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < 4; j++) sum[i][j] = MULTIPLY_QUADS(sum[i][j], codes[i], w[j], lane);       \
    }

#define TILE_BODY(MROWS, NPANELS)                                                                                      \
    static void tile_s8_##MROWS##_##NPANELS(                                                                           \
        const uint8_t *restrict a, size_t lda, const int8_t *restrict panel, size_t panel_stride, size_t quads,        \
        int32_t *restrict out, size_t ldo) {                                                                           \
        (void)panel_stride;                                                                                            \
        int32x4_t sum[MROWS][4];                                                                                       \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < 4; j++) sum[i][j] = vdupq_n_s32(0);                                        \
        int8x16_t codes[MROWS];                                                                                        \
        for (; quads >= 4; quads -= 4, a += 16, panel += 256) {                                                        \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) codes[i] = signed_codes(a + (size_t)i * lda, 4);               \
            QUADRUPLE(MROWS, 0) QUADRUPLE(MROWS, 1) QUADRUPLE(MROWS, 2) QUADRUPLE(MROWS, 3)                            \
        }                                                                                                              \
        if (quads > 0) {                                                                                               \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) codes[i] = signed_codes(a + (size_t)i * lda, quads);           \
            QUADRUPLE(MROWS, 0)                                                                                        \
            if (quads > 1) QUADRUPLE(MROWS, 1)                                                                         \
            if (quads > 2) QUADRUPLE(MROWS, 2)                                                                         \
        }                                                                                                              \
        PACK_UNROLL for (int i = 0; i < MROWS; i++)                                                                    \
            PACK_UNROLL for (int j = 0; j < 4; j++) vst1q_s32(out + (size_t)i * ldo + j * 4, sum[i][j]);               \
    }
TILES(TILE_BODY)
#define TILE_POINTER(mr, np) [mr][np] = tile_s8_##mr##_##np,
static const tile_s8 tiles_s8[MR + 1][NP_MOST + 1] = {TILES(TILE_POINTER)};

#include "../simd/gemm_s8_blocks.h"
