#pragma once
// What this CPU could do at most, the measure that kernels are held against, and one call of each kernel.
#include <stdint.h>

#include "pack_kernels.h"

/// Runs `steps` rounds of independent f32 multiply-adds on registers, in the widest vectors up to those of an instruction
/// set (enum pack_isa) that this CPU has; the floating-point operations done, two for each multiply-add. 0 where there is no
/// such loop.
double pack_bench_multiply_adds(uint32_t isa, uint64_t steps);

/// Operands for a call of any kernel. NULL without memory. Not for two threads at a time.
typedef struct pack_bench_operands pack_bench_operands;
pack_bench_operands *pack_bench_operands_create(void);
void pack_bench_operands_destroy(pack_bench_operands *operands);

/// What one call does.
typedef struct {
    double operations; // floating-point ones of products, two for each multiply-add; 0 for kernels without products
    double bytes;      // read and written, where there are no operations
    const char *shape; // of the operands, for people
} pack_bench_work;

/// Calls a kernel of a family (enum pack_family) once, with one thread; all zero for a number that is no family. This CPU must
/// have the kernel's instruction set.
pack_bench_work pack_bench_kernel(const pack_bench_operands *operands, uint32_t family, pack_any_kernel function);
