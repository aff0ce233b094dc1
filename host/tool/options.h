// SPDX-License-Identifier: BSD-2-Clause
//
// What stands before the command on the command line, or in the environment; and the kinds of values that
// commands take.
#ifndef WEIR_TOOL_OPTIONS_H
#define WEIR_TOOL_OPTIONS_H

#include <stdbool.h>

#include "weir_stack.h"

struct options {
    const char *card;       // --card, WEIR_CARD
    struct weir_ip address; // --ip, WEIR_IP; version 0: not given
    uint8_t prefix_length;
    struct weir_ip gateway; // version 0: none
    bool stats;
    const char *stats_file; // NULL: for people, on stderr
    bool tso, csum;         // let the card do it
    bool coalesce;          // the same; needs csum
    bool wait;              // for a card that is not there
    bool help, version;
};

// Reads the options in front of the command; `*command` becomes its index in argv (argc when there is none).
// False after an error, which it has printed.
bool options_parse(struct options *options, int argc, char **argv, int *command);
// For a command that was not understood: tells when one of these options is among its arguments.
void options_tell_misplaced(int argc, char **argv);

// Values. False, with nothing printed, when the text is not one.
bool parse_ip(const char *text, struct weir_ip *ip);
bool parse_port(const char *text, uint16_t *port);
bool parse_number(const char *text, unsigned long smallest, unsigned long largest, unsigned long *number);
bool parse_seconds(const char *text, weir_time *time);

// What an address is that no host can have, to stand behind "ADDRESS is"; NULL when one can (RFC 1122 section
// 3.2.1.3).
const char *not_a_host(const struct options *options, const struct weir_ip *ip);

#define IP_TEXT_SIZE 46
const char *ip_text(const struct weir_ip *ip, char text[IP_TEXT_SIZE]);

#endif
