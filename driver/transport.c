// SPDX-License-Identifier: BSD-2-Clause
//
// Chooses the way to the card by the part of its name before the colon.
#include "transport_internal.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    struct weir_transport *(*open)(const char *options, char *error, size_t error_size);
} kinds[] = {
    {"sim", weir_transport_sim_open},
};

struct weir_transport *weir_transport_open(const char *spec, char *error, size_t error_size)
{
    size_t length = strcspn(spec, ":");
    const char *options = spec[length] == ':' ? spec + length + 1 : spec + length;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, spec, length) == 0)
            return kinds[i].open(options, error, error_size);
    }
    snprintf(error, error_size, "no card is named \"%s\"; a simulated one is sim:tap=NAME or sim:veth=NAME",
             spec);
    return NULL;
}
