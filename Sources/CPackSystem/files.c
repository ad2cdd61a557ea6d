#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pack_files.h"

int pack_exchange_paths(const char *first, const char *second) {
    const unsigned exchange = 2; // RENAME_EXCHANGE
    return syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, exchange) ? -errno : 0;
}
