#pragma once
// Shared by the kernels' own files.
#include "pack_kernels.h"

#if defined(__x86_64__)
#define PACK_ARCH_x86_64 1
#elif defined(__aarch64__)
#define PACK_ARCH_arm64 1
#endif

#define PACK_INLINE static inline __attribute__((always_inline))
#define PACK_OUTLINE static __attribute__((noinline))
#define PACK_UNROLL _Pragma("clang loop unroll(full)")
/// Before a loop over what a vector loop left: it is short, and need not be made fast.
#define PACK_REST _Pragma("clang loop vectorize(disable) unroll(disable)")

PACK_INLINE size_t pack_min(size_t a, size_t b) { return a < b ? a : b; }
PACK_INLINE size_t pack_round_up(size_t value, size_t step) { return (value + step - 1) / step * step; }

/// Groups of a s4 matrix of depth k.
PACK_INLINE size_t pack_groups(size_t k) { return k / PACK_GROUP + (k % PACK_GROUP != 0); }
/// Bytes of a s4 panel.
PACK_INLINE size_t pack_panel_bytes_s4(size_t k) { return pack_round_up(pack_groups(k) * (256 + PACK_PANEL), 64); }

/// Queries whose scores an attention kernel holds at once, at most.
#define PACK_ATTENTION_ROWS 24

/// Whether entry i of a mask is valid.
PACK_INLINE int pack_mask_valid(uint32_t type, const void *mask, size_t i) {
    switch (type) {
    case PACK_MASK_U8: return ((const uint8_t *)mask)[i] != 0;
    case PACK_MASK_I64: return ((const int64_t *)mask)[i] != 0;
    case PACK_MASK_F32: return ((const float *)mask)[i] != 0.0f;
    default: return 1;
    }
}

/// How many keys, from the first one on, a query may see.
PACK_INLINE size_t pack_attention_limit(const pack_attention *t, size_t row) {
    size_t own = t->before + row;
    return !t->causal || own < row || own >= t->keys ? t->keys : own + 1;
}

/// The first key that the mask marks; `keys` if there is none.
PACK_INLINE size_t pack_attention_first(const pack_attention *t) {
    size_t j = 0;
    while (j < t->keys && !pack_mask_valid(t->mask_type, t->mask, j)) j++;
    return j;
}

/// What is added to the score of a key, for a query that may see `limit` keys and sees one of them, or none (`blind`).
PACK_INLINE float pack_attention_addend(const pack_attention *t, size_t j, size_t limit, int blind) {
    int how = !pack_mask_valid(t->mask_type, t->mask, j) + 2 * (j >= limit);
    if (how == 0) return 0.0f;
    return blind ? t->hidden[how - 1] : -__builtin_inff();
}

/// Scale, its inverse and zero of a row that spans low … high (low <= 0 <= high, both finite). One function for every
/// variant, because all must agree to the bit.
typedef struct {
    float scale, inverse;
    int32_t zero;
} pack_row_code;
pack_row_code pack_row_code_for(float low, float high, int finite);

// Every kernel of this architecture, declared from the list.
#define PACK_DECLARE_KERNEL(family, isa, arch) extern PACK_TYPE_OF(family) pack_##family##_##isa;
#define PACK_TYPE_OF(family) __typeof__(*((pack_kernels *)0)->family)
PACK_KERNELS_ANY(PACK_DECLARE_KERNEL)
#if defined(__x86_64__)
PACK_KERNELS_X86(PACK_DECLARE_KERNEL)
#elif defined(__aarch64__)
PACK_KERNELS_ARM(PACK_DECLARE_KERNEL)
#endif

/// A kernel of the list; function is NULL for another architecture and where the link left it out.
typedef struct {
    pack_any_kernel function;
    uint8_t family, isa;
} pack_slot;
const pack_slot *pack_slots(size_t *count);
