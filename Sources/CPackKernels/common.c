// What all variants share because they must agree on it.
#include "internal.h"

#pragma clang fp contract(off)

pack_row_code pack_row_code_for(float low, float high, int finite) {
    pack_row_code code = {0.0f, 0.0f, 0};
    if (!finite) {
        code.scale = __builtin_nanf("");
        return code;
    }
    float span = high - low;
    // Two finite values may lie further apart than the largest float; then the quotients are subtracted instead.
    code.scale = span <= 0x1.fffffep127f ? span / 255.0f : high / 255.0f - low / 255.0f;
    if (span < 1e-30f) {
        code.scale = 0.0f;
        return code;
    }
    code.inverse = 1.0f / code.scale;
    code.zero = (int32_t)((-low * code.inverse + 0x1.8p23f) - 0x1.8p23f);
    return code;
}

size_t pack_attention_scratch(size_t keys, size_t head_dim) {
    size_t columns, panels, tile, total;
    if (__builtin_add_overflow(keys, PACK_PANEL - 1, &columns)) return SIZE_MAX;
    columns -= columns % PACK_PANEL;
    if (head_dim > SIZE_MAX - PACK_PANEL) return SIZE_MAX;
    // Keys and values as panels, the mask, and the scores of PACK_ATTENTION_ROWS queries.
    size_t width = 2 * pack_round_up(head_dim, PACK_PANEL) ;
    if (width < head_dim || __builtin_mul_overflow(columns, width, &panels)) return SIZE_MAX;
    if (__builtin_mul_overflow(columns, (size_t)PACK_ATTENTION_ROWS + 1, &tile)) return SIZE_MAX;
    if (__builtin_add_overflow(panels, tile, &total) || total > SIZE_MAX / sizeof(float)) return SIZE_MAX;
    return total * sizeof(float);
}
