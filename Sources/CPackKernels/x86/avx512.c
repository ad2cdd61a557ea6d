// Kernels for AVX-512 (F, BW, DQ, VL).
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../half.h"
#include "../internal.h"
#include "registers.h"

#pragma clang attribute push(                                                                                          \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"), min_vector_width(512))),                \
    apply_to = function)

#define VW 16
#define PACK_KERNEL(family) pack_##family##_avx512
#include "../simd/vector.h"

PACK_INLINE vf v_half(const uint16_t *p) { return (vf)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }

// Two panels a tile: with one, the loads of its rows' values would take longer than the multiplications. Few rows take
// several panels at once, for as many sums as hide the latency of an addition.
#define MR 12
#define MR_ALIASED 7
#define STRETCH 384
#define NP_MOST 4
#define NP_TALL 2
#define TILE_UNROLL 2
#define TILES(X)                                                                                                       \
    X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1) X(7, 1) X(8, 1) X(9, 1) X(10, 1) X(11, 1) X(12, 1)                 \
    X(1, 4) X(2, 4) X(3, 4) X(4, 2) X(5, 2) X(6, 2)
#define LARGE_TILES(X) X(7, 2) X(8, 2) X(9, 2) X(10, 2) X(11, 2) X(12, 2)
PACK_INLINE size_t wide_panels(size_t rows) { return rows <= 3 ? 4 : 2; }

#include "../simd/math.h"
#include "../simd/gemm_common.h"
#include "../simd/gemm_tile.h"
#include "../simd/gemm_float.h"
#include "../simd/gemm_rows.h"
#include "../simd/softmax_rows.h"
#include "../simd/elementwise.h"
#include "../simd/attention.h"
#include "../simd/conv_rows.h"
#include "../simd/taps.h"

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
