// Runs the kernel checks without a test runner and prints a line a kernel: name, cases, digests, worst error.
#include <stdio.h>

#include "kernel_checks.h"
#include "pack_kernels.h"

static int report(const char *name, const kernel_check *r) {
    printf("%s cases %zu digest %016llx fused %016llx worst %.3f\n", name, r->cases,
           (unsigned long long)r->digest, (unsigned long long)r->fused, r->worst);
    if (r->failures) printf("FAILED %s: %zu times, first: %s\n", name, r->failures, r->first);
    return r->failures != 0;
}

int main(void) {
    size_t count;
    const pack_kernel_entry *entries = pack_kernel_entries(&count);
    int failed = 0;
    kernel_check r;
    for (size_t i = 0; i < count; i++) {
        if (check_kernel(i, &r))
            failed |= report(entries[i].symbol, &r);
        else if (pack_kernel_function(i))
            printf("skipped %s: this CPU lacks %s\n", entries[i].symbol, entries[i].isa);
    }
    check_packing(&r);
    failed |= report("packing", &r);
    check_selection(&r);
    failed |= report("selection", &r);
    return failed;
}
