// Kernels for the vector instructions that every arm64 CPU has.
#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../half.h"
#include "../internal.h"

#define VW 4
#define PACK_KERNEL(family) pack_##family##_neon
#include "../simd/vector.h"

PACK_INLINE vf v_half(const uint16_t *p) {
    return (vf)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}

// 32 registers: 24 sums, 4 of weights, 1 broadcast value.
#define MR 6
#define MR_ALIASED 6
#define STRETCH 384
#define NP_MOST 2
#define NP_TALL 1
#define TILE_UNROLL 4
#define TILES(X) X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1) X(1, 2) X(2, 2)
PACK_INLINE size_t wide_panels(size_t rows) { return rows <= 2 ? 2 : 1; }

#include "../simd/math.h"
#include "../simd/gemm_common.h"
#include "../simd/gemm_tile.h"
#include "../simd/gemm_float.h"
#include "../simd/gemm_rows.h"
#include "../simd/rows.h"
#include "../simd/softmax_rows.h"
#include "../simd/softmax.h"
#include "../simd/elementwise.h"
#include "../simd/binary.h"
#include "../simd/attention.h"
#include "../simd/conv_rows.h"
#include "../simd/taps.h"

#else
typedef int pack_not_this_architecture;
#endif
