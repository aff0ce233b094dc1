// SPDX-License-Identifier: BSD-2-Clause
//
// weir: a Weir card from the command line. One command a file, cmd_*.c; runner.c joins card and TCP/IP stack.
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"
#include "weir_link.h"

static const struct {
    const char *name;
    int (*run)(const struct options *options, int argc, char **argv);
} commands[] = {
    {"ping", cmd_ping}, {"get", cmd_get},   {"send", cmd_send},         {"recv", cmd_recv},
    {"run", cmd_run},   {"up", cmd_up},     {"down", cmd_down},         {"stats", cmd_stats},
    {"info", cmd_info}, {"list", cmd_list}, {"selftest", cmd_selftest},
};

static const char help[] =
    "usage: weir [OPTIONS] COMMAND\n"
    "\n"
    "  weir ping [-c COUNT] [-i SECONDS] [-s BYTES] [-W SECONDS] HOST\n"
    "                    ask a host for echoes\n"
    "  weir get [-o FILE] [--progress] URL\n"
    "                    download over HTTP\n"
    "  weir send [-q SECONDS] [--progress] HOST PORT [FILE]\n"
    "                    send a file, or standard input, over TCP, and print the answer;\n"
    "                    -q: do not wait longer for its end once all has arrived\n"
    "  weir recv [--progress] PORT [FILE]\n"
    "                    take one TCP connection and write what comes\n"
    "  weir run [--for SECONDS]\n"
    "                    be there: answer ARP and ping, until ^C\n"
    "  weir up [--name NAME] [--mtu BYTES] [--user USER] [--no-arp]\n"
    "                    a network interface of the kernel, until ^C; --user: whom it becomes once it is\n"
    "                    there (nobody); --no-arp: let the kernel answer ARP\n"
    "  weir down NAME    end that\n"
    "  weir stats [--name NAME] [--all] [--json] [--watch[=SECONDS]]\n"
    "                    what running interfaces have counted so far, or, where there is none, the card\n"
    "  weir info         what the card is, can do, and has counted\n"
    "  weir selftest [--phy|--wire]\n"
    "                    send frames of every kind round in a loop within the card, with --phy within its\n"
    "                    Ethernet PHY, or with --wire through a loop-back plug in its socket, and tell what\n"
    "                    to measure where one does not come back\n"
    "  weir list         the cards that are plugged in, and what --card takes\n"
    "\n"
    "The options stand before the command:\n"
    "\n"
    "  --card CARD       which card (see weir list); without it WEIR_CARD, without that the only one at\n"
    "                    USB. One of weir-sim's is usbredir:HOST:PORT or usbredir:unix:PATH. A simulated\n"
    "                    one is sim:tap=NAME, sim:veth=NAME or sim:peer=ADDRESS, then if wanted\n"
    "                    ,pcap=FILE ,trace=FILE ,usb-trace=FILE ,seed=N ,mac=ADDRESS\n"
    "                    ,speed=high|full ,port=high|full ,phy=sound|noisy|none and, in percent,\n"
    "                    ,loss=P ,reorder=P ,duplicate=P ,corrupt=P ,usb-corrupt=P ,usb-lost=P\n"
    "  --wait            wait for a card that is not there, and go on when one that was pulled out is\n"
    "                    back: connections stay\n"
    "  --ip A.B.C.D/LEN  our address and the length of its network; without it WEIR_IP\n"
    "  --gateway A.B.C.D the way to other networks\n"
    "  --stats[=FILE]    at the end, tell what the hardware did; with FILE as lines of `name value`\n"
    "  --no-tso          cut TCP segments in software\n"
    "  --no-csum         sum in software, too, and coalesce nothing\n"
    "  --no-coalesce     take each TCP segment by itself\n"
    "  --help, --version this, and which version it is\n"
    "\n"
    "HOST is an IPv4 address. Exit codes: 0 it worked, 1 it did not, 2 it was not understood,\n"
    "3 there is no such card, or it was pulled out.\n";

static void complain(const char *format, va_list arguments)
{
    fprintf(stderr, "weir: ");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    return EXIT_FAILED;
}

int misuse(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    return EXIT_USAGE;
}

static int print_help(void)
{
    fputs(help, stdout);
    return EXIT_FINE;
}

int main(int argc, char **argv)
{
    struct options options;
    int command;

    signal(SIGPIPE, SIG_IGN); // a write says EPIPE instead
    if (!options_parse(&options, argc, argv, &command))
        return EXIT_USAGE;
    if (options.version) {
        printf("weir %s, link version %d.%d\n", WEIR_TOOL_VERSION, WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR);
        return EXIT_FINE;
    }
    if (options.help)
        return print_help();
    if (command == argc) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[command], "help") == 0)
        return print_help();
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[command], commands[i].name) == 0) {
            optind = 0; // getopt starts anew
            int result = commands[i].run(&options, argc - command, argv + command);
            if (result == EXIT_USAGE)
                options_tell_misplaced(argc - command, argv + command);
            return result;
        }
    }
    return misuse("there is no command \"%s\"; `weir help` tells what there is", argv[command]);
}
