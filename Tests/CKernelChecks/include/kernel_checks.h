#pragma once
// Checks of every kernel in the list against plain double-precision or integer arithmetic. They are C so that the same
// checks run on arm64 under an emulator, where there is no Swift test runner.
#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t cases;
    size_t failures;
    char first[256];  // the first failure, in words
    uint64_t digest;  // of results that must have the same bits on every variant and architecture; 0 where none must
    uint64_t fused;   // of all results, the same on every variant but the portable one, which has 0
    double worst;     // the largest error met, in the unit of the check; 0 where there is none
} kernel_check;

/// The `fused` digest that every variant of a family must have; 0 for a name that is no family's.
uint64_t expected_digest(const char *family);

/// Checks kernel `entry` of pack_kernel_entries; returns 0 when it can't run here (other architecture, CPU lacks it).
int check_kernel(size_t entry, kernel_check *result);

/// The packing functions, which have one variant.
void check_packing(kernel_check *result);

/// Selection: names, limits, CPUs that lack things.
void check_selection(kernel_check *result);
