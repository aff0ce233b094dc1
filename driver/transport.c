// SPDX-License-Identifier: BSD-2-Clause
//
// Chooses the way to the card by the part of its name before the colon.
#include "transport_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    struct weir_transport *(*open)(const char *options, char *error, size_t error_size);
} kinds[] = {
    {"usb", weir_transport_libusb_open},
    {"usbredir", weir_transport_usbredir_open},
    {"sim", weir_transport_sim_open},
};

const char weir_transport_forms[] =
    "  usb                  the only card at USB\n"
    "  usb:serial=NUMBER    the one with this serial number\n"
    "  usb:BUS-PORT         the one at this port, as in usb:1-2.1\n"
    "  usbredir:HOST:PORT   what a usbredir server exports, such as weir-sim\n"
    "  usbredir:unix:PATH   the same, at a socket in the file system\n"
    "  sim:tap=NAME         a simulated one whose wire is a TAP interface\n"
    "  sim:veth=NAME        a simulated one whose wire is any interface, best one end of a veth pair\n"
    "  sim:peer=ADDRESS     a simulated one whose wire leads to another simulated one\n"
    "  sim:peer=loop        a simulated one with a loop-back plug in its socket\n";

struct weir_transport *weir_transport_open(const char *spec, char *error, size_t error_size)
{
    size_t length = strcspn(spec, ":");
    const char *options = spec[length] == ':' ? spec + length + 1 : spec + length;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, spec, length) == 0)
            return kinds[i].open(options, error, error_size);
    }
    snprintf(error, error_size, "no card is named \"%s\"; a card is one of\n%s", spec, weir_transport_forms);
    errno = EINVAL;
    return NULL;
}
