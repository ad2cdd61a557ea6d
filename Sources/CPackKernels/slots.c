// The functions of the list, in its order. In a prunable build they are weak slots that the link line ties or leaves null, and
// those of other architectures are left out.
#include "internal.h"

#if defined(PACK_PRUNABLE)
#define PACK_SLOT_SYMBOL(family, isa) pack_kslot_##family##_##isa
#define PACK_DECLARE_SLOT(family, isa, arch)                                                                           \
    extern __attribute__((weak)) PACK_TYPE_OF(family) PACK_SLOT_SYMBOL(family, isa);
PACK_KERNELS_ANY(PACK_DECLARE_SLOT)
#if defined(__x86_64__)
PACK_KERNELS_X86(PACK_DECLARE_SLOT)
#elif defined(__aarch64__)
PACK_KERNELS_ARM(PACK_DECLARE_SLOT)
#endif
#else
#define PACK_SLOT_SYMBOL(family, isa) pack_##family##_##isa
#endif

#define PACK_SLOT(family, isa, arch)                                                                                   \
    {(pack_any_kernel)PACK_SLOT_SYMBOL(family, isa), PACK_FAMILY_##family, PACK_ISA_##isa},
#define PACK_NO_SLOT(family, isa, arch) {0, PACK_FAMILY_##family, PACK_ISA_##isa},

static const pack_slot slots[] = {
    PACK_KERNELS_ANY(PACK_SLOT)
#if defined(__x86_64__)
    PACK_KERNELS_X86(PACK_SLOT)
#elif !defined(PACK_PRUNABLE)
    PACK_KERNELS_X86(PACK_NO_SLOT)
#endif
#if defined(__aarch64__)
    PACK_KERNELS_ARM(PACK_SLOT)
#elif !defined(PACK_PRUNABLE)
    PACK_KERNELS_ARM(PACK_NO_SLOT)
#endif
};

const pack_slot *pack_slots(size_t *count) {
    *count = sizeof slots / sizeof *slots;
    return slots;
}
