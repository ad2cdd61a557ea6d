#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pack_spawn.h"

static int mount_all(const pack_confinement *confinement) {
    const char *root = confinement->root;
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return errno;
    if (root && mount(root, root, NULL, MS_BIND | MS_REC, NULL)) return errno;
    for (size_t i = 0; i < confinement->mount_count; i++) {
        const pack_mount *item = &confinement->mounts[i];
        int failed = item->source ? mount(item->source, item->target, NULL, MS_BIND | MS_REC, NULL)
                                  : mount("tmpfs", item->target, "tmpfs", MS_NOSUID | MS_NODEV, item->options);
        if (failed) return errno;
        // In a namespace of an ordinary user some mounts cannot be changed; what is in them is not that user's either.
        if (item->read_only && mount(NULL, item->target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID, NULL) &&
            errno != EPERM)
            return errno;
    }
    if (root && mount(NULL, root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL)) return errno;
    return 0;
}

/// The wrappers of the C library would change all threads of the process that called vfork.
static int become(uint32_t user) {
    if (geteuid() != user) {
        if (syscall(SYS_setgroups, 0, NULL)) return errno;
        if (syscall(SYS_setresgid, user, user, user) || syscall(SYS_setresuid, user, user, user)) return errno;
    }
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? errno : 0;
}

/// Keeps the lowest of the processors that the process may use.
static int use_processors(unsigned count) {
    unsigned long mask[128] = {0};
    long size = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
    if (size < 0) return errno;
    unsigned kept = 0;
    for (size_t bit = 0; bit < (size_t)size * 8; bit++) {
        unsigned long *word = &mask[bit / (8 * sizeof *mask)], one = 1ul << bit % (8 * sizeof *mask);
        if (!(*word & one)) continue;
        if (kept < count) kept++;
        else *word &= ~one;
    }
    return syscall(SYS_sched_setaffinity, 0, (size_t)size, mask) ? errno : 0;
}

int pack_confine(const pack_confinement *confinement, pack_spawn_step *step) {
    int error = 0;
    *step = PACK_STEP_NETWORK;
    if (confinement->network >= 0 && setns(confinement->network, CLONE_NEWNET)) return errno;
    *step = PACK_STEP_MOUNT;
    if (confinement->read_only && (error = mount_all(confinement))) return error;
    *step = PACK_STEP_ROOT;
    if (confinement->root && (chroot(confinement->root) || chdir("/"))) return errno;
    *step = PACK_STEP_OTHER;
    if (confinement->processors && (error = use_processors(confinement->processors))) return error;
    *step = PACK_STEP_USER;
    return confinement->user ? become(confinement->user) : 0;
}

static int write_text(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    ssize_t size = (ssize_t)strlen(text);
    int result = write(file, text, (size_t)size) == size ? 0 : -errno;
    close(file);
    return result;
}

static int loopback_up(void) {
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (any < 0) return -errno;
    struct ifreq request = {0};
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    int result = ioctl(any, SIOCSIFFLAGS, &request) ? -errno : 0;
    close(any);
    return result;
}

/// Writes a number and a space; where the text goes on. (snprintf would bring code into the runtime's end of the program.)
static char *decimal(char *at, uint32_t number) {
    char digits[10];
    int count = 0;
    do digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count) *at++ = digits[--count];
    *at++ = ' ';
    return at;
}

/// One line of a map of users: who is whom.
static void map_one(char *text, uint32_t inside, uint32_t outside) { strcpy(decimal(decimal(text, inside), outside), "1"); }

int pack_user_namespace(uint32_t inside) {
    char users[32], groups[32];
    map_one(users, inside, geteuid());
    map_one(groups, inside, getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) return -errno;
    int result = write_text("/proc/self/setgroups", "deny");
    if (!result) result = write_text("/proc/self/uid_map", users);
    if (!result) result = write_text("/proc/self/gid_map", groups);
    return result ? result : loopback_up();
}

int pack_network_create(void) {
    int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0) return -errno;
    int network = -1, result = 0;
    if (unshare(CLONE_NEWNET)) {
        result = -errno;
    } else {
        result = loopback_up();
        if (!result) network = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
        if (!result && network < 0) result = -errno;
        pack_network_leave(own);
        return result ? result : network;
    }
    close(own);
    return result;
}

int pack_network_enter(int network) {
    int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (own < 0) return -errno;
    if (setns(network, CLONE_NEWNET) == 0) return own;
    int error = errno;
    close(own);
    return -error;
}

void pack_network_leave(int previous) {
    setns(previous, CLONE_NEWNET);
    close(previous);
}
