// SPDX-License-Identifier: BSD-2-Clause
//
// The transports that weir_transport_open chooses from. `options` is what follows the colon in the card's
// name.
#ifndef WEIR_TRANSPORT_INTERNAL_H
#define WEIR_TRANSPORT_INTERNAL_H

#include "weir_transport.h"

struct weir_transport *weir_transport_libusb_open(const char *options, char *error, size_t error_size);
struct weir_transport *weir_transport_usbredir_open(const char *options, char *error, size_t error_size);
struct weir_transport *weir_transport_sim_open(const char *options, char *error, size_t error_size);

// As above, with the cable leading to `far_end` (see wire.h), whose owner the transport becomes once it is
// open; for peers in this process. NULL: what the options say.
struct wire;
struct weir_transport *weir_transport_sim_open_on(const char *options, struct wire *far_end, char *error,
                                                  size_t error_size);

#endif
