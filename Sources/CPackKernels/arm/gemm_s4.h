// The two products of arm64 with 4-bit weights in groups. Activation codes become signed by subtracting 128; 128 times the
// sum of a column's weights makes up for it at the end. The including file defines group_sums(codes, w, sum): for four columns,
// whose 8 quadruples of weights lie at w[0], w[4], …, the sums of a group.

#define VW 4
#include "../simd/vector.h"
#include "../simd/math.h"
#include "../simd/gemm_common.h"
#define CODE_SHIFT 128
#include "../simd/gemm_s8_finish.h"
#include "../simd/gemm_s4_tile.h"

#define MR 4
#define DIRECT_MR 0

PACK_INLINE void split_group(const uint8_t *from, int8_t *to) {
    int8x16_t eight = vdupq_n_s8(8);
    for (int i = 0; i < 16; i++) {
        uint8x16_t bytes = vld1q_u8(from + i * 16);
        vst1q_s8(to + i * 16, vsubq_s8(vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15))), eight));
        vst1q_s8(to + 256 + i * 16, vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4)), eight));
    }
}

PACK_INLINE int8x16_t signed_codes(const uint8_t *a) {
    return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(a), vdupq_n_u8(0x80)));
}

#define TILE(MROWS)                                                                                                    \
    static void tile_s4_##MROWS(                                                                                       \
        const uint8_t *restrict a, size_t lda, const uint8_t *restrict split, const int8_t *restrict scales,           \
        size_t groups, int32_t *restrict sums) {                                                                       \
        for (; groups > 0; groups--, a += PACK_GROUP, split += 512, scales += PACK_PANEL) {                            \
            int8x16_t codes[MROWS][2];                                                                                 \
            PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                              \
                codes[i][0] = signed_codes(a + (size_t)i * lda);                                                       \
                codes[i][1] = signed_codes(a + (size_t)i * lda + 16);                                                  \
            }                                                                                                          \
            for (int c = 0; c < 4; c++) {                                                                              \
                int8x16_t w[8];                                                                                        \
                PACK_UNROLL for (int q = 0; q < 8; q++) w[q] = vld1q_s8((const int8_t *)split + q * 64 + c * 16);      \
                int8_t four[8] = {scales[c * 4], scales[c * 4 + 1], scales[c * 4 + 2], scales[c * 4 + 3]};             \
                int32x4_t scale = vmovl_s16(vget_low_s16(vmovl_s8(vld1_s8(four))));                                    \
                PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                          \
                    int32_t *to = sums + i * PACK_PANEL + c * 4;                                                       \
                    vst1q_s32(to, vmlaq_s32(vld1q_s32(to), group_sums(codes[i], w), scale));                           \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }
TILE(1) TILE(2) TILE(3) TILE(4)
static const tile_s4 tiles_s4[MR + 1] = {
    0, tile_s4_1, tile_s4_2, tile_s4_3, tile_s4_4};
static const tile_s4 direct_s4[DIRECT_MR + 1] = {0};

#include "../simd/gemm_s4_blocks.h"
