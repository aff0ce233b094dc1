// SPDX-License-Identifier: BSD-2-Clause
//
// The frame check sequence of Ethernet (IEEE 802.3-2018 clause 3.2.9).
#ifndef WEIR_FCS_H
#define WEIR_FCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FCS_LENGTH 4
#define FCS_MIN_FRAME 60 // shortest frame without FCS (clause 4.2.3.3); shorter ones are padded with zeros

// Writes the FCS of frame[0..length) to frame[length..length + 4). Returns the length with it.
size_t fcs_append(uint8_t *frame, size_t length);
// As fcs_append, after padding with zeros to FCS_MIN_FRAME: what a MAC does with a frame that it is given to
// send.
size_t fcs_pad_append(uint8_t *frame, size_t length);
// Whether the last four bytes of frame[0..length) are the FCS of those before them.
bool fcs_ok(const uint8_t *frame, size_t length);

#ifdef __cplusplus
}
#endif
#endif
