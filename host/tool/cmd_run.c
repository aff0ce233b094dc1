// SPDX-License-Identifier: BSD-2-Clause
//
// weir run: hold the address. The card answers ARP, the stack answers ping, until a signal or --for has
// passed.
#include <getopt.h>
#include <stdio.h>

#include "runner.h"
#include "tool.h"

int cmd_run(const struct options *options, int argc, char **argv)
{
    static const struct option known[] = {{"for", required_argument, NULL, 'f'}, {0}};
    weir_time length = WEIR_TIME_NEVER;
    struct runner runner;
    char text[IP_TEXT_SIZE];
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option != 'f')
            return misuse("run takes only --for SECONDS");
        if (!parse_seconds(optarg, &length))
            return misuse("--for %s: a number of seconds is needed", optarg);
    }
    if (optind < argc)
        return misuse("run takes no \"%s\"", argv[optind]);
    int error = runner_open(&runner, options, RUNNER_STACK);
    if (error)
        return error;

    weir_time end = length == WEIR_TIME_NEVER ? length : runner_now(&runner) + length;
    fprintf(stderr, "%s is there; ^C ends it\n", ip_text(&options->address, text));
    while (runner_now(&runner) < end && runner_step(&runner, end)) {
    }
    bool finished = runner.interrupted || runner_now(&runner) >= end;
    return runner_close(&runner, finished ? EXIT_FINE : EXIT_FAILED);
}
