#pragma once
// The few libc calls that the runtime needs, in a form that Embedded Swift can call.
//
// Linux only; glibc and musl. Nothing here needs /sys, /proc, /dev/shm or a writable disk: what is missing is skipped.
// Functions that can fail return 0 or a count on success, and -errno otherwise, unless their comment says more.
#include <stddef.h>
#include <stdint.h>

// MARK: Memory

/// Maps a whole regular file for reading. An empty file gives `*bytes == NULL`, `*size == 0`.
int pack_map_file(const char *path, const void **bytes, size_t *size);
/// Gives back what pack_map_file lent; NULL is fine.
void pack_unmap_file(const void *bytes, size_t size);
/// Begins to read a range of a mapped file from the disk, where it is not in memory yet, and does not wait for it.
void pack_read_ahead(const void *bytes, size_t size);

/// Maps the plan of a program: that at `named` if it is not NULL, else model.pack in the program's folder, else in the folder that
/// LAMBDA_TASK_ROOT names. `program` is argv[0], for where /proc is missing. `*path` gets the path that was tried last.
int pack_map_plan(const char *named, const char *program, const char **path, const void **bytes, size_t *size);
/// The same for a program that holds its plan, which is linked with this in place of the other: without `named` it lends the plan
/// that the system has mapped with the program.
int pack_map_inner_plan(const char *named, const char *program, const char **path, const void **bytes, size_t *size);

/// Zeroed anonymous memory, aligned to a page (4096 bytes at least); NULL when there is none, or for size 0.
void *pack_memory_allocate(size_t size);
/// Grows or shrinks: the first min(old, new) bytes stay, new bytes are zero, the address may change.
/// NULL when there is none left; the old memory is then untouched. `memory` may be NULL with old_size 0.
void *pack_memory_resize(void *memory, size_t old_size, size_t new_size);
void pack_memory_free(void *memory, size_t size);

// MARK: Process

/// Monotonic clock, nanoseconds.
uint64_t pack_clock_ns(void);
/// Time that this process has computed, nanoseconds; 0 where the system does not say.
uint64_t pack_process_ns(void);
/// Time that this thread has computed, nanoseconds; 0 where the system does not say.
uint64_t pack_thread_ns(void);
/// Wall clock, milliseconds since 1970.
int64_t pack_wall_clock_ms(void);
/// The environment variable's value, or NULL.
const char *pack_environment(const char *name);
/// Writes everything to a blocking descriptor.
int pack_write_all(int descriptor, const void *bytes, size_t size);
/// Reads once from a descriptor; 0 at the end.
long pack_read_some(int descriptor, void *bytes, size_t size);
/// Opens for reading; the descriptor, or -errno.
int pack_open_read(const char *path);
void pack_close(int descriptor);
_Noreturn void pack_exit(int status);
/// The path of the running program by /proc/self/exe, with a final 0; its length, or -errno.
long pack_executable_path(char *path, size_t capacity);
/// What the process has used so far.
typedef struct {
    uint64_t peak_memory;  // the largest resident set, in bytes
    uint64_t minor_faults; // page faults that needed no disk
    uint64_t major_faults; // page faults that waited for a disk
    uint64_t read_bytes;   // from disks, for it; what others had read before does not count
} pack_usage;
/// All zero where the system does not say.
pack_usage pack_usage_now(void);
/// Bytes of the process that are in memory now, by /proc/self/statm; 0 where the system does not say.
uint64_t pack_resident_bytes(void);

/// SIGPIPE ignored; SIGTERM and SIGINT from now on only raise the flag below. Returns a descriptor that becomes
/// readable when the flag rises (for poll), or -errno; repeated calls return the same one.
int pack_signals_install(void);
/// 1 after SIGTERM or SIGINT.
int pack_terminated(void);
/// Descriptors that the process may have open, after asking for `wanted` of them.
size_t pack_descriptor_limit(size_t wanted);

// MARK: Processors

/// Usable CPUs: PACK_THREADS if it is a number from 1 to 1024; else the affinity mask, capped by the cgroup (v2 or v1)
/// quota rounded up. At least 1.
unsigned pack_cpu_count(void);
/// Quota of one cgroup file text in CPUs rounded up, 0 for none: v2 `cpu.max` ("max 100000", "150000 100000").
unsigned pack_cpu_quota(const char *text, size_t size);

// MARK: Network (IPv4)

/// Listens on an address in host byte order (0: all); the descriptor (non-blocking), or -errno. `*bound` gets the port.
int pack_listen(uint32_t address, uint16_t port, int backlog, uint16_t *bound);
/// One waiting connection, non-blocking; -EAGAIN when none waits.
int pack_accept(int listener);
/// A blocking connection, or -errno. A timeout of -1 waits for ever.
int pack_connect(uint32_t address, uint16_t port, int timeout_ms);
/// Sets a connection's blocking reads and writes to fail with -EAGAIN after so long; -1 for never.
int pack_set_timeouts(int connection, int read_ms, int write_ms);
/// Bytes received, 0 when the peer closed, -EAGAIN when there are none.
long pack_receive(int connection, void *bytes, size_t size);
/// Bytes taken, maybe fewer than size.
long pack_send(int connection, const void *bytes, size_t size);
/// No more bytes will be sent.
void pack_shutdown_send(int connection);

#define PACK_READABLE 1
#define PACK_WRITABLE 4
#define PACK_HUNG_UP 24 // error or peer gone

/// Laid out as struct pollfd; entries with a negative descriptor are skipped.
typedef struct {
    int descriptor;
    short wanted;
    short ready;
} pack_poll_item;

/// Waits until an item is ready; their number, 0 after the time-out or a signal, or -errno. -1 waits for ever.
int pack_poll(pack_poll_item *items, size_t count, int timeout_ms);

// MARK: Front ends

/// Serves HTTP; `context` is pack-run's, the result its exit status.
typedef int32_t (*pack_front_end)(void *context);
/// The HTTP front end that the link tied to its slot, the larger one if both are; NULL if none is.
pack_front_end pack_http_front_end(void);

// MARK: Numbers

/// Writes a decimal number that reads back as the same value, without a final 0; its length (at most 26), or 0 for NaN,
/// infinities and a capacity below 32.
size_t pack_format_double(double value, char *text, size_t capacity);
/// Reads a decimal number of at most 511 bytes, correctly rounded; 1 if all bytes are one.
int pack_parse_double(const char *digits, size_t size, double *value);
/// e^x and the natural logarithm.
double pack_exp(double x);
double pack_log(double x);
