#pragma once
// A fixed set of threads that share the indices of one loop at a time.
#include <stddef.h>

typedef struct pack_pool pack_pool;

/// `threads` counts the calling thread: with 0 or 1 no thread is ever created. Where threads can't be created the pool
/// has fewer, down to the caller alone. NULL only when there is no memory for the pool itself.
pack_pool *pack_pool_create(unsigned threads);
/// Ends the threads. No run may be going on. NULL is fine.
void pack_pool_destroy(pack_pool *pool);
/// Threads that take part, the caller included; 1 for NULL.
unsigned pack_pool_threads(const pack_pool *pool);
/// Calls task(context, index, worker) once for each index below count, from several threads, and returns when all are done.
/// `worker` is below pack_pool_threads(pool), 0 for the caller, and no two calls at the same time have the same.
/// Indices are handed out in rising order. Only one run at a time; a task can't start another on the same pool.
/// Allocates nothing. With a NULL pool the caller does all.
void pack_pool_run(
    pack_pool *pool, size_t count, void (*task)(void *context, size_t index, unsigned worker), void *context);
