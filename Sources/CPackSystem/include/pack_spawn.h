#pragma once
// Starting other programs with limits, for the tool; the runtime links none of it.
#include <stddef.h>
#include <stdint.h>

/// A folder of the program's own view of files.
typedef struct {
    const char *source;  // a folder or file that appears there; NULL for an empty one in memory
    const char *target;  // where, as the caller sees it
    const char *options; // of the one in memory: "size=1048576,mode=1777"
    int read_only;
} pack_mount;

/// What a program is kept from. All zero, and -1 for the network: nothing.
typedef struct {
    const char *root;         // folder that becomes its root, or NULL
    int read_only;            // the root in a mount namespace of its own, where nothing of it can be written
    const pack_mount *mounts; // in that namespace, in this order
    size_t mount_count;
    int network;              // a namespace of pack_network_create, or -1
    uint32_t user;            // user and group it becomes, without other groups; 0 for the caller's
    unsigned processors;      // how many of the caller's it may use, 0 for all
} pack_confinement;

/// What was being done when a program could not be started.
typedef enum {
    PACK_STEP_GROUP = 1, // entering its control groups
    PACK_STEP_NETWORK,   // entering its network
    PACK_STEP_MOUNT,     // making its view of files
    PACK_STEP_ROOT,      // changing its root
    PACK_STEP_USER,      // changing its user
    PACK_STEP_OTHER,     // everything else, such as its first folder and resource limits
    PACK_STEP_EXECUTE,   // execve
} pack_spawn_step;

typedef struct {
    const char *path;
    char *const *arguments;    // ends with NULL
    char *const *environment;  // ends with NULL
    const char *folder;        // to start in, below its root, or NULL
    int output, errors;        // descriptors for standard output and error, or -1 for those of the caller
    int cgroup_procs[2];       // open cgroup.procs files to enter first, or -1
    uint64_t data_limit;       // RLIMIT_DATA in bytes, or 0
    uint64_t descriptor_limit; // RLIMIT_NOFILE, or 0
    const pack_confinement *confinement; // or NULL
} pack_spawn_options;

/// What came of it.
typedef struct {
    int process;
    uint64_t started_ns;  // just before execve, by pack_clock_ns
    pack_spawn_step step; // that failed
} pack_spawned;

/// Starts a program, with /dev/null as its standard input. 0, or -errno of whatever failed, execve included.
int pack_spawn(const pack_spawn_options *options, pack_spawned *spawned);

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

// MARK: Confinement

/// Does what the confinement says to the process that calls it; only system calls, so that a child of vfork may. 0 or
/// errno, and the step that failed.
int pack_confine(const pack_confinement *confinement, pack_spawn_step *step);

/// Becomes a user `inside` of a namespace where this process may do what follows, with a network of its own that has nothing but
/// loopback. For who is not root; while the process has one thread. 0 or -errno.
int pack_user_namespace(uint32_t inside);

/// A descriptor of a new network with nothing but loopback, or -errno.
int pack_network_create(void);
/// Puts the calling thread into a network: sockets that it makes from now on belong there. A descriptor of the one it was in, for
/// pack_network_leave, or -errno.
int pack_network_enter(int network);
/// Puts the calling thread back.
void pack_network_leave(int previous);
