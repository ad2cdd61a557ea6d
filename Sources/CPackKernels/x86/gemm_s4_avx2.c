// The product of unsigned 8-bit rows and 4-bit weights in groups for AVX2. Codes of 4 bits times codes of 8 leave room: the
// instruction that adds two byte products to 16 bits takes a whole group (16 * 255 * 8 < 2^15) before anything is widened, and
// the one that widens multiplies by the group's scale.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../internal.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define VW 8
#include "../simd/vector.h"
#include "../simd/math.h"
#include "../simd/gemm_common.h"
#define CODE_SHIFT 0
#include "../simd/gemm_s8_finish.h"

PACK_INLINE __m256i add_products(__m256i sum, __m256i a, __m256i w) {
    return _mm256_add_epi16(sum, _mm256_maddubs_epi16(a, w));
}

/// Each of 16 scales twice as 16 bits: columns 0 … 7, then 8 … 15.
PACK_INLINE void load_scales(const int8_t *scales, __m256i wide[2]) {
    __m256i each = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)scales));
    each = _mm256_permute4x64_epi64(each, 0xd8);
    wide[0] = _mm256_unpacklo_epi16(each, each);
    wide[1] = _mm256_unpackhi_epi16(each, each);
}

/// The sums of a group, times its scales, to those before.
PACK_INLINE void add_group(int32_t *sums, __m256i low, __m256i high, const __m256i scale[2]) {
    __m256i *to = (__m256i *)sums;
    _mm256_store_si256(to, _mm256_add_epi32(_mm256_load_si256(to), _mm256_madd_epi16(low, scale[0])));
    _mm256_store_si256(to + 1, _mm256_add_epi32(_mm256_load_si256(to + 1), _mm256_madd_epi16(high, scale[1])));
}

#define SPLIT_TURNS PACK_UNROLL
#include "gemm_s4_256.h"

PACK_INLINE void split_group(const uint8_t *from, int8_t *to) {
    PACK_UNROLL for (int i = 0; i < 8; i++) {
        __m256i bytes = _mm256_load_si256((const __m256i *)from + i);
        _mm256_store_si256((__m256i *)to + i, low_codes(bytes));
        _mm256_store_si256((__m256i *)to + 8 + i, high_codes(bytes));
    }
}

#include "../simd/gemm_s4_blocks.h"

void pack_multiply_s4_avx2(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end, const tile_s4 *tiles,
    const tile_s4 *direct) {
    multiply_s4(g, row_begin, row_end, panel_begin, panel_end, tiles, direct);
}

void pack_gemm_s4_avx2(const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end) {
    pack_multiply_s4_avx2(g, row_begin, row_end, panel_begin, panel_end, tiles_s4, direct_s4);
}

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
