// Weights into panels, at slim time.
#include <math.h>
#include <string.h>

#include "half.h"
#include "internal.h"

#pragma clang fp contract(off)

static size_t panels_bytes(size_t k, size_t n, size_t element) {
    size_t columns, bytes;
    if (__builtin_add_overflow(n, PACK_PANEL - 1, &columns)) return SIZE_MAX;
    columns -= columns % PACK_PANEL;
    if (__builtin_mul_overflow(columns, k, &bytes) || __builtin_mul_overflow(bytes, element, &bytes)) return SIZE_MAX;
    return bytes;
}

size_t pack_panels_bytes_f32(size_t k, size_t n) { return panels_bytes(k, n, 4); }

size_t pack_panels_bytes_f16(size_t k, size_t n) { return panels_bytes(k, n, 2); }

size_t pack_panels_bytes_s8(size_t k, size_t n) {
    return k > SIZE_MAX - 3 ? SIZE_MAX : panels_bytes(pack_round_up(k, 4), n, 1);
}

size_t pack_panels_bytes_s4(size_t k, size_t n) {
    // A group takes 272 bytes and its share of at most 48 more, for 512 weights.
    size_t most, columns;
    if (__builtin_mul_overflow(pack_groups(k), 272 + 48, &most)) return SIZE_MAX;
    if (__builtin_add_overflow(n, PACK_PANEL - 1, &columns)) return SIZE_MAX;
    return __builtin_mul_overflow(columns / PACK_PANEL, most, &most) ? SIZE_MAX : columns / PACK_PANEL * pack_panel_bytes_s4(k);
}

size_t pack_row_bytes_s4(size_t n) { return n > SIZE_MAX / 2 ? SIZE_MAX : pack_groups(n) * (PACK_GROUP / 2 + 1); }

/// One panel of `width` columns from `column` on, as f32. Square blocks keep both sides of a transposition in the cache.
static void panel_f32(
    const float *w, size_t ldw, int transposed, size_t k, size_t column, size_t width, float *panel) {
    if (!transposed) {
        for (size_t i = 0; i < k; i++) {
            float *to = panel + i * PACK_PANEL;
            memcpy(to, w + i * ldw + column, width * sizeof *to);
            memset(to + width, 0, (PACK_PANEL - width) * sizeof *to);
        }
        return;
    }
    if (width < PACK_PANEL) memset(panel, 0, k * PACK_PANEL * sizeof *panel);
    for (size_t i = 0; i < k; i += PACK_PANEL)
        for (size_t j = 0; j < width; j++) {
            const float *from = w + (column + j) * ldw;
            for (size_t l = i; l < pack_min(i + PACK_PANEL, k); l++) panel[l * PACK_PANEL + j] = from[l];
        }
}

void pack_panels_f32(const float *w, size_t ldw, int transposed, size_t k, size_t n, float *panels) {
    for (size_t column = 0; column < n; column += PACK_PANEL)
        panel_f32(w, ldw, transposed, k, column, pack_min(PACK_PANEL, n - column), panels + column * k);
}

/// Panels of values of 16 bits, which `narrow` makes of floats.
PACK_INLINE void panels_halves(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, uint16_t (*narrow)(float), uint16_t *panels) {
    for (size_t column = 0; column < n; column += PACK_PANEL)
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < PACK_PANEL; j++) {
                size_t at = column + j;
                float value = at >= n ? 0.0f : transposed ? w[at * ldw + i] : w[i * ldw + at];
                panels[column * k + i * PACK_PANEL + j] = narrow(value);
            }
}

void pack_panels_f16(const float *w, size_t ldw, int transposed, size_t k, size_t n, uint16_t *panels) {
    panels_halves(w, ldw, transposed, k, n, pack_half_of, panels);
}

void pack_panels_bf16(const float *w, size_t ldw, int transposed, size_t k, size_t n, uint16_t *panels) {
    panels_halves(w, ldw, transposed, k, n, pack_bfloat_of, panels);
}

void pack_f32_to_f16(const float *x, uint16_t *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = pack_half_of(x[i]);
}

void pack_f32_to_bf16(const float *x, uint16_t *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = pack_bfloat_of(x[i]);
}
