#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pack_spawn.h"
#include "pack_system.h"

static int limit(int resource, uint64_t value) {
    if (value == 0) return 0;
    struct rlimit both = {value, value};
    return setrlimit((__typeof__(RLIMIT_DATA))resource, &both);
}

/// What the child does before it becomes the program; runs in the parent's memory and may only make system calls.
static int prepare(const pack_spawn_options *options, pack_spawn_step *step) {
    *step = PACK_STEP_GROUP;
    for (size_t i = 0; i < sizeof options->cgroup_procs / sizeof *options->cgroup_procs; i++) {
        if (options->cgroup_procs[i] >= 0 && write(options->cgroup_procs[i], "0", 1) != 1) return errno;
    }
    *step = PACK_STEP_OTHER;
    int in = open("/dev/null", O_RDONLY);
    if (in < 0 || dup2(in, 0) < 0) return errno;
    if (options->output >= 0 && dup2(options->output, 1) < 0) return errno;
    if (options->errors >= 0 && dup2(options->errors, 2) < 0) return errno;
    if (in > 2) close(in);
    if (limit(RLIMIT_NOFILE, options->descriptor_limit)) return errno;
    int error = options->confinement ? pack_confine(options->confinement, step) : 0;
    if (error) return error;
    *step = PACK_STEP_OTHER;
    if (options->folder && chdir(options->folder)) return errno;
    if (limit(RLIMIT_DATA, options->data_limit)) return errno;
    struct sigaction action = {0};
    action.sa_handler = SIG_DFL;
    static const int inherited[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP}; // that the caller may ignore
    for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++) sigaction(inherited[i], &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    *step = PACK_STEP_EXECUTE;
    return 0;
}

int pack_spawn(const pack_spawn_options *options, pack_spawned *spawned) {
    volatile int error = 0;
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    pid_t child = vfork();
    if (child == 0) {
        error = prepare(options, &spawned->step);
        if (!error) {
            spawned->started_ns = pack_clock_ns();
            execve(options->path, options->arguments, options->environment);
            error = errno;
        }
        _exit(127);
    }
    int failure = errno;
    sigprocmask(SIG_SETMASK, &old, NULL);
    if (child < 0) {
        spawned->step = PACK_STEP_OTHER;
        return -failure;
    }
    if (error) {
        waitpid(child, NULL, 0);
        return -error;
    }
    spawned->process = child;
    return 0;
}

int pack_process_descriptor(int process) {
    long descriptor = syscall(434, process, 0); // pidfd_open, the same number on every architecture
    if (descriptor < 0) return -errno;
    fcntl((int)descriptor, F_SETFD, FD_CLOEXEC);
    return (int)descriptor;
}

int pack_process_wait(int process, int block, pack_process_end *end) {
    int status;
    struct rusage usage;
    pid_t got;
    do got = wait4(process, &status, block ? 0 : WNOHANG, &usage);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    if (got == 0) return 0;
    end->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end->peak_memory = (uint64_t)usage.ru_maxrss * 1024;
    end->user_us = (uint64_t)usage.ru_utime.tv_sec * 1000000u + (uint64_t)usage.ru_utime.tv_usec;
    end->system_us = (uint64_t)usage.ru_stime.tv_sec * 1000000u + (uint64_t)usage.ru_stime.tv_usec;
    return 1;
}

int pack_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return -errno;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}
