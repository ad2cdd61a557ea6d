// Weights as 8-bit codes, at slim time.
#include <math.h>
#include <string.h>

#include "internal.h"
#include "quantize.h"
#include "simd/quantize_s8.h"

#pragma clang fp contract(off)

void pack_panels_s8(const int8_t *codes, size_t ldw, int transposed, size_t k, size_t n, int8_t *panels) {
    memset(panels, 0, pack_panels_bytes_s8(k, n));
    size_t padded = pack_round_up(k, 4);
    for (size_t first = 0; first < n; first += PACK_PANEL, panels += PACK_PANEL * padded) {
        size_t count = pack_min(PACK_PANEL, n - first);
        if (transposed) {
            for (size_t j = 0; j < count; j++) {
                const int8_t *from = codes + (first + j) * ldw;
                for (size_t i = 0; i < k; i += 4) memcpy(panels + i * 16 + j * 4, from + i, pack_min(4, k - i));
            }
        } else {
            for (size_t i = 0; i < k; i++) {
                int8_t *to = panels + i / 4 * 64 + i % 4;
                for (size_t j = 0; j < count; j++) to[j * 4] = codes[i * ldw + first + j];
            }
        }
    }
}

void pack_quantize_columns_s8(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int limit, int8_t *codes, float *column_scale,
    int32_t *column_sum) {
    size_t along = transposed ? 1 : ldw, across = transposed ? ldw : 1;
    float top = (float)limit;
    for (size_t column = 0; column < n; column++) {
        const float *from = w + column * across;
        float most = 0;
        for (size_t i = 0; i < k; i++) most = fmaxf(most, fabsf(from[i * along]));
        float scale = most / top;
        int32_t sum = 0;
        for (size_t i = 0; i < k; i++) {
            float ratio = scale > 0 ? from[i * along] / scale : 0.0f;
            ratio = ratio > top ? top : ratio < -top ? -top : ratio == ratio ? ratio : 0.0f;
            int32_t code = (int32_t)((ratio + 0x1.8p23f) - 0x1.8p23f);
            codes[column * k + i] = (int8_t)code;
            sum += code;
        }
        column_scale[column] = scale;
        column_sum[column] = sum;
    }
}

void pack_quantize_bounded_s8(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int limit, int8_t *codes, float *column_scale,
    int32_t *column_sum) {
#if defined(__x86_64__)
    if (pack_can_quantize_avx2())
        return pack_quantize_bounded_s8_avx2(w, ldw, transposed, k, n, limit, codes, column_scale, column_sum);
#endif
    quantize_bounded(w, ldw, transposed, k, n, limit, codes, column_scale, column_sum);
}
