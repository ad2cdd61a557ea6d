// Kernels for AVX2 with FMA and F16C.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../half.h"
#include "../internal.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define VW 8
#define PACK_KERNEL(family) pack_##family##_avx2
#include "../simd/vector.h"

PACK_INLINE vf v_half(const uint16_t *p) { return (vf)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }

// 16 registers: 12 sums, 2 of weights, 1 broadcast value.
#define MR 6
#define MR_ALIASED 6
#define STRETCH 768
#define NP_MOST 4
#define NP_TALL 1
#define TILE_UNROLL 4
#define TILES(X) X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1) X(1, 4) X(2, 2) X(3, 2)
PACK_INLINE size_t wide_panels(size_t rows) { return rows == 1 ? 4 : rows <= 3 ? 2 : 1; }

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

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
