#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "pack_system.h"

_Static_assert(sizeof(pack_poll_item) == sizeof(struct pollfd), "pack_poll_item is laid out as pollfd");
_Static_assert(PACK_READABLE == POLLIN && PACK_WRITABLE == POLLOUT && PACK_HUNG_UP == (POLLERR | POLLHUP), "poll's bits");

static int fail(int connection) {
    int error = errno;
    close(connection);
    return -error;
}

static struct sockaddr_in ipv4(uint32_t address, uint16_t port) {
    struct sockaddr_in name = {0};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(address);
    return name;
}

static void send_at_once(int connection) {
    int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int pack_listen(uint32_t address, uint16_t port, int backlog, uint16_t *bound) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return -errno;
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in name = ipv4(address, port);
    socklen_t length = sizeof name;
    if (bind(listener, (struct sockaddr *)&name, sizeof name) || listen(listener, backlog)
        || getsockname(listener, (struct sockaddr *)&name, &length)) {
        return fail(listener);
    }
    if (bound) *bound = ntohs(name.sin_port);
    return listener;
}

int pack_accept(int listener) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) return -errno;
    send_at_once(connection);
    return connection;
}

int pack_connect(uint32_t address, uint16_t port, int timeout_ms) {
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0) return -errno;
    send_at_once(connection);
    pack_set_timeouts(connection, -1, timeout_ms);
    struct sockaddr_in name = ipv4(address, port);
    if (connect(connection, (struct sockaddr *)&name, sizeof name)) return fail(connection);
    pack_set_timeouts(connection, -1, -1);
    return connection;
}

static int set_timeout(int connection, int option, int milliseconds) {
    struct timeval time = {0}; // zero: never
    if (milliseconds >= 0) {
        time.tv_sec = milliseconds / 1000;
        time.tv_usec = milliseconds % 1000 * 1000;
        if (milliseconds == 0) time.tv_usec = 1;
    }
    return setsockopt(connection, SOL_SOCKET, option, &time, sizeof time) ? -errno : 0;
}

int pack_set_timeouts(int connection, int read_ms, int write_ms) {
    int result = set_timeout(connection, SO_RCVTIMEO, read_ms);
    return result ? result : set_timeout(connection, SO_SNDTIMEO, write_ms);
}

long pack_receive(int connection, void *bytes, size_t size) {
    for (;;) {
        ssize_t got = recv(connection, bytes, size, 0);
        if (got >= 0) return got;
        if (errno != EINTR || pack_terminated()) return -errno;
    }
}

long pack_send(int connection, const void *bytes, size_t size) {
    for (;;) {
        ssize_t sent = send(connection, bytes, size, MSG_NOSIGNAL);
        if (sent >= 0) return sent;
        if (errno != EINTR) return -errno;
    }
}

void pack_shutdown_send(int connection) { shutdown(connection, SHUT_WR); }

int pack_poll(pack_poll_item *items, size_t count, int timeout_ms) {
    int ready = poll((struct pollfd *)items, (nfds_t)count, timeout_ms);
    if (ready >= 0) return ready;
    return errno == EINTR ? 0 : -errno;
}
