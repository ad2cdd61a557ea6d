// Codes of weights on 256-bit registers, at slim time.
#if defined(__x86_64__)
#include "../probe.h"
#include "../quantize.h"

int pack_can_quantize_avx2(void) {
    static int known; // 1, -1, or 0 as long as nobody has looked
    int is = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (is) return is > 0;
    int can = pack_probe() >> PACK_ISA_avx2 & 1;
    __atomic_store_n(&known, can ? 1 : -1, __ATOMIC_RELAXED);
    return can;
}

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "../simd/quantize_s4.h"
#include "../simd/quantize_s8.h"

void pack_quantize_bounded_s8_avx2(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int limit, int8_t *codes, float *column_scale,
    int32_t *column_sum) {
    quantize_bounded(w, ldw, transposed, k, n, limit, codes, column_scale, column_sum);
}

void pack_quantize_groups_s4_avx2(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int8_t *codes, int8_t *group_scale,
    float *column_scale, int32_t *column_sum) {
    quantize_groups(w, ldw, transposed, k, n, codes, group_scale, column_scale, column_sum);
}

#pragma clang attribute pop
#else
typedef int pack_not_this_architecture;
#endif
