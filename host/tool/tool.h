// SPDX-License-Identifier: BSD-2-Clause
//
// The weir command: what its files share. A command gets its own arguments (argv[0] is its name) and returns
// an exit code.
#ifndef WEIR_TOOL_H
#define WEIR_TOOL_H

#include <errno.h>

#include "options.h"

#define WEIR_TOOL_VERSION "0.1"

// Exit codes.
enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NO_CARD = 3 };

int cmd_ping(const struct options *options, int argc, char **argv);
int cmd_get(const struct options *options, int argc, char **argv);
int cmd_send(const struct options *options, int argc, char **argv);
int cmd_recv(const struct options *options, int argc, char **argv);
int cmd_run(const struct options *options, int argc, char **argv);
int cmd_list(const struct options *options, int argc, char **argv);
int cmd_up(const struct options *options, int argc, char **argv);
int cmd_down(const struct options *options, int argc, char **argv);
int cmd_stats(const struct options *options, int argc, char **argv);
int cmd_info(const struct options *options, int argc, char **argv);
int cmd_selftest(const struct options *options, int argc, char **argv);

// The exit code for a card that cannot be opened, with weir_transport_open's errno.
static inline int exit_code_without_card(int reason)
{
    return reason == ENODEV ? EXIT_NO_CARD : reason == EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

// Print "weir: ..." to stderr and return EXIT_FAILED and EXIT_USAGE.
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
