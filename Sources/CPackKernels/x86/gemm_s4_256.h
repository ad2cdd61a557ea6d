// Tiles of s4 products on 256-bit registers. The file of an instruction set defines
//   add_products(sum, x, w)              the sums of a group so far, and those of another quadruple,
//   load_scales(scales, wide)            16 scales as add_group takes them,
//   add_group(sums, low, high, scale)    a group's sums of columns 0 … 7 and 8 … 15, times its scales, to those before,
//   SPLIT_TURNS                          how the loop over the quadruples of a group of split codes is unrolled.
#include "../simd/gemm_s4_tile.h"

/// The whole product by tiles[rows] from split codes, direct[rows] from packed ones.
void pack_multiply_s4_avx2(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end, const tile_s4 *tiles,
    const tile_s4 *direct);

// 16 registers: 12 sums of a group, 2 of weights, 1 of codes, 1 product.
#define MR 6
#define DIRECT_MR 4

PACK_INLINE __m256i low_codes(__m256i bytes) {
    return _mm256_sub_epi8(_mm256_and_si256(bytes, _mm256_set1_epi8(15)), _mm256_set1_epi8(8));
}

PACK_INLINE __m256i high_codes(__m256i bytes) { return low_codes(_mm256_srli_epi16(bytes, 4)); }

PACK_INLINE __m256i quadruple(const uint8_t *a) {
    int32_t codes;
    memcpy(&codes, a, sizeof codes);
    return _mm256_set1_epi32(codes);
}

// A group with the codes of quadruple q at w(q): columns 0 … 7, then 8 … 15.
#define GROUP(TURNS, MROWS, LOW, HIGH)                                                                                 \
    __m256i sum[MROWS][2], scale[2];                                                                                   \
    PACK_UNROLL for (int i = 0; i < MROWS; i++) sum[i][0] = sum[i][1] = _mm256_setzero_si256();                        \
    TURNS for (int q = 0; q < 8; q++) {                                                                                \
        __m256i low = LOW(q), high = HIGH(q);                                                                          \
        PACK_UNROLL for (int i = 0; i < MROWS; i++) {                                                                  \
            __m256i x = quadruple(a + (size_t)i * lda + q * 4);                                                        \
            sum[i][0] = add_products(sum[i][0], x, low);                                                               \
            sum[i][1] = add_products(sum[i][1], x, high);                                                              \
        }                                                                                                              \
    }                                                                                                                  \
    load_scales(scales, scale);                                                                                        \
    PACK_UNROLL for (int i = 0; i < MROWS; i++) add_group(sums + i * PACK_PANEL, sum[i][0], sum[i][1], scale);

#define SPLIT(at) _mm256_load_si256((const __m256i *)codes + (at))
#define SPLIT_LOW(q) SPLIT((q) * 2)
#define SPLIT_HIGH(q) SPLIT((q) * 2 + 1)
#define PACKED(q, half)                                                                                                \
    ((q) < 4 ? low_codes(SPLIT((q) % 4 * 2 + half)) : high_codes(SPLIT((q) % 4 * 2 + half)))
#define PACKED_LOW(q) PACKED(q, 0)
#define PACKED_HIGH(q) PACKED(q, 1)

#define TILE(NAME, TURNS, MROWS, LOW, HIGH, BYTES)                                                                     \
    static void NAME##_##MROWS(                                                                                        \
        const uint8_t *restrict a, size_t lda, const uint8_t *restrict codes, const int8_t *restrict scales,           \
        size_t groups, int32_t *restrict sums) {                                                                       \
        for (; groups > 0; groups--, a += PACK_GROUP, codes += BYTES, scales += PACK_PANEL) {                          \
            GROUP(TURNS, MROWS, LOW, HIGH)                                                                             \
        }                                                                                                              \
    }
#define TILE_SPLIT(MROWS) TILE(tile_s4, SPLIT_TURNS, MROWS, SPLIT_LOW, SPLIT_HIGH, 512)
#define TILE_DIRECT(MROWS) TILE(direct_s4, PACK_UNROLL, MROWS, PACKED_LOW, PACKED_HIGH, 256)
TILE_SPLIT(1) TILE_SPLIT(2) TILE_SPLIT(3) TILE_SPLIT(4) TILE_SPLIT(5) TILE_SPLIT(6)
TILE_DIRECT(1) TILE_DIRECT(2) TILE_DIRECT(3) TILE_DIRECT(4)

static const tile_s4 tiles_s4[MR + 1] = {
    0, tile_s4_1, tile_s4_2, tile_s4_3, tile_s4_4, tile_s4_5, tile_s4_6};
static const tile_s4 direct_s4[DIRECT_MR + 1] = {
    0, direct_s4_1, direct_s4_2, direct_s4_3, direct_s4_4};
