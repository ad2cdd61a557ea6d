// What the compiler is not to undo in the inner loops of products.
#pragma once

/// Lets a value that several sums take be loaded once: as an operand in memory of each it would be loaded for each.
#define KEEP_REGISTER(x) __asm__("" : "+v"(x))
/// Lets a pointer be moved as it is written, where all addresses would otherwise be computed anew in each turn.
#define KEEP_POINTER(x) __asm__("" : "+r"(x))
