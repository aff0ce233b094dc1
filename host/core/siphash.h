// SPDX-License-Identifier: BSD-2-Clause
//
// SipHash-2-4 (Aumasson, Bernstein 2012): a keyed hash for hash tables, sequence numbers and ports that
// nobody outside can predict.
#ifndef WEIR_SIPHASH_H
#define WEIR_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t weir_siphash(const uint8_t key[16], const void *data, size_t length);

#endif
