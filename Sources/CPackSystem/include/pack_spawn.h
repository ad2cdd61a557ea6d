#pragma once
// Starting other programs with limits, for the tool; the runtime links none of it.
#include <stdint.h>

typedef struct {
    const char *path;
    char *const *arguments;    // ends with NULL
    char *const *environment;  // ends with NULL
    const char *folder;        // to start in, or NULL
    int output, errors;        // descriptors for standard output and error, or -1 for those of the caller
    int cgroup_procs;          // an open cgroup.procs file to enter first, or -1
    uint64_t data_limit;       // RLIMIT_DATA in bytes, or 0
    uint64_t descriptor_limit; // RLIMIT_NOFILE, or 0
} pack_spawn_options;

/// Starts a program, with /dev/null as its standard input. 0, or -errno of whatever failed, execve included.
int pack_spawn(const pack_spawn_options *options, int *process);

/// A descriptor that becomes readable when the process ends, or -errno.
int pack_process_descriptor(int process);

typedef struct {
    int status;           // exit status, -1 after a signal
    int signal;           // that ended it, or 0
    uint64_t peak_memory; // largest resident set, bytes
    uint64_t user_us, system_us;
} pack_process_end;

/// 1 and how the process ended, 0 if it still runs and `block` is 0, or -errno.
int pack_process_wait(int process, int block, pack_process_end *end);

/// A pipe that programs started later don't inherit, its reading end non-blocking. 0 or -errno.
int pack_pipe(int *reading, int *writing);
