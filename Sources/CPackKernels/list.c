// The list of kernels as data: names for all architectures, functions for this one.
#include "internal.h"

#define PACK_ENTRY(family, isa, arch)                                                                                  \
    {#family, #isa, #arch, "pack_" #family "_" #isa, "pack_kslot_" #family "_" #isa},
static const pack_kernel_entry entries[] = {
    PACK_KERNELS_ANY(PACK_ENTRY) PACK_KERNELS_X86(PACK_ENTRY) PACK_KERNELS_ARM(PACK_ENTRY)};

const pack_kernel_entry *pack_kernel_entries(size_t *count) {
    *count = sizeof entries / sizeof *entries;
    return entries;
}

pack_any_kernel pack_kernel_function(size_t index) {
    size_t count;
    const pack_slot *slots = pack_slots(&count);
    return index < count ? slots[index].function : 0;
}
