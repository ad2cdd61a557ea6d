#ifdef PACK_PRUNABLE
#include <stddef.h>
#include <sys/random.h>

// Embedded Swift seeds its hashing with arc4random_buf, which musl 1.2.3 lacks.
void arc4random_buf(void *bytes, size_t count) {
    char *at = bytes;
    while (count > 0) {
        long got = getrandom(at, count, 0);
        if (got <= 0) continue;
        at += got;
        count -= (size_t)got;
    }
}
#endif
typedef int pack_random_translation_unit;
