#include "support.h"

#include "digests.h"

#include <stdarg.h>
#include <stdio.h>

uint32_t next_bits(sequence *s) {
    s->state = s->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(s->state >> 33);
}

float next_value(sequence *s) { return (float)next_bits(s) * 0x1p-30f - 1.0f; }

size_t next_below(sequence *s, size_t limit) { return next_bits(s) % limit; }

enum { GUARD = 256, GUARD_BYTE = 0xa5 };

typedef struct {
    void *memory;
    size_t bytes;
} header;

void *guarded(size_t bytes) {
    size_t total = (bytes + 63) / 64 * 64 + 64 + GUARD;
    char *memory = aligned_alloc(64, (total + 63) / 64 * 64);
    if (!memory) abort();
    memset(memory, GUARD_BYTE, total);
    header h = {memory, bytes};
    memcpy(memory, &h, sizeof h);
    return memory + 64;
}

void release(void *at, kernel_check *result, const char *what) {
    header h;
    memcpy(&h, (char *)at - 64, sizeof h);
    const unsigned char *end = (unsigned char *)at + h.bytes;
    for (size_t i = 0; i < 64; i++)
        if (end[i] != GUARD_BYTE) {
            fail(result, "%s: wrote %zu bytes past the end", what, i + 1);
            break;
        }
    free(h.memory);
}

void fail(kernel_check *result, const char *format, ...) {
    if (result->failures++) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(result->first, sizeof result->first, format, arguments);
    va_end(arguments);
}

static uint64_t hash(uint64_t before, const void *bytes, size_t count) {
    uint64_t hash = before ? before : 0xcbf29ce484222325u;
    for (size_t i = 0; i < count; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
    return hash;
}

void digest(kernel_check *result, const void *bytes, size_t count) {
    result->digest = hash(result->digest, bytes, count);
}

void digest_fused(kernel_check *result, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float value = isnan(values[i]) ? NAN : values[i];
        result->fused = hash(result->fused, &value, sizeof value);
    }
}

uint64_t expected_digest(const char *family) {
#define EXPECTED(name, value)                                                                                          \
    if (strcmp(family, #name) == 0) return value;
    EXPECTED_DIGESTS(EXPECTED)
    return 0;
}

/// What must have the same bits on every variant belongs to what must on all but the portable one.
static void close_digests(const pack_kernel_entry *entry, kernel_check *result) {
    if (strcmp(entry->isa, "portable") == 0) {
        result->fused = 0;
        return;
    }
    if (result->digest) result->fused = hash(result->fused, &result->digest, sizeof result->digest);
    if (result->fused != expected_digest(entry->family))
        fail(result, "bits: digest %016llx, expected %016llx", (unsigned long long)result->fused,
             (unsigned long long)expected_digest(entry->family));
}

int near(kernel_check *result, double found, double expected, double tolerance) {
    if (isnan(found) && isnan(expected)) return 1;
    if (found == expected) return 1;
    double error = fabs(found - expected) / tolerance;
    if (!(error <= 1)) return 0;
    if (error > result->worst) result->worst = error;
    return 1;
}

int check_kernel(size_t entry, kernel_check *result) {
    static check_function *const checks[] = {
#define CHECK(family, type) check_##family,
        PACK_KERNEL_FAMILIES(CHECK)};
    size_t count;
    const pack_kernel_entry *entries = pack_kernel_entries(&count);
    memset(result, 0, sizeof *result);
    pack_any_kernel kernel = pack_kernel_function(entry);
    if (!kernel) return 0;
    for (uint32_t isa = 1; pack_isa_name(isa); isa++)
        if (strcmp(pack_isa_name(isa), entries[entry].isa) == 0 && !pack_isa_available(isa)) return 0;
    for (uint32_t family = 0; family < PACK_FAMILY_COUNT; family++)
        if (strcmp(pack_family_name(family), entries[entry].family) == 0) checks[family](kernel, result);
    close_digests(&entries[entry], result);
    return 1;
}
