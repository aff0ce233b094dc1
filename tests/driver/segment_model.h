// SPDX-License-Identifier: BSD-2-Clause
//
// What becomes of a frame record on its way to the wire: checksum insertion and segmentation of TCP and UDP,
// by Linux's rules (IP identification + 1 a segment; CWR on the first only; FIN and PSH on the last only),
// the simplest way in C.
#ifndef WEIR_SEGMENT_MODEL_H
#define WEIR_SEGMENT_MODEL_H

#include "weir_record.h"

// The Internet checksum's sum (RFC 1071) over bytes, added to `sum`; not folded.
uint64_t model_sum(uint64_t sum, const uint8_t *data, size_t length);
uint16_t model_fold(uint64_t sum);

typedef void model_emit(void *context, const uint8_t *frame, size_t length);

// Calls `emit` for each frame that the record becomes. Their number; 0 when the record makes no sense.
unsigned model_segment(const struct weir_record *record, model_emit *emit, void *context);

#endif
