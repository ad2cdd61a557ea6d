// Rates of the matrix products, for every variant that this CPU can run, as GFLOP/s and as a fraction of the rate of
// multiply-add instructions that was measured in between. All are interleaved and given as medians. Weights are cold, as in
// a model: each call takes other ones, until COLD_BYTES have been read.
//
//     clang -O3 -ffunction-sections -Wl,--gc-sections -ISources/CPackKernels/include Tests/kernels/bench.c \
//         Sources/CPackKernels/*.c Sources/CPackKernels/*/*.c -lm
//     ./a.out [ROUNDS] [FAMILY]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pack_kernels.h"

/// Seconds that this thread has run: other processes cost it only cache.
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) { return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b); }

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

#if defined(__x86_64__)
#define PEAK_TARGET __attribute__((target("avx2,fma")))
#define PEAK_REGISTER(v) "+x"(v)
#define LANES 8
#else
#define PEAK_TARGET
#define PEAK_REGISTER(v) "+w"(v)
#define LANES 4
#endif
typedef float lanes __attribute__((ext_vector_type(LANES)));

/// GFLOP/s of independent multiply-adds on registers.
PEAK_TARGET static double peak(void) {
    enum { CHAINS = 12, STEPS = 200000 };
    lanes sum[CHAINS], a = (lanes)0.999f, b = (lanes)0.001f;
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) sum[i] = (lanes)(float)i;
    double start = now();
    for (int s = 0; s < STEPS; s++) {
        _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) {
            sum[i] = __builtin_elementwise_fma(sum[i], a, b);
            __asm__ volatile("" : PEAK_REGISTER(sum[i]));
        }
    }
    double seconds = now() - start;
    return 2.0 * CHAINS * STEPS * LANES / seconds / 1e9;
}

typedef struct {
    const char *family, *isa;
    pack_gemm_kernel kernel;
} variant;

static size_t find_variants(variant *found, const char *wanted) {
    static const char *const families[] = {"gemm_f32", "gemm_f16", "gemm_s8", "gemm_s4"};
    size_t count, used = 0;
    const pack_kernel_entry *entries = pack_kernel_entries(&count);
    for (size_t f = 0; f < 4; f++)
        for (size_t i = 0; i < count; i++) {
            if (strcmp(entries[i].family, families[f]) != 0 || !pack_kernel_function(i)) continue;
            if (wanted && strcmp(wanted, families[f]) != 0) continue;
            uint32_t isa = 1;
            while (strcmp(pack_isa_name(isa), entries[i].isa) != 0) isa++;
            if (pack_isa_available(isa))
                found[used++] = (variant){entries[i].family, entries[i].isa, (pack_gemm_kernel)pack_kernel_function(i)};
        }
    return used;
}

/// Operands with room for each element type; their values do not matter, except that floats must not be subnormal.
static void *filled(size_t count) {
    float *p = aligned_alloc(64, (count * 4 + 63) / 64 * 64);
    if (!p) abort();
    for (size_t i = 0; i < count; i++) p[i] = 1.0f + (float)(i % 7);
    return p;
}

enum { COLD_BYTES = 100 << 20 };

/// Bytes of one set of weights; the panels of a set follow those of the one before.
static size_t weight_bytes(const variant *v, size_t k, size_t n) {
    if (strcmp(v->family, "gemm_f32") == 0) return pack_panels_bytes_f32(k, n);
    return strcmp(v->family, "gemm_f16") == 0 ? pack_panels_bytes_f16(k, n) : pack_panels_bytes_s8(k, n);
}

static double seconds_per_call(const variant *v, pack_gemm *g, size_t rows, const char *weights) {
    static size_t turn;
    size_t bytes = weight_bytes(v, g->k, g->n), sets = COLD_BYTES / bytes;
    double work = 2.0 * (double)rows * (double)g->k * (double)g->n;
    int portable = strcmp(v->isa, "portable") == 0;
    int calls = (int)((portable ? 1e7 : 1e8) / work) + 1;
    double start = now();
    for (int i = 0; i < calls; i++) {
        g->panels = weights + turn++ % sets * bytes;
        v->kernel(g, 0, rows, 0, (g->n + PACK_PANEL - 1) / PACK_PANEL);
    }
    return (now() - start) / calls;
}

int main(int count, char **arguments) {
    enum { VARIANTS = 16, ROUNDS = 101 };
    size_t rounds = count > 1 ? (size_t)atoi(arguments[1]) : 7;
    if (rounds == 0 || rounds > ROUNDS) rounds = ROUNDS;
    variant variants[VARIANTS];
    float *w = filled(COLD_BYTES / sizeof *w);
    size_t used = find_variants(variants, count > 2 ? arguments[2] : 0);
    static const size_t shapes[][2] = {{384, 384}, {384, 1536}, {1536, 384}, {768, 3072}, {3072, 768}};
    static const size_t heights[] = {1, 4, 16, 32, 128};
    printf("%-22s %5s %5s %5s %9s %8s\n", "kernel", "rows", "k", "n", "GFLOP/s", "of peak");
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t h = 0; h < sizeof heights / sizeof *heights; h++) {
            size_t k = shapes[s][0], n = shapes[s][1], rows = heights[h];
            float *a = filled(rows * k), *c = filled(rows * n), *scale = filled(n + rows);
            int32_t *whole = calloc(n + rows, sizeof *whole);
            static double times[VARIANTS][ROUNDS], peaks[ROUNDS];
            for (size_t r = 0; r < rounds; r++) {
                peaks[r] = peak();
                for (size_t v = 0; v < used; v++) {
                    pack_gemm g = {.a = a, .lda = k, .k = k, .n = n, .c = c, .ldc = n, .bias = scale,
                                   .row_scale = scale, .column_scale = scale, .row_zero = whole, .column_sum = whole};
                    times[v][r] = seconds_per_call(&variants[v], &g, rows, (const char *)w);
                }
            }
            double best = median(peaks, rounds);
            for (size_t v = 0; v < used; v++) {
                double rate = 2e-9 * (double)(rows * k * n) / median(times[v], rounds);
                char name[64];
                snprintf(name, sizeof name, "%s_%s", variants[v].family, variants[v].isa);
                printf("%-22s %5zu %5zu %5zu %9.1f %8.2f\n", name, rows, k, n, rate, rate / best);
            }
            free(a), free(c), free(scale), free(whole);
        }
    free(w);
    return 0;
}
