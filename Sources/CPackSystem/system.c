#include "pack_system.h"
typedef int pack_system_stub;
