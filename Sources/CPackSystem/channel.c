#define _GNU_SOURCE
#include "pack_channel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pack_system.h"

// A ring with one writer of `tail` and one of `head`. The taker sets `sleeps` before it looks for the last time and goes to
// sleep; the putter looks at `sleeps` after it has moved `tail`: one of the two sees the other.

struct pack_channel {
    _Alignas(64) _Atomic size_t head; // items taken
    _Alignas(64) _Atomic size_t tail; // items published
    size_t put;                       // items put, the putter's own
    _Alignas(64) _Atomic uint32_t sleeps;
    int event;
    size_t capacity, bytes;
    void *items[];
};

pack_channel *pack_channel_create(size_t capacity) {
    if (capacity == 0 || capacity > 1u << 20) return NULL;
    size_t bytes = sizeof(pack_channel) + capacity * sizeof(void *);
    pack_channel *channel = pack_memory_allocate(bytes);
    if (!channel) return NULL;
    channel->capacity = capacity;
    channel->bytes = bytes;
    channel->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (channel->event < 0) {
        pack_memory_free(channel, bytes);
        return NULL;
    }
    return channel;
}

void pack_channel_destroy(pack_channel *channel) {
    if (!channel) return;
    pack_close(channel->event);
    pack_memory_free(channel, channel->bytes);
}

int pack_channel_put(pack_channel *channel, void *item) {
    if (channel->put - atomic_load(&channel->head) >= channel->capacity) return 0;
    channel->items[channel->put++ % channel->capacity] = item;
    return 1;
}

void pack_channel_publish(pack_channel *channel) {
    if (atomic_load_explicit(&channel->tail, memory_order_relaxed) == channel->put) return;
    atomic_store(&channel->tail, channel->put);
    if (!atomic_load(&channel->sleeps) || !atomic_exchange(&channel->sleeps, 0)) return;
    uint64_t one = 1;
    ssize_t ignored = write(channel->event, &one, sizeof one);
    (void)ignored;
}

void *pack_channel_take(pack_channel *channel) {
    size_t head = atomic_load_explicit(&channel->head, memory_order_relaxed);
    if (head == atomic_load(&channel->tail)) return NULL;
    void *item = channel->items[head % channel->capacity];
    atomic_store(&channel->head, head + 1);
    return item;
}

size_t pack_channel_count(const pack_channel *channel) {
    size_t head = atomic_load(&channel->head);
    return atomic_load(&channel->tail) - head;
}

int pack_channel_descriptor(const pack_channel *channel) { return channel->event; }

int pack_channel_wait_begin(pack_channel *channel) {
    atomic_store(&channel->sleeps, 1);
    return pack_channel_count(channel) > 0;
}

void pack_channel_wait_end(pack_channel *channel) {
    if (atomic_exchange(&channel->sleeps, 0)) return;
    // The putter has woken the taker, or is about to: then the next wait ends early, which does no harm.
    uint64_t count;
    ssize_t ignored = read(channel->event, &count, sizeof count);
    (void)ignored;
}

void pack_channel_wait(pack_channel *channel) {
    while (!pack_channel_wait_begin(channel)) {
        struct pollfd item = {channel->event, POLLIN, 0};
        poll(&item, 1, -1);
        pack_channel_wait_end(channel);
    }
    pack_channel_wait_end(channel);
}

typedef struct {
    void (*body)(void *);
    void *context;
} pack_thread;

static void *thread_main(void *argument) {
    pack_thread thread = *(pack_thread *)argument;
    pack_memory_free(argument, sizeof thread);
    thread.body(thread.context);
    return NULL;
}

int pack_thread_start(void (*body)(void *), void *context, size_t stack) {
    pack_thread *thread = pack_memory_allocate(sizeof *thread);
    if (!thread) return -ENOMEM;
    *thread = (pack_thread){body, context};
    pthread_attr_t attributes;
    pthread_t handle;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&handle, &attributes, thread_main, thread);
    pthread_attr_destroy(&attributes);
    if (failed) pack_memory_free(thread, sizeof *thread);
    return -failed;
}
