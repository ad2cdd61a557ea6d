#include "pack_bench.h"

#include "pack_kernels.h"

#define CHAINS 12

// Twelve chains hide the latency of two units of up to six cycles. The empty statements keep each chain in its register.
#define BURST(name, attributes, lanes, constraint)                                                                     \
    typedef float name##_vector __attribute__((ext_vector_type(lanes)));                                               \
    attributes static double name(uint64_t steps) {                                                                    \
        name##_vector sum[CHAINS], a = (name##_vector)0.999f, b = (name##_vector)0.001f;                               \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) sum[i] = (name##_vector)(float)i;          \
        for (uint64_t s = 0; s < steps; s++) {                                                                         \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) {                                      \
                sum[i] = __builtin_elementwise_fma(sum[i], a, b);                                                      \
                __asm__ volatile("" : constraint(sum[i]));                                                             \
            }                                                                                                          \
        }                                                                                                              \
        return 2.0 * CHAINS * lanes * (double)steps;                                                                   \
    }

#if defined(__x86_64__)
BURST(burst_avx2, __attribute__((target("avx2,fma"))), 8, "+x")
BURST(burst_avx512, __attribute__((target("avx512f"))), 16, "+v")
#elif defined(__aarch64__)
BURST(burst_neon, , 4, "+w")
#endif

double pack_bench_multiply_adds(uint32_t isa, uint64_t steps) {
#if defined(__x86_64__)
    if (isa >= PACK_ISA_avx512 && pack_isa_available(PACK_ISA_avx512)) return burst_avx512(steps);
    if (pack_isa_available(PACK_ISA_avx2)) return burst_avx2(steps);
#elif defined(__aarch64__)
    (void)isa;
    return burst_neon(steps);
#endif
    (void)isa, (void)steps;
    return 0;
}
