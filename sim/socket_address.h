// SPDX-License-Identifier: BSD-2-Clause
//
// Stream sockets by address: HOST:PORT ([HOST]:PORT for IPv6), unix:PATH, or a path with a slash in it.
#ifndef WEIR_SOCKET_ADDRESS_H
#define WEIR_SOCKET_ADDRESS_H

#include <stddef.h>

// A socket that listens there; it does not block. A path left behind by a program that is gone is taken over.
// -1: `error` says why and what to do.
int socket_address_listen(const char *address, char *error, size_t error_size);

// Closes it and removes its path, if it has one.
void socket_address_unlisten(const char *address, int fd);

// A socket that is connected; it does not block from then on. A negative errno on failure, and `error` as
// above (without what to do: that depends on who was to be there).
int socket_address_connect(const char *address, char *error, size_t error_size);

#endif
