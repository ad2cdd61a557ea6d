#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pack_system.h"

int pack_map_file(const char *path, const void **bytes, size_t *size) {
    *bytes = NULL;
    *size = 0;
    int file = pack_open_read(path);
    if (file < 0) return file;
    struct stat status;
    int result = 0;
    if (fstat(file, &status)) {
        result = -errno;
    } else if (!S_ISREG(status.st_mode)) {
        result = S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
    } else if (status.st_size > 0) {
        void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, file, 0);
        if (mapped == MAP_FAILED) {
            result = -errno;
        } else {
            *bytes = mapped;
            *size = (size_t)status.st_size;
        }
    }
    close(file);
    return result;
}

void pack_unmap_file(const void *bytes, size_t size) {
    if (bytes) munmap((void *)(uintptr_t)bytes, size);
}

void pack_read_ahead(const void *bytes, size_t size) {
    uintptr_t page = (uintptr_t)getpagesize(), start = (uintptr_t)bytes & ~(page - 1);
    madvise((void *)start, size + ((uintptr_t)bytes - start), MADV_WILLNEED);
}

void *pack_memory_allocate(size_t size) {
    if (size == 0) return NULL;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void *pack_memory_resize(void *memory, size_t old_size, size_t new_size) {
    if (!memory) return pack_memory_allocate(new_size);
    if (new_size == 0) return NULL;
    void *moved = mremap(memory, old_size, new_size, MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? NULL : moved;
}

void pack_memory_free(void *memory, size_t size) {
    if (memory) munmap(memory, size);
}
