#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "pack_system.h"

uint64_t pack_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t pack_process_ns(void) {
    struct timespec used;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)) return 0;
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

uint64_t pack_thread_ns(void) {
    struct timespec used;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used)) return 0;
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

int64_t pack_wall_clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *pack_environment(const char *name) { return getenv(name); }

int pack_write_all(int descriptor, const void *bytes, size_t size) {
    const char *at = bytes;
    while (size > 0) {
        ssize_t written = write(descriptor, at, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -errno;
        at += written;
        size -= (size_t)written;
    }
    return 0;
}

long pack_read_some(int descriptor, void *bytes, size_t size) {
    for (;;) {
        ssize_t got = read(descriptor, bytes, size);
        if (got >= 0) return got;
        if (errno != EINTR) return -errno;
    }
}

int pack_open_read(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    return file < 0 ? -errno : file;
}

void pack_close(int descriptor) {
    if (descriptor >= 0) close(descriptor);
}

_Noreturn void pack_exit(int status) { _exit(status); }

long pack_executable_path(char *path, size_t capacity) {
    if (capacity == 0) return -ERANGE;
    ssize_t length = readlink("/proc/self/exe", path, capacity);
    if (length < 0) return -errno;
    if ((size_t)length >= capacity) return -ERANGE;
    path[length] = 0;
    return length;
}

pack_usage pack_usage_now(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage)) return (pack_usage){0};
    return (pack_usage){
        .peak_memory = (uint64_t)usage.ru_maxrss * 1024,
        .minor_faults = (uint64_t)usage.ru_minflt,
        .major_faults = (uint64_t)usage.ru_majflt,
        .read_bytes = (uint64_t)usage.ru_inblock * 512,
    };
}

uint64_t pack_resident_bytes(void) {
    char text[64];
    int file = pack_open_read("/proc/self/statm");
    if (file < 0) return 0;
    long size = pack_read_some(file, text, sizeof text);
    close(file);
    uint64_t pages = 0;
    long at = 0;
    while (at < size && text[at] != ' ') at++;
    for (at++; at < size && text[at] >= '0' && text[at] <= '9'; at++) pages = pages * 10 + (uint64_t)(text[at] - '0');
    return pages * (uint64_t)getpagesize();
}

static volatile sig_atomic_t terminated;
static int signal_pipe[2] = {-1, -1};

static void on_terminate(int signal) {
    (void)signal;
    int saved = errno;
    terminated = 1;
    ssize_t ignored = write(signal_pipe[1], "", 1);
    (void)ignored;
    errno = saved;
}

int pack_signals_install(void) {
    if (signal_pipe[0] >= 0) return signal_pipe[0];
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK)) return -errno;
    struct sigaction action = {0};
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = on_terminate;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    return signal_pipe[0];
}

int pack_terminated(void) { return terminated; }

size_t pack_descriptor_limit(size_t wanted) {
    // The system call by itself: musl's setrlimit brings code that stops all threads.
    uint64_t limit[2];
    if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, limit)) return 256;
    if (limit[0] < wanted) {
        uint64_t more[2] = {limit[1] < wanted ? limit[1] : wanted, limit[1]};
        if (!syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, more, NULL)) limit[0] = more[0];
    }
    return (size_t)limit[0];
}
