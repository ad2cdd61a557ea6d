// The tiles of the s4 products: rows of a times `groups` groups of a panel, whose sums, scales included, are added to what
// is in `sums`, PACK_PANEL a row.
typedef void (*tile_s4)(
    const uint8_t *a, size_t lda, const uint8_t *codes, const int8_t *scales, size_t groups, int32_t *sums);
