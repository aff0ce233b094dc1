// SPDX-License-Identifier: BSD-2-Clause
#include "socket_address.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define UNIX_PREFIX "unix:"

struct address {
    struct sockaddr_storage storage;
    socklen_t length;
};

// The path in an address, or NULL when it has none.
static const char *path_of(const char *address)
{
    if (strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
        return address + strlen(UNIX_PREFIX);
    return strchr(address, '/') ? address : NULL;
}

static int parse_path(const char *path, struct address *out, char *error, size_t error_size)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&out->storage;

    if (*path == '\0' || strlen(path) >= sizeof un->sun_path) {
        snprintf(error, error_size, "a socket's path has 1 to %zu characters, \"%s\" has %zu",
                 sizeof un->sun_path - 1, path, strlen(path));
        return -EINVAL;
    }
    un->sun_family = AF_UNIX;
    strcpy(un->sun_path, path);
    out->length = sizeof *un;
    return 0;
}

// getaddrinfo takes the lower 16 bits of any number.
static bool is_port(const char *text)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);

    return *end != '\0' || (port > 0 && port <= 65535); // else the name of a service
}

static int parse_host_port(const char *address, bool passive, struct address *out, char *error,
                           size_t error_size)
{
    const char *colon = strrchr(address, ':');
    char host[256] = "";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = passive ? AI_PASSIVE : 0}, *found;
    size_t length = colon ? (size_t)(colon - address) : 0;
    bool brackets = length >= 2 && address[0] == '[' && address[length - 1] == ']';

    if (!colon || colon[1] == '\0' || length >= sizeof host) {
        snprintf(error, error_size, "\"%s\" is no address; HOST:PORT or unix:PATH is needed", address);
        return -EINVAL;
    }
    if (!is_port(colon + 1)) {
        snprintf(error, error_size, "%s: a port is a number from 1 to 65535", address);
        return -EINVAL;
    }
    memcpy(host, address + brackets, length - 2 * (size_t)brackets);
    int failed = getaddrinfo(*host ? host : NULL, colon + 1, &hints, &found);
    if (failed) {
        snprintf(error, error_size, "%s: %s", address, gai_strerror(failed));
        return -EINVAL;
    }
    memcpy(&out->storage, found->ai_addr, found->ai_addrlen);
    out->length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static int parse(const char *text, bool passive, struct address *out, char *error, size_t error_size)
{
    const char *path = path_of(text);

    memset(out, 0, sizeof *out);
    return path ? parse_path(path, out, error, error_size)
                : parse_host_port(text, passive, out, error, error_size);
}

static int make_socket(const struct address *address)
{
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    if (fd >= 0 && address->storage.ss_family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // inherited by what is accepted
    return fd;
}

static bool connects(const struct address *address)
{
    int fd = make_socket(address);
    bool connected = fd >= 0 && connect(fd, (const struct sockaddr *)&address->storage, address->length) == 0;

    if (fd >= 0)
        close(fd);
    return connected;
}

static int bind_and_listen(int fd, const struct address *address, const char *path)
{
    const struct sockaddr *where = (const struct sockaddr *)&address->storage;
    int on = 1;

    if (!path)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int failed = bind(fd, where, address->length);
    if (failed && path && errno == EADDRINUSE && !connects(address)) {
        unlink(path);
        failed = bind(fd, where, address->length);
    }
    return failed || listen(fd, 4) || fcntl(fd, F_SETFL, O_NONBLOCK) ? -1 : 0;
}

int socket_address_listen(const char *text, char *error, size_t error_size)
{
    struct address address;

    if (parse(text, true, &address, error, error_size) < 0)
        return -1;
    int fd = make_socket(&address);
    if (fd >= 0 && bind_and_listen(fd, &address, path_of(text)) == 0)
        return fd;
    snprintf(error, error_size, "cannot listen at %s: %s%s", text, strerror(errno),
             errno == EADDRINUSE ? "; name another address, or end the program that has it" : "");
    if (fd >= 0)
        close(fd);
    return -1;
}

void socket_address_unlisten(const char *text, int fd)
{
    const char *path = path_of(text);

    close(fd);
    if (path)
        unlink(path);
}

int socket_address_connect(const char *text, char *error, size_t error_size)
{
    struct address address;
    int failed = parse(text, false, &address, error, error_size);

    if (failed)
        return failed;
    int fd = make_socket(&address);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address.storage, address.length) == 0 &&
        fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        return fd;
    failed = -errno;
    snprintf(error, error_size, "cannot connect to %s: %s", text, strerror(-failed));
    if (fd >= 0)
        close(fd);
    return failed;
}
