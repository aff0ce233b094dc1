// SPDX-License-Identifier: BSD-2-Clause
#include "core/bytes.h"
#include "tcp/tcp_wire.h"

enum { END = 0, NOP = 1, MSS = 2, SCALE = 3, TIME = 8 };

#define SCALE_MAX 14 // RFC 7323 section 2.3

static void parse_one(const uint8_t *option, size_t length, struct weir_tcp_options *options)
{
    if (option[0] == MSS && length == 4) {
        options->has_mss = true;
        options->mss = weir_get16(option + 2);
    } else if (option[0] == SCALE && length == 3) {
        options->has_scale = true;
        options->scale = option[2] > SCALE_MAX ? SCALE_MAX : option[2];
    } else if (option[0] == TIME && length == 10) {
        options->has_time = true;
        options->time = weir_get32(option + 2);
        options->echo = weir_get32(option + 6);
    }
}

// Unknown options, and known ones of wrong length, are skipped; an option that does not fit ends the list.
void weir_tcp_options_parse(const uint8_t *bytes, size_t length, struct weir_tcp_options *options)
{
    *options = (struct weir_tcp_options){0};
    while (length > 0 && bytes[0] != END) {
        size_t size = 1;
        if (bytes[0] != NOP) {
            if (length < 2 || bytes[1] < 2 || bytes[1] > length) {
                return;
            }
            size = bytes[1];
            parse_one(bytes, size, options);
        }
        bytes += size;
        length -= size;
    }
}

size_t weir_tcp_options_emit(uint8_t *bytes, const struct weir_tcp_options *options)
{
    size_t length = 0;
    if (options->has_mss) {
        bytes[0] = MSS;
        bytes[1] = 4;
        weir_put16(bytes + 2, options->mss);
        length = 4;
    }
    if (options->has_time) {
        weir_put32(bytes + length, (uint32_t)NOP << 24 | (uint32_t)NOP << 16 | TIME << 8 | 10);
        weir_put32(bytes + length + 4, options->time);
        weir_put32(bytes + length + 8, options->echo);
        length += 12;
    }
    if (options->has_scale) {
        weir_put32(bytes + length, (uint32_t)NOP << 24 | (uint32_t)SCALE << 16 | 3 << 8 | options->scale);
        length += 4;
    }
    return length;
}
