#pragma once
#include <stdint.h>

#include "internal.h"

/// A bit (1 << enum pack_isa) for each instruction set that is compiled in and can be used here.
uint32_t pack_probe(void);

/// pack_kernels_select for a CPU with the given instruction sets.
int pack_kernels_select_from(uint32_t found, const char *limit, pack_kernels *result);
