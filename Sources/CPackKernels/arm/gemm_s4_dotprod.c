#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../internal.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

PACK_INLINE int32x4_t group_sums(const int8x16_t codes[2], const int8x16_t w[8]) {
    int32x4_t sum = vdupq_n_s32(0);
    sum = vdotq_laneq_s32(sum, w[0], codes[0], 0), sum = vdotq_laneq_s32(sum, w[1], codes[0], 1);
    sum = vdotq_laneq_s32(sum, w[2], codes[0], 2), sum = vdotq_laneq_s32(sum, w[3], codes[0], 3);
    sum = vdotq_laneq_s32(sum, w[4], codes[1], 0), sum = vdotq_laneq_s32(sum, w[5], codes[1], 1);
    sum = vdotq_laneq_s32(sum, w[6], codes[1], 2), sum = vdotq_laneq_s32(sum, w[7], codes[1], 3);
    return sum;
}

#include "gemm_s4.h"

void pack_gemm_s4_dotprod(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    multiply_s4(g, row_begin, row_end, panel_begin, panel_end, tiles_s4, direct_s4);
}

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
