#include "support.h"

/// The internal entry by which tests pretend to be on another CPU.
int pack_kernels_select_from(uint32_t found, const char *limit, pack_kernels *result);

static void expect(kernel_check *r, const pack_kernels *k, uint32_t family, uint32_t isa) {
    r->cases++;
    if (k->isa[family] != isa) fail(r, "%s: %s", pack_family_name(family), pack_isa_name(k->isa[family]));
}

void check_selection(kernel_check *result) {
    memset(result, 0, sizeof *result);
    pack_kernels k, before;
    memset(&k, 0x5a, sizeof k);
    before = k;
    uint32_t bare = 1u << PACK_ISA_portable;
    if (pack_kernels_select_from(bare, "quick", &k) != PACK_SELECT_UNKNOWN) fail(result, "unknown name");
#if defined(__x86_64__)
    if (pack_kernels_select_from(bare, "neon", &k) != PACK_SELECT_NOT_COMPILED) fail(result, "other architecture");
    if (pack_kernels_select_from(bare, "avx2", &k) != PACK_SELECT_NOT_ON_CPU) fail(result, "lacking");
#else
    if (pack_kernels_select_from(bare, "avx2", &k) != PACK_SELECT_NOT_COMPILED) fail(result, "other architecture");
    if (pack_kernels_select_from(bare, "dotprod", &k) != PACK_SELECT_NOT_ON_CPU) fail(result, "lacking");
#endif
    if (memcmp(&k, &before, sizeof k) != 0) fail(result, "touched the table on an error");
    if (pack_kernels_select_from(bare, "", &k) != PACK_SELECT_DONE) fail(result, "portable");
    for (uint32_t family = 0; family < PACK_FAMILY_COUNT; family++) expect(result, &k, family, PACK_ISA_portable);
#if defined(__x86_64__)
    uint32_t all = bare | 1u << PACK_ISA_avx2 | 1u << PACK_ISA_avx512 | 1u << PACK_ISA_avx512vnni;
    pack_kernels_select_from(all, 0, &k);
    expect(result, &k, PACK_FAMILY_gemm_s8, PACK_ISA_avx512vnni);
    expect(result, &k, PACK_FAMILY_gemm_s4, PACK_ISA_avx512vnni);
    expect(result, &k, PACK_FAMILY_gemm_f32, PACK_ISA_avx512);
    expect(result, &k, PACK_FAMILY_softmax, PACK_ISA_avx2);
    pack_kernels_select_from(all, "avx512", &k);
    expect(result, &k, PACK_FAMILY_gemm_s8, PACK_ISA_avx2);
    pack_kernels_select_from(all, "portable", &k);
    expect(result, &k, PACK_FAMILY_gemm_s8, PACK_ISA_portable);
    pack_kernels_select_from(bare | 1u << PACK_ISA_avx2 | 1u << PACK_ISA_avxvnni, 0, &k);
    expect(result, &k, PACK_FAMILY_gemm_s8, PACK_ISA_avxvnni);
    expect(result, &k, PACK_FAMILY_gemm_s4, PACK_ISA_avxvnni);
    expect(result, &k, PACK_FAMILY_gemm_f32, PACK_ISA_avx2);
    pack_kernels_select_from(all | 1u << PACK_ISA_avxvnni, 0, &k);
    expect(result, &k, PACK_FAMILY_gemm_s8, PACK_ISA_avx512vnni);
#elif defined(__aarch64__)
    uint32_t all = bare | 1u << PACK_ISA_neon | 1u << PACK_ISA_dotprod | 1u << PACK_ISA_i8mm;
    pack_kernels_select_from(all, 0, &k);
    expect(result, &k, PACK_FAMILY_gemm_s8, PACK_ISA_i8mm);
    expect(result, &k, PACK_FAMILY_gemm_s4, PACK_ISA_dotprod);
    expect(result, &k, PACK_FAMILY_gemm_f32, PACK_ISA_neon);
    pack_kernels_select_from(all, "neon", &k);
    expect(result, &k, PACK_FAMILY_gemm_s8, PACK_ISA_neon);
#endif
    if (pack_kernels_select(0, &k) != PACK_SELECT_DONE || !k.gemm_f32) fail(result, "this CPU");
}
