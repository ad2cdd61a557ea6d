// The product of unsigned 8-bit rows and 4-bit weights in groups for AVX-VNNI: tiles as for AVX-512 VNNI, of half the width.
// Rows, panels and results are walked as for AVX2.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../internal.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)

PACK_INLINE __m256i add_products(__m256i sum, __m256i a, __m256i w) { return _mm256_dpbusd_avx_epi32(sum, a, w); }

/// The scale of each column in the lower 16 bits, zero above: what lies there in the sums is only their sign.
PACK_INLINE void load_scales(const int8_t *scales, __m256i wide[2]) {
    __m128i each = _mm_load_si128((const __m128i *)scales);
    __m256i mask = _mm256_set1_epi32(0xffff);
    wide[0] = _mm256_and_si256(_mm256_cvtepi8_epi32(each), mask);
    wide[1] = _mm256_and_si256(_mm256_cvtepi8_epi32(_mm_srli_si128(each, 8)), mask);
}

PACK_INLINE void add_group(int32_t *sums, __m256i low, __m256i high, const __m256i scale[2]) {
    __m256i *to = (__m256i *)sums;
    _mm256_store_si256(to, _mm256_dpwssd_avx_epi32(_mm256_load_si256(to), low, scale[0]));
    _mm256_store_si256(to + 1, _mm256_dpwssd_avx_epi32(_mm256_load_si256(to + 1), high, scale[1]));
}

// Written out they would be eight times as long, and hardly faster: a turn has one product an instruction.
#define SPLIT_TURNS _Pragma("clang loop unroll(disable)")
#include "gemm_s4_256.h"

void pack_gemm_s4_avxvnni(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    pack_multiply_s4_avx2(g, row_begin, row_end, panel_begin, panel_end, tiles_s4, direct_s4);
}

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
