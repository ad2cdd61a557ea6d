#define _GNU_SOURCE
#include "pack_pool.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pack_system.h"

// A run is one 64-bit word: its number in the upper half, the next index in the lower. A thread takes an index with a
// compare-and-swap, which fails if the run is no longer the one whose task the thread has read. So nobody waits for a
// thread that slept through a run; the caller waits only for the indices that were taken.

// From the kernel's interface; musl installs no linux/futex.h.
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

#define MAXIMUM_THREADS 1024
#define CLOSED UINT32_MAX // no index can be taken while the fields change
#define SPIN_NS 40000     // longer than the gap between two steps of a plan, shorter than a scheduler tick
#define STACK_BYTES (512 * 1024) // kernels take up to 192 KB of it

typedef void (*pack_task)(void *, size_t, unsigned);

typedef struct {
    pack_pool *pool;
    unsigned number;
    pthread_t thread;
} pack_worker;

struct pack_pool {
    _Alignas(64) _Atomic uint64_t run;
    _Alignas(64) _Atomic uint32_t done;      // indices of this run that are finished
    _Atomic uint32_t caller_sleeps;
    _Alignas(64) _Atomic uint32_t signal;    // rises with each run; what sleeping workers wait on
    _Atomic uint32_t sleepers;
    _Atomic uint32_t stop;
    _Alignas(64) _Atomic(pack_task) task;
    _Atomic(void *) context;
    _Atomic size_t offset;                   // index of the run's first element
    _Atomic uint32_t count;
    unsigned threads;
    size_t bytes;
    pack_worker workers[];
};

static void futex_wait(_Atomic uint32_t *word, uint32_t value) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word, int threads) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
}

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

/// Takes indices of the run that is open now until there are none.
static void work(pack_pool *pool, unsigned worker) {
    uint64_t run = atomic_load(&pool->run);
    uint64_t number = run >> 32;
    pack_task task = atomic_load(&pool->task);
    void *context = atomic_load(&pool->context);
    size_t offset = atomic_load(&pool->offset);
    uint32_t count = atomic_load(&pool->count);
    while (run >> 32 == number && (uint32_t)run < count) {
        if (!atomic_compare_exchange_weak(&pool->run, &run, run + 1)) continue;
        task(context, offset + (uint32_t)run, worker);
        if (atomic_fetch_add(&pool->done, 1) + 1 == count && atomic_load(&pool->caller_sleeps)) {
            futex_wake(&pool->done, 1);
        }
        run = atomic_load(&pool->run);
    }
}

/// Waits for a signal other than the last one seen.
static uint32_t await_signal(pack_pool *pool, uint32_t seen) {
    uint64_t start = pack_clock_ns();
    do {
        for (int i = 0; i < 32; i++) {
            uint32_t now = atomic_load_explicit(&pool->signal, memory_order_acquire);
            if (now != seen) return now;
            relax();
        }
    } while (pack_clock_ns() - start < SPIN_NS);
    atomic_fetch_add(&pool->sleepers, 1);
    uint32_t now;
    while ((now = atomic_load(&pool->signal)) == seen) futex_wait(&pool->signal, seen);
    atomic_fetch_sub(&pool->sleepers, 1);
    return now;
}

static void *worker_main(void *argument) {
    pack_worker *worker = argument;
    uint32_t seen = 0;
    for (;;) {
        seen = await_signal(worker->pool, seen);
        if (atomic_load(&worker->pool->stop)) return NULL;
        work(worker->pool, worker->number);
    }
}

static void send_signal(pack_pool *pool) {
    atomic_fetch_add(&pool->signal, 1);
    if (atomic_load(&pool->sleepers)) futex_wake(&pool->signal, INT_MAX);
}

/// Until every index is finished: some may still be at work in other threads.
static void await_done(pack_pool *pool, uint32_t count) {
    uint64_t start = pack_clock_ns();
    do {
        for (int i = 0; i < 32; i++) {
            if (atomic_load_explicit(&pool->done, memory_order_acquire) == count) return;
            relax();
        }
    } while (pack_clock_ns() - start < SPIN_NS);
    atomic_store(&pool->caller_sleeps, 1);
    uint32_t done;
    while ((done = atomic_load(&pool->done)) != count) futex_wait(&pool->done, done);
    atomic_store(&pool->caller_sleeps, 0);
}

static void run_part(pack_pool *pool, size_t offset, uint32_t count, pack_task task, void *context) {
    uint64_t number = (atomic_load(&pool->run) >> 32) + 1;
    atomic_store(&pool->run, number << 32 | CLOSED);
    atomic_store(&pool->task, task);
    atomic_store(&pool->context, context);
    atomic_store(&pool->offset, offset);
    atomic_store(&pool->count, count);
    atomic_store(&pool->done, 0);
    atomic_store(&pool->run, number << 32);
    send_signal(pool);
    work(pool, 0);
    await_done(pool, count);
}

void pack_pool_run(pack_pool *pool, size_t count, pack_task task, void *context) {
    if (pack_pool_threads(pool) == 1 || count < 2) {
        for (size_t i = 0; i < count; i++) task(context, i, 0);
        return;
    }
    for (size_t offset = 0; offset < count;) {
        size_t part = count - offset < INT32_MAX ? count - offset : INT32_MAX;
        run_part(pool, offset, (uint32_t)part, task, context);
        offset += part;
    }
}

unsigned pack_pool_threads(const pack_pool *pool) { return pool ? pool->threads : 1; }

static int start_worker(pack_worker *worker) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes)) return -1;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int failed = pthread_create(&worker->thread, &attributes, worker_main, worker);
    pthread_attr_destroy(&attributes);
    return failed ? -1 : 0;
}

pack_pool *pack_pool_create(unsigned threads) {
    if (threads < 1) threads = 1;
    if (threads > MAXIMUM_THREADS) threads = MAXIMUM_THREADS;
    size_t bytes = sizeof(pack_pool) + (threads - 1) * sizeof(pack_worker);
    pack_pool *pool = pack_memory_allocate(bytes);
    if (!pool) return NULL;
    pool->bytes = bytes;
    pool->run = CLOSED;
    pool->threads = 1;
    while (pool->threads < threads) {
        pack_worker *worker = &pool->workers[pool->threads - 1];
        worker->pool = pool;
        worker->number = pool->threads;
        if (start_worker(worker)) break;
        pool->threads++;
    }
    return pool;
}

void pack_pool_destroy(pack_pool *pool) {
    if (!pool) return;
    atomic_store(&pool->stop, 1);
    send_signal(pool);
    for (unsigned i = 0; i + 1 < pool->threads; i++) pthread_join(pool->workers[i].thread, NULL);
    pack_memory_free(pool, pool->bytes);
}
