#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "pack_system.h"

#define TEXT_CAPACITY 4096
#define PATH_CAPACITY 1024

/// The file's first bytes with a final 0; the length, 0 for a file that can't be read.
static size_t read_text(const char *path, char *text, size_t capacity) {
    int file = pack_open_read(path);
    if (file < 0) return 0;
    size_t size = 0;
    while (size + 1 < capacity) {
        long got = pack_read_some(file, text + size, capacity - 1 - size);
        if (got <= 0) break;
        size += (size_t)got;
    }
    pack_close(file);
    text[size] = 0;
    return size;
}

/// A decimal number at `*at`, which moves past it; -1 if there is none.
static int64_t number(const char **at, const char *end) {
    int64_t value = 0;
    const char *begin = *at;
    while (*at < end && **at >= '0' && **at <= '9' && value < INT64_MAX / 16) value = value * 10 + (*(*at)++ - '0');
    return *at == begin ? -1 : value;
}

static unsigned rounded_up(int64_t quota, int64_t period) {
    if (quota <= 0 || period <= 0) return 0;
    int64_t cpus = quota / period + (quota % period != 0);
    return cpus > 1024 ? 1024 : (unsigned)cpus;
}

unsigned pack_cpu_quota(const char *text, size_t size) {
    const char *at = text, *end = text + size;
    int64_t quota = number(&at, end);
    if (quota < 0 || at == end || *at++ != ' ') return 0;
    return rounded_up(quota, number(&at, end));
}

static int64_t number_in(const char *folder, const char *name) {
    char path[PATH_CAPACITY], text[64];
    if (strlen(folder) + strlen(name) >= sizeof path) return -1;
    strcpy(path, folder);
    strcat(path, name);
    size_t size = read_text(path, text, sizeof text);
    const char *at = text;
    return number(&at, text + size);
}

static unsigned quota_in(const char *folder) {
    char path[PATH_CAPACITY], text[64];
    if (strlen(folder) + 16 >= sizeof path) return 0;
    strcpy(path, folder);
    strcat(path, "/cpu.max");
    size_t size = read_text(path, text, sizeof text);
    if (size) return pack_cpu_quota(text, size);
    return rounded_up(number_in(folder, "/cpu.cfs_quota_us"), number_in(folder, "/cpu.cfs_period_us"));
}

/// The smallest quota of a group and those above it. In a container the group's path may not exist below the mount:
/// the mount itself is then the group.
static unsigned smallest_quota(const char *mount, const char *group, size_t group_size) {
    char folder[PATH_CAPACITY];
    size_t base = strlen(mount);
    if (base + group_size + 1 > sizeof folder) group_size = 0;
    memcpy(folder, mount, base);
    memcpy(folder + base, group, group_size);
    unsigned smallest = 0;
    for (size_t size = base + group_size;; size--) {
        if (size > base && size < base + group_size && folder[size] != '/') continue;
        folder[size] = 0;
        unsigned quota = quota_in(folder);
        if (quota && (!smallest || quota < smallest)) smallest = quota;
        if (size == base) return smallest;
    }
}

/// True if the comma-separated list has the controller `cpu`.
static int names_cpu(const char *list, const char *end) {
    while (list < end) {
        const char *comma = memchr(list, ',', (size_t)(end - list));
        const char *stop = comma ? comma : end;
        if (stop - list == 3 && memcmp(list, "cpu", 3) == 0) return 1;
        list = stop + 1;
    }
    return 0;
}

/// Lines of /proc/self/cgroup are `number:controllers:path`; version 2 has number 0 and no controllers.
static unsigned quota_of_groups(void) {
    char text[TEXT_CAPACITY];
    size_t size = read_text("/proc/self/cgroup", text, sizeof text);
    unsigned smallest = 0;
    for (char *line = text, *end = text + size; line < end;) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop) stop = end;
        char *list = memchr(line, ':', (size_t)(stop - line));
        char *path = list ? memchr(list + 1, ':', (size_t)(stop - list - 1)) : NULL;
        if (path) {
            const char *mount = path == list + 1 ? "/sys/fs/cgroup" : names_cpu(list + 1, path) ? "/sys/fs/cgroup/cpu" : NULL;
            unsigned quota = mount ? smallest_quota(mount, path + 1, (size_t)(stop - path - 1)) : 0;
            if (quota && (!smallest || quota < smallest)) smallest = quota;
        }
        line = stop + 1;
    }
    if (size == 0) smallest = quota_in("/sys/fs/cgroup");
    return smallest;
}

/// One bit a CPU; the kernel fills only as many bytes as it has, and refuses a smaller buffer.
static unsigned affinity(void) {
    unsigned long mask[128] = {0};
    if (sched_getaffinity(0, sizeof mask, (cpu_set_t *)mask)) return 1;
    unsigned cpus = 0;
    for (size_t i = 0; i < sizeof mask / sizeof mask[0]; i++) cpus += (unsigned)__builtin_popcountl(mask[i]);
    return cpus ? cpus : 1;
}

unsigned pack_cpu_count(void) {
    const char *forced = getenv("PACK_THREADS");
    if (forced) {
        const char *at = forced, *end = forced + strlen(forced);
        int64_t threads = number(&at, end);
        if (at == end && threads >= 1 && threads <= 1024) return (unsigned)threads;
    }
    unsigned cpus = affinity(), quota = quota_of_groups();
    return quota && quota < cpus ? quota : cpus;
}
