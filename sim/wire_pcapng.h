// SPDX-License-Identifier: BSD-2-Clause
//
// Writes what is on the cable into a pcapng file (draft-ietf-opsawg-pcapng): both directions, with FCS, in
// device time to the nanosecond. The interface block says that frames carry four bytes of FCS, so tshark and
// Wireshark check it.
//
// Each frame is written with one system call as it passes. So the file can be read at any moment, also while
// the simulation runs (`tail -c +1 -f FILE | wireshark -k -i -`), and is whole after a crash or kill -9.
#ifndef WEIR_WIRE_PCAPNG_H
#define WEIR_WIRE_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_pcapng;

// Inbound and outbound in the file, which takes the card's view.
enum wire_direction { WIRE_TO_CARD, WIRE_FROM_CARD };

// Makes or overwrites `path`; `interface_name` is shown as the frames' interface. NULL with errno.
struct wire_pcapng *wire_pcapng_open(const char *path, const char *interface_name);
// `time`: ns, the first preamble byte. `ok` false marks a preamble or gap that IEEE 802.3 does not allow; a
// wrong FCS is found here and marked too. 0, or a negative errno (then the file ends with the frame before,
// and stays valid).
int wire_pcapng_frame(struct wire_pcapng *file, enum wire_direction direction, uint64_t time,
                      const uint8_t *frame, size_t length, bool ok);
// Closes the file; NULL is allowed.
void wire_pcapng_close(struct wire_pcapng *file);

#endif
