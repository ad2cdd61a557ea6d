#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../internal.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define MULTIPLY_QUADS(sum, codes, weights, lane) vdotq_laneq_s32(sum, weights, codes, lane)
#include "gemm_s8.h"

void pack_gemm_s8_dotprod(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    multiply_s8(g, row_begin, row_end, panel_begin, panel_end, tiles_s8, MR);
}

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
