// SPDX-License-Identifier: BSD-2-Clause
//
// UDP (RFC 768). No socket listens yet, so every datagram is answered by "port unreachable".
#ifndef WEIR_UDP_INTERNAL_H
#define WEIR_UDP_INTERNAL_H

#include "ip/ip_wire.h"

void weir_udp_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip,
                    enum weir_rx_csum csum);

#endif
