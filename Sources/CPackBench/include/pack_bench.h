#pragma once
// What this CPU could do at most: the measure that kernels are held against.
#include <stdint.h>

/// Runs `steps` rounds of independent f32 multiply-adds on registers, in the widest vectors up to those of an instruction
/// set (enum pack_isa) that this CPU has; the floating-point operations done, two for each multiply-add. 0 where there is no
/// such loop.
double pack_bench_multiply_adds(uint32_t isa, uint64_t steps);
