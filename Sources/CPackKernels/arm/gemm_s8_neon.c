#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../internal.h"

/// Products of signed bytes, two of which fit a 16-bit sum exactly (2 * 128 * 127 < 2^15), then pairs to 32 bits.
PACK_INLINE int32x4_t multiply_quads(int32x4_t sum, int8x16_t codes, int8x16_t weights) {
    int16x8_t low = vmull_s8(vget_low_s8(codes), vget_low_s8(weights)), high = vmull_high_s8(codes, weights);
    return vpadalq_s16(sum, vpaddq_s16(low, high));
}

#define MULTIPLY_QUADS(sum, codes, weights, lane)                                                                      \
    multiply_quads(sum, vreinterpretq_s8_s32(vdupq_laneq_s32(vreinterpretq_s32_s8(codes), lane)), weights)
#include "gemm_s8.h"

void pack_gemm_s8_neon(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    multiply_s8(g, row_begin, row_end, panel_begin, panel_end, tiles_s8, MR);
}

#else
typedef int pack_not_this_architecture;
#endif
