// What this CPU and its operating system offer. Baseline code: it runs before any kernel is chosen.
#include "probe.h"

#if defined(__x86_64__)
#include <cpuid.h>

enum { XCR0_SSE_AVX = 0x06, XCR0_AVX512 = 0xe6 };

/// The register states that the operating system saves (XCR0), or 0 where it does not say (no OSXSAVE).
static uint32_t saved_states(void) {
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

uint32_t pack_probe(void) {
    uint32_t found = 1u << PACK_ISA_portable;
    uint32_t a, b, c, d, b7, c7, d7, a71;
    uint32_t states = saved_states();
    if ((states & XCR0_SSE_AVX) != XCR0_SSE_AVX) return found;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !__get_cpuid_count(7, 0, &a, &b7, &c7, &d7)) return found;
    uint32_t avx = bit_AVX | bit_FMA | bit_F16C;
    if ((c & avx) != avx || !(b7 & bit_AVX2)) return found;
    found |= 1u << PACK_ISA_avx2;
    if (a > 0 && __get_cpuid_count(7, 1, &a71, &b, &c, &d) && a71 & bit_AVXVNNI) found |= 1u << PACK_ISA_avxvnni;
    uint32_t avx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    if ((states & XCR0_AVX512) != XCR0_AVX512 || (b7 & avx512) != avx512) return found;
    found |= 1u << PACK_ISA_avx512;
    if (c7 & bit_AVX512VNNI) found |= 1u << PACK_ISA_avx512vnni;
    return found;
}

#elif defined(__aarch64__)
#include <sys/auxv.h>

/// HWCAP_ASIMDDP of AT_HWCAP and HWCAP2_I8MM of AT_HWCAP2, which not every C library names.
enum { HAS_DOTPROD = 1 << 20, HAS_I8MM = 1 << 13 };

uint32_t pack_probe(void) {
    uint32_t found = 1u << PACK_ISA_portable | 1u << PACK_ISA_neon;
    if (!(getauxval(AT_HWCAP) & HAS_DOTPROD)) return found;
    found |= 1u << PACK_ISA_dotprod;
    if (getauxval(AT_HWCAP2) & HAS_I8MM) found |= 1u << PACK_ISA_i8mm;
    return found;
}

#else

uint32_t pack_probe(void) { return 1u << PACK_ISA_portable; }

#endif
