// Where a program finds its plan.
#include <stdlib.h>
#include <string.h>

#include "pack_system.h"

static const char name[] = "/model.pack";

int pack_map_plan(
    const char *named, const char *program, const char **path, const void **bytes, size_t *size) {
    static char place[4096 + sizeof name];
    *path = named;
    if (named) return pack_map_file(named, bytes, size);
    *path = place;
    long length = pack_executable_path(place, 4096);
    if (length < 0) {
        length = 0;
        if (program) memcpy(place, program, (size_t)(length = (long)strnlen(program, 4096)));
    }
    while (length > 0 && place[length - 1] != '/') length--;
    memcpy(place + length, name + 1, sizeof name - 1);
    int result = pack_map_file(place, bytes, size);
    const char *folder = getenv("LAMBDA_TASK_ROOT");
    if (result == 0 || !folder) return result;
    size_t count = strnlen(folder, 4096);
    memcpy(place, folder, count);
    memcpy(place + count, name, sizeof name);
    return pack_map_file(place, bytes, size);
}

// The linker of `pack slim` gives these to a program that holds its plan, in a read-only segment of its own.
extern const char pack_inner_plan[] __attribute__((weak)), pack_inner_plan_end[] __attribute__((weak));

int pack_map_inner_plan(
    const char *named, const char *program, const char **path, const void **bytes, size_t *size) {
    (void)program;
    *path = named;
    if (named) return pack_map_file(named, bytes, size);
    *bytes = pack_inner_plan;
    *size = (size_t)(pack_inner_plan_end - pack_inner_plan);
    return 0;
}
