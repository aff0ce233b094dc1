// SPDX-License-Identifier: BSD-2-Clause
//
// The interface's way from the worker that made it to the process that holds it.
#include <string.h>
#include <sys/socket.h>

#include "up.h"

#define DESCRIPTORS 2 // the interface, the statistics' socket if there is one

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
};

bool up_send_interface(int socket, const struct up *up)
{
    const int fds[DESCRIPTORS] = {up->tap.fd, up->stats_socket};
    const size_t size = (up->stats_socket < 0 ? 1 : DESCRIPTORS) * sizeof *fds;
    union control control = {.bytes = {0}};
    struct iovec part = {(void *)(uintptr_t)&up->tap, sizeof up->tap};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = CMSG_SPACE(size)};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    char taken;

    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(rights), fds, size);
    return sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof up->tap && recv(socket, &taken, 1, 0) == 1;
}

bool up_receive_interface(int socket, struct up *up)
{
    int fds[DESCRIPTORS] = {-1, -1};
    union control control;
    struct iovec part = {&up->tap, sizeof up->tap};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    bool whole = recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == sizeof up->tap;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

    up->tap.fd = up->stats_socket = -1;
    if (!whole || !rights || rights->cmsg_type != SCM_RIGHTS)
        return false;
    memcpy(fds, CMSG_DATA(rights), rights->cmsg_len - CMSG_LEN(0));
    up->tap.fd = fds[0];
    up->stats_socket = fds[1];
    return send(socket, "", 1, MSG_NOSIGNAL) == 1;
}
