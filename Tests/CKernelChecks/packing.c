#include "support.h"

static double half(uint16_t h) {
    int exponent = h >> 10 & 31, fraction = h & 1023;
    double value = exponent == 31 ? (fraction ? NAN : INFINITY)
        : exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return h >> 15 ? -value : value;
}

/// The neighbours of a rounded half must not be nearer, and an even one wins a tie.
static void check_half(float x, kernel_check *result) {
    uint16_t h;
    pack_f32_to_f16(&x, &h, 1);
    double found = half(h);
    if (isnan(x) ? !isnan(found) : fabs(x) >= 65520 ? fabs(found) != INFINITY : 0) fail(result, "half of %.9g", x);
    if (isnan(x) || fabs(x) >= 65520) return;
    double error = fabs(found - x);
    double up = (h & 0x7fff) == 0x7bff ? INFINITY : fabs(half((uint16_t)(h + 1)) - x);
    double down = h & 0x7fff ? fabs(half((uint16_t)(h - 1)) - x) : INFINITY;
    int even = !(h & 1);
    if (error > up || error > down || (!even && (error == up || error == down))) fail(result, "half of %.9g: %.9g", x, found);
    if (signbit(x) != (h >> 15)) fail(result, "sign of half of %.9g", x);
}

static void check_panels(size_t k, size_t n, sequence *s, kernel_check *result) {
    float *w = malloc(k * n * 4), *turned = malloc(k * n * 4);
    int8_t *codes = guarded(k * n), *again = guarded(k * n);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < n; j++) turned[j * k + i] = w[i * n + j] = next_value(s) * (float)(j + 1);
    float *scale = guarded(n * 4), *panels = guarded(pack_panels_bytes_f32(k, n)), *others = guarded(pack_panels_bytes_f32(k, n));
    uint16_t *halves = guarded(pack_panels_bytes_f16(k, n));
    int8_t *bytes = guarded(pack_panels_bytes_s8(k, n));
    int32_t *sum = guarded(n * 4);
    pack_panels_f32(w, n, 0, k, n, panels);
    pack_panels_f32(turned, k, 1, k, n, others);
    if (memcmp(panels, others, pack_panels_bytes_f32(k, n)) != 0) fail(result, "k %zu n %zu: transposed differs", k, n);
    pack_panels_f16(turned, k, 1, k, n, halves);
    pack_quantize_columns_s8(w, n, 0, k, n, codes, scale, sum);
    pack_quantize_columns_s8(turned, k, 1, k, n, again, scale, sum);
    if (memcmp(codes, again, k * n) != 0) fail(result, "k %zu n %zu: codes of transposed differ", k, n);
    pack_panels_s8(codes, k, 1, k, n, bytes);
    for (size_t j = 0; j < (n + 15) / 16 * 16; j++) {
        int32_t total = 0;
        for (size_t i = 0; i < (k + 3) / 4 * 4; i++) {
            size_t panel = j / 16 * 16;
            int8_t code = bytes[panel * ((k + 3) / 4 * 4) + i / 4 * 64 + j % 16 * 4 + i % 4];
            total += code;
            if (i >= k || j >= n) {
                if (code != 0) fail(result, "k %zu n %zu: padding", k, n);
                continue;
            }
            if (code != codes[j * k + i] || fabs(code * (double)scale[j] - w[i * n + j]) > 0.5001 * scale[j])
                fail(result, "k %zu n %zu: code", k, n);
            uint16_t h;
            pack_f32_to_f16(&w[i * n + j], &h, 1);
            if (halves[panel * k + i * 16 + j % 16] != h) fail(result, "k %zu n %zu: half", k, n);
            if (panels[panel * k + i * 16 + j % 16] != w[i * n + j]) fail(result, "k %zu n %zu: value", k, n);
        }
        if (j < n && total != sum[j]) fail(result, "k %zu n %zu: sum", k, n);
    }
    result->cases++;
    release(codes, result, "codes"), release(again, result, "codes"), release(scale, result, "scale");
    release(panels, result, "panels"), release(others, result, "panels"), release(halves, result, "halves");
    release(bytes, result, "bytes"), release(sum, result, "sum");
    free(w), free(turned);
}

void check_packing(kernel_check *result) {
    memset(result, 0, sizeof *result);
    sequence s = {91};
    for (size_t i = 0; i < 200000; i++) {
        uint32_t bits = next_bits(&s) ^ next_bits(&s) << 1;
        if (i % 2) bits = (bits & 0x807fffff) | (uint32_t)(100 + next_below(&s, 45)) << 23;
        if (i % 4 == 3) bits &= 0xfffff000; // ties
        float x;
        memcpy(&x, &bits, sizeof x);
        check_half(x, result);
    }
    for (size_t k = 1; k < 20; k++)
        for (size_t n = 1; n < 40; n += 3) check_panels(k, n, &s, result);
    check_panels(130, 70, &s, result);
    if (pack_panels_bytes_f32(SIZE_MAX / 8, 64) != SIZE_MAX || pack_panels_bytes_s8(SIZE_MAX - 1, 1) != SIZE_MAX
        || pack_attention_scratch(SIZE_MAX / 4, 64) != SIZE_MAX || pack_attention_scratch(64, SIZE_MAX - 3) != SIZE_MAX)
        fail(result, "sizes overflow");
}
