#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../internal.h"

/// The 16-bit sums of all eight products of a lane are exact: 8 * 128 * 8 < 2^15.
PACK_INLINE int32x4_t group_sums(const int8x16_t codes[2], const int8x16_t w[8]) {
    int16x8_t low = vdupq_n_s16(0), high = low;
    PACK_UNROLL for (int q = 0; q < 8; q++) {
        int32x4_t four = vreinterpretq_s32_s8(codes[q / 4]);
        int32x4_t same = q % 4 == 0 ? vdupq_laneq_s32(four, 0) : q % 4 == 1 ? vdupq_laneq_s32(four, 1)
            : q % 4 == 2 ? vdupq_laneq_s32(four, 2) : vdupq_laneq_s32(four, 3);
        int8x16_t x = vreinterpretq_s8_s32(same);
        low = vmlal_s8(low, vget_low_s8(x), vget_low_s8(w[q]));
        high = vmlal_high_s8(high, x, w[q]);
    }
    return vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high));
}

#include "gemm_s4.h"

void pack_gemm_s4_neon(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    multiply_s4(g, row_begin, row_end, panel_begin, panel_end, tiles_s4, direct_s4);
}

#else
typedef int pack_not_this_architecture;
#endif
