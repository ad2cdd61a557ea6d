// What the searches for codes of weights are compiled to besides baseline code.
#pragma once
#include "internal.h"

#if defined(__x86_64__)
/// Whether this CPU can run what follows; quick when asked again.
int pack_can_quantize_avx2(void);

/// pack_quantize_bounded_s8.
void pack_quantize_bounded_s8_avx2(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int limit, int8_t *codes, float *column_scale,
    int32_t *column_sum);

/// pack_quantize_groups_s4.
void pack_quantize_groups_s4_avx2(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int8_t *codes, int8_t *group_scale,
    float *column_scale, int32_t *column_sum);
#endif
