// The choice of kernels, made in one place and returned whole.
#include <string.h>

#include "probe.h"

// Names lie in their tables, which takes less room than pointers to them.
static const char isa_names[PACK_ISA_COUNT][11] = {
    [PACK_ISA_portable] = "portable", [PACK_ISA_avx2] = "avx2", [PACK_ISA_avxvnni] = "avxvnni",
    [PACK_ISA_avx512] = "avx512", [PACK_ISA_avx512vnni] = "avx512vnni", [PACK_ISA_neon] = "neon",
    [PACK_ISA_dotprod] = "dotprod", [PACK_ISA_i8mm] = "i8mm"};

#define PACK_FAMILY_NAME(family, type) #family,
static const char family_names[][14] = {PACK_KERNEL_FAMILIES(PACK_FAMILY_NAME)};

const char *pack_isa_name(uint32_t isa) { return isa && isa < PACK_ISA_COUNT ? isa_names[isa] : 0; }

const char *pack_family_name(uint32_t family) { return family < PACK_FAMILY_COUNT ? family_names[family] : 0; }

int pack_isa_compiled(uint32_t isa) {
    switch (isa) {
    case PACK_ISA_portable: return 1;
#if defined(__x86_64__)
    case PACK_ISA_avx2:
    case PACK_ISA_avxvnni:
    case PACK_ISA_avx512:
    case PACK_ISA_avx512vnni: return 1;
#elif defined(__aarch64__)
    case PACK_ISA_neon:
    case PACK_ISA_dotprod:
    case PACK_ISA_i8mm: return 1;
#endif
    default: return 0;
    }
}

int pack_isa_available(uint32_t isa) { return isa < PACK_ISA_COUNT && (pack_probe() >> isa & 1); }

static uint32_t isa_by_name(const char *name) {
    for (uint32_t isa = 1; isa < PACK_ISA_COUNT; isa++)
        if (strcmp(name, isa_names[isa]) == 0) return isa;
    return PACK_ISA_NONE;
}

static void take(pack_kernels *table, const pack_slot *slot) {
    switch (slot->family) {
#define PACK_TAKE(family, type)                                                                                        \
    case PACK_FAMILY_##family: table->family = (type)slot->function; break;
        PACK_KERNEL_FAMILIES(PACK_TAKE)
#undef PACK_TAKE
    }
    table->isa[slot->family] = slot->isa;
}

int pack_kernels_select_from(uint32_t found, const char *limit, pack_kernels *result) {
    uint32_t most = PACK_ISA_COUNT - 1;
    if (limit && *limit) {
        most = isa_by_name(limit);
        if (most == PACK_ISA_NONE) return PACK_SELECT_UNKNOWN;
        if (!pack_isa_compiled(most)) return PACK_SELECT_NOT_COMPILED;
        if (!(found >> most & 1)) return PACK_SELECT_NOT_ON_CPU;
    }
    pack_kernels table;
    memset(&table, 0, sizeof table);
    size_t count;
    const pack_slot *slots = pack_slots(&count);
    for (size_t i = 0; i < count; i++) {
        const pack_slot *slot = &slots[i];
        if (!slot->function || slot->isa > most || !(found >> slot->isa & 1)) continue;
        if (slot->isa > table.isa[slot->family]) take(&table, slot);
    }
    *result = table;
    return PACK_SELECT_DONE;
}

int pack_kernels_select(const char *limit, pack_kernels *result) {
    return pack_kernels_select_from(pack_probe(), limit, result);
}

uint32_t pack_kernels_isa(const pack_kernels *kernels, uint32_t family) {
    return family < PACK_FAMILY_COUNT ? kernels->isa[family] : PACK_ISA_NONE;
}
