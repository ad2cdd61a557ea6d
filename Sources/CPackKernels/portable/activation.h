#pragma once
#include <stdint.h>

/// One activation of a matrix product (enum pack_activation).
float pack_activate_portable(uint32_t activation, float x);
