// SPDX-License-Identifier: BSD-2-Clause
//
// The transports that weir_transport_open chooses from. `options` is what follows the colon in the card's
// name.
#ifndef WEIR_TRANSPORT_INTERNAL_H
#define WEIR_TRANSPORT_INTERNAL_H

#include "weir_transport.h"

struct weir_transport *weir_transport_sim_open(const char *options, char *error, size_t error_size);

#endif
