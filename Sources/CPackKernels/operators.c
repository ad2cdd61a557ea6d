#include "pack_operators.h"

#include "half.h"

#include <math.h>

#ifdef PACK_PRUNABLE
// The link line ties the slots of the operators that a plan needs; the others stay null.
#define DECLARE(name) extern int64_t pack_slot_##name(const pack_step *, int32_t) __attribute__((weak));
#define ENTRY(name) {#name, pack_slot_##name},
#else
#define DECLARE(name) extern int64_t pack_op_##name(const pack_step *, int32_t);
#define ENTRY(name) {#name, pack_op_##name},
#endif

PACK_OPERATORS(DECLARE)

static const struct {
    const char *name;
    pack_operator function;
} operators[] = {PACK_OPERATORS(ENTRY)};

pack_operator pack_operator_function(uint32_t id) { return id < PACK_OPERATOR_COUNT ? operators[id].function : 0; }

const char *pack_operator_name(uint32_t id) { return id < PACK_OPERATOR_COUNT ? operators[id].name : 0; }

float pack_powf(float base, float exponent) { return powf(base, exponent); }

#define PACK_MATH_FUNCTION(name) \
    double pack_math_##name(double x) { return name(x); }
PACK_MATH_FUNCTIONS(PACK_MATH_FUNCTION)

double pack_math_pow(double base, double exponent) { return pow(base, exponent); }

double pack_math_fmod(double x, double y) { return fmod(x, y); }

float pack_half_to_float(uint16_t half) { return pack_half_value(half); }

uint16_t pack_half_from_float(float value) { return pack_half_of(value); }
