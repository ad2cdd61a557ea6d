// What the searches for codes of weights share.
#pragma once
#include <math.h>
#include <string.h>

#include "../internal.h"

#pragma clang fp contract(off)
// What takes vectors as arguments becomes part of its caller.
#pragma clang diagnostic ignored "-Wpsabi"

/// A number or a vector of numbers, below 2^22 or infinite, cut off at the limits and rounded to nearest even.
#define ROUNDED(x, low, high)                                                                                          \
    ({                                                                                                                 \
        __typeof__(x) value = (x), least = (__typeof__(x))(low), most = (__typeof__(x))(high);                        \
        value = value > most ? most : value < least ? least : value;                                                   \
        (value + 0x1.8p23f) - 0x1.8p23f;                                                                               \
    })
