// Stands in for the compiler's header of this name: what the kernels use of AVX2, FMA, F16C, AVX-VNNI, AVX-512 and its VNNI in
// plain C, by SIMDe, so that kernels run on any CPU. Fused products and what SIMDe 0.7.4 lacks are added.
#ifndef PACK_EMULATED_IMMINTRIN_H
#define PACK_EMULATED_IMMINTRIN_H

#define SIMDE_NO_NATIVE
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>

// SIMDe rounds the product, too.
#define EMULATED_FUSED(NAME, TYPE, LANES, SIGN)                                                                        \
    static inline TYPE emulated##NAME(TYPE a, TYPE b, TYPE c) {                                                        \
        float x[LANES], y[LANES], z[LANES];                                                                            \
        __builtin_memcpy(x, &a, sizeof x);                                                                             \
        __builtin_memcpy(y, &b, sizeof y);                                                                             \
        __builtin_memcpy(z, &c, sizeof z);                                                                             \
        for (int i = 0; i < LANES; i++) z[i] = __builtin_fmaf(SIGN x[i], y[i], z[i]);                                  \
        __builtin_memcpy(&c, z, sizeof z);                                                                             \
        return c;                                                                                                      \
    }
EMULATED_FUSED(_mm256_fmadd_ps, __m256, 8, )
EMULATED_FUSED(_mm256_fnmadd_ps, __m256, 8, -)
EMULATED_FUSED(_mm512_fmadd_ps, __m512, 16, )
EMULATED_FUSED(_mm512_fnmadd_ps, __m512, 16, -)
#undef _mm256_fmadd_ps
#undef _mm256_fnmadd_ps
#undef _mm512_fmadd_ps
#undef _mm512_fnmadd_ps
#define _mm256_fmadd_ps emulated_mm256_fmadd_ps
#define _mm256_fnmadd_ps emulated_mm256_fnmadd_ps
#define _mm512_fmadd_ps emulated_mm512_fmadd_ps
#define _mm512_fnmadd_ps emulated_mm512_fnmadd_ps

#define _mm256_dpbusd_avx_epi32 _mm256_dpbusd_epi32
#define _mm256_dpwssd_avx_epi32 _mm256_dpwssd_epi32

#ifndef _mm512_cvtepi8_epi32
static inline __m512i emulated_mm512_cvtepi8_epi32(__m128i a) {
    int8_t from[16];
    int32_t to[16];
    __m512i result;
    __builtin_memcpy(from, &a, sizeof from);
    for (int i = 0; i < 16; i++) to[i] = from[i];
    __builtin_memcpy(&result, to, sizeof to);
    return result;
}
#define _mm512_cvtepi8_epi32 emulated_mm512_cvtepi8_epi32
#endif

#ifndef _mm512_cvtph_ps
static inline __m512 emulated_mm512_cvtph_ps(__m256i a) {
    __m256 low = _mm256_cvtph_ps(_mm256_castsi256_si128(a)), high = _mm256_cvtph_ps(_mm256_extracti128_si256(a, 1));
    __m512 result;
    __builtin_memcpy(&result, &low, sizeof low);
    __builtin_memcpy((char *)&result + sizeof low, &high, sizeof high);
    return result;
}
#define _mm512_cvtph_ps emulated_mm512_cvtph_ps
#endif

#endif
