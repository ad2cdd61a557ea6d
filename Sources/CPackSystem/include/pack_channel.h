#pragma once
// A bounded queue from one thread to another, and the start of threads.
#include <stddef.h>
#include <stdint.h>

typedef struct pack_channel pack_channel;

/// A channel for one thread that puts and one that takes. NULL without memory or descriptors, or for capacity 0.
pack_channel *pack_channel_create(size_t capacity);
/// Neither thread may use it any more. NULL is fine.
void pack_channel_destroy(pack_channel *channel);
/// Puts an item, which is not NULL, behind the others; it is seen once pack_channel_publish was called. 0 if there is no room.
int pack_channel_put(pack_channel *channel, void *item);
/// Lets the taker see what was put, and wakes it if it waits.
void pack_channel_publish(pack_channel *channel);
/// The first item, or NULL if there is none.
void *pack_channel_take(pack_channel *channel);
/// Items that can be taken.
size_t pack_channel_count(const pack_channel *channel);

/// For a taker that waits for other things as well: poll this descriptor for reading, between the two calls below.
int pack_channel_descriptor(const pack_channel *channel);
/// Says that the taker is about to wait; 1 if it need not, because an item is there.
int pack_channel_wait_begin(pack_channel *channel);
/// Says that the taker waits no longer.
void pack_channel_wait_end(pack_channel *channel);
/// Waits until there is an item.
void pack_channel_wait(pack_channel *channel);

/// Starts a thread that nobody waits for, with a stack of `stack` bytes; 0 or -errno.
int pack_thread_start(void (*body)(void *context), void *context, size_t stack);
