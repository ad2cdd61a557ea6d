#pragma once
// The few libc calls that the runtime needs, in a form that Embedded Swift can call.
#include <stddef.h>
#include <stdint.h>
