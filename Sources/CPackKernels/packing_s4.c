// Weights as 4-bit codes in groups, at slim time.
#include <string.h>

#include "internal.h"
#include "quantize.h"
#include "simd/quantize_s4.h"

#pragma clang fp contract(off)

void pack_quantize_groups_s4(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int8_t *codes, int8_t *group_scale,
    float *column_scale, int32_t *column_sum) {
#if defined(__x86_64__)
    if (pack_can_quantize_avx2())
        return pack_quantize_groups_s4_avx2(
            w, ldw, transposed, k, n, codes, group_scale, column_scale, column_sum);
#endif
    quantize_groups(w, ldw, transposed, k, n, codes, group_scale, column_scale, column_sum);
}

void pack_panels_s4(const int8_t *codes, const int8_t *group_scale, size_t k, size_t n, uint8_t *panels) {
    size_t groups = pack_groups(k), bytes = pack_panel_bytes_s4(k);
    for (size_t first = 0; first < n; first += PACK_PANEL) {
        uint8_t *panel = panels + first / PACK_PANEL * bytes, *scales = panel + groups * 256;
        memset(panel, 0x88, groups * 256);
        memset(scales, 0, bytes - groups * 256);
        for (size_t c = 0; c < pack_min(PACK_PANEL, n - first); c++)
            for (size_t g = 0; g < groups; g++) {
                const int8_t *from = codes + ((first + c) * groups + g) * PACK_GROUP;
                for (size_t i = 0; i < PACK_GROUP / 2; i++)
                    panel[g * 256 + i / 4 * 64 + c * 4 + i % 4] =
                        (uint8_t)((from[i] + 8) | (from[i + PACK_GROUP / 2] + 8) << 4);
                scales[g * PACK_PANEL + c] = (uint8_t)group_scale[(first + c) * groups + g];
            }
    }
}

void pack_row_s4(const int8_t *codes, const int8_t *group_scale, size_t n, uint8_t *row) {
    size_t groups = pack_groups(n);
    for (size_t g = 0; g < groups; g++, codes += PACK_GROUP)
        for (size_t i = 0; i < PACK_GROUP / 2; i++)
            row[g * (PACK_GROUP / 2) + i] = (uint8_t)((codes[i] + 8) | (codes[i + PACK_GROUP / 2] + 8) << 4);
    memcpy(row + groups * (PACK_GROUP / 2), group_scale, groups);
}
