// SPDX-License-Identifier: BSD-2-Clause
//
// What a network card would do, done in software: a superframe cut into frames, a checksum put in. For what
// this card cannot (a segment longer than its longest frame, headers longer than 255 bytes, an offload left
// out of its bitstream), and for kernels that refuse large frames.
//
// It cuts as Linux does: IPv4's identification goes up by one a segment, CWR stays on the first alone, FIN
// and PSH on the last, a UDP checksum of 0 becomes FFFFh.
//
//     struct weir_bridge_cut cut;
//     if (weir_bridge_cut_start(&cut, &vnet, frame, length))
//         while ((length = weir_bridge_cut_next(&cut, out)) > 0) send(out, length);
#ifndef WEIR_BRIDGE_SEGMENT_H
#define WEIR_BRIDGE_SEGMENT_H

#include "bridge_frame.h"
#include "bridge_offload.h"

struct weir_bridge_cut {
    bool fixed_id; // the owner's, after the start: all segments keep the header's IPv4 identification

    struct weir_vnet vnet;
    const uint8_t *frame; // stays the caller's, unchanged until the last segment is out
    size_t length;
    struct weir_bridge_frame at;
    size_t header, payload; // bytes that each segment has; that one segment has at most
    size_t done;            // bytes of payload that are out
    unsigned index;         // of the next segment
    bool over;
    bool pieces;
    struct weir_vnet piece; // what goes with the piece that came last
};

// False when frame and header make no sense together: there is no right way to send it.
bool weir_bridge_cut_start(struct weir_bridge_cut *cut, const struct weir_vnet *vnet, const uint8_t *frame,
                           size_t length);
// After the start: cuts a superframe into smaller ones, of at most `most` bytes but of one segment at least,
// whose segments together are the superframe's. What is to be done to each is in `piece` then.
void weir_bridge_cut_into_pieces(struct weir_bridge_cut *cut, size_t most);
// Writes the next frame, of at most as many bytes as the superframe has, all checksums right. Its length; 0:
// there is none left.
size_t weir_bridge_cut_next(struct weir_bridge_cut *cut, uint8_t *out);

#endif
