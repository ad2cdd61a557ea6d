#include "pack_kernels.h"
typedef int pack_kernels_stub;
