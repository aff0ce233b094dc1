// SPDX-License-Identifier: BSD-2-Clause
//
// weir-sim: the simulated card as a program. Its USB side is a usbredir socket, its wire side a TAP, a veth,
// another weir-sim.
//
// Time is device time, as in driver/transport_sim.c: while the card has something to do it advances as fast
// as the simulation runs; while the card is idle the program sleeps until the client, the wire or a signal
// wakes it, and device time advances by the time slept.
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim_options.h"
#include "sim_wire.h"
#include "socket_address.h"
#include "usbredir_server.h"

static const char help[] =
    "usage: weir-sim --usbredir ADDRESS [OPTIONS]\n"
    "\n"
    "The simulated card: the boards' Verilog, with a socket for a USB plug. QEMU plugs it into a guest\n"
    "(-chardev socket,id=weir,path=PATH -device usb-redir,chardev=weir), the weir tool takes it as\n"
    "--card usbredir:ADDRESS. One client at a time; when it leaves, the next one finds the card just plugged "
    "in.\n"
    "\n"
    "  --usbredir ADDRESS    listen at HOST:PORT, unix:PATH, or a path with a slash in it\n"
    "  --speed high|full     the speed of the USB: full is the card without a USB PHY, on D+ and D-\n"
    "  --port high|full      full: the card with its USB PHY, at a port that knows full speed alone\n"
    "  --suspend             suspend the bus when a client wants nothing of a configured card for 50 ms, as "
    "when it has\n"
    "                        suspended its port, which usbredir cannot tell\n"
    "\n"
    "The card's wire:\n"
    "  --tap NAME            a TAP interface (ip tuntap add mode tap name NAME)\n"
    "  --veth NAME           one end of a veth pair, or any Ethernet interface\n"
    "  --peer ADDRESS        another weir-sim that is given the same address (HOST:PORT or unix:PATH), if "
    "need be later\n"
    "  --pcap FILE           write what is on the wire into a pcapng file\n"
    "  --loss P, --reorder P, --duplicate P, --corrupt P\n"
    "                        this happens to so many per cent of the frames, either way\n"
    "\n"
    "  --mac ADDRESS         the card's own address, from which its serial number follows\n"
    "  --phy sound|noisy|none\n"
    "                        the Ethernet PHY: sound unless given, damaging frames while it loops back, or not there\n"
    "  --usb-corrupt P       so many per cent of the USB packets have a wrong bit\n"
    "  --usb-lost P          so many per cent of the USB handshakes are lost\n"
    "  --seed N              for all that is random; the same seed and the same input give the same run\n"
    "  --trace FILE.fst      write every signal; the card is about fifteen times slower\n"
    "  --usb-trace FILE.vcd  write D+ and D- at full speed, for sigrok\n"
    "  --help\n"
    "\n"
    "SIGUSR1 pulls the USB plug, and the next one plugs it in again; SIGINT and SIGTERM end the program.\n";

struct program {
    struct sim_options options;
    const char *address;
    bool suspends, suspended; // whether the bus may be, and is
    struct weir_sim *sim;
    struct sim_wire wire;
    struct usbredir_server *client;
    int listener, signals;
    bool fresh; // nobody has used the card yet
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("weir-sim: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

// ---- options ----

enum { OPTION_KEY = 256, OPTION_USBREDIR, OPTION_SUSPEND, OPTION_HELP };
#define OPTIONS_MAX 40

static void list_options(struct option options[OPTIONS_MAX])
{
    size_t n = 0;

    options[n++] = (struct option){"usbredir", required_argument, NULL, OPTION_USBREDIR};
    options[n++] = (struct option){"suspend", no_argument, NULL, OPTION_SUSPEND};
    options[n++] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    for (size_t i = 0; sim_options_key(i) && n < OPTIONS_MAX - 1; i++)
        options[n++] = (struct option){sim_options_key(i), required_argument, NULL, OPTION_KEY};
    options[n] = (struct option){0};
}

// False when the program is not to run; then *code is its exit code.
static bool parse(struct program *program, int argc, char **argv, int *code)
{
    struct option options[OPTIONS_MAX];
    char error[400];
    int c, index;

    list_options(options);
    *code = 2;
    while ((c = getopt_long(argc, argv, "h", options, &index)) != -1) {
        if (c == OPTION_HELP || c == 'h') {
            fputs(help, stdout);
            *code = 0;
            return false;
        }
        if (c == OPTION_USBREDIR)
            program->address = optarg;
        else if (c == OPTION_SUSPEND)
            program->suspends = true;
        else if (c == '?')
            return false;
        else if (c == OPTION_KEY &&
                 !sim_options_set(&program->options, options[index].name, optarg, error, sizeof error)) {
            bool names = strncmp(error, options[index].name, strlen(options[index].name)) == 0;
            say("%s%s", names ? "--" : "", error);
            return false;
        }
    }
    if (optind == argc && program->address)
        return true;
    if (optind < argc)
        say("\"%s\" is no option; see weir-sim --help", argv[optind]);
    else
        say("where shall the card be? Give --usbredir unix:PATH or --usbredir HOST:PORT; see weir-sim "
            "--help");
    return false;
}

// ---- life ----

static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool open_card(struct program *program)
{
    char error[400] = "";
    struct weir_sim_config config = {
        .wire_out = sim_wire_out,
        .wire_sent = sim_wire_sent,
        .wire_context = &program->wire,
        .configuration = WEIR_SIM_NO_CONFIGURATION,
        .error = error,
        .error_size = sizeof error,
    };

    if (!sim_wire_open(&program->wire, &program->options, NULL, error, sizeof error)) {
        say("%s", error);
        return false;
    }
    program->wire.patient = true;
    sim_options_config(&program->options, &config);
    program->sim = weir_sim_create(&config);
    if (!program->sim)
        say("the card does not start: %s", *error ? error : strerror(errno));
    return program->sim != NULL;
}

static bool open_all(struct program *program)
{
    char error[400];

    program->signals = open_signals();
    program->listener = socket_address_listen(program->address, error, sizeof error);
    if (program->listener < 0) {
        say("%s", error);
        return false;
    }
    return open_card(program);
}

static void close_all(struct program *program)
{
    usbredir_server_destroy(program->client);
    weir_sim_destroy(program->sim);
    sim_wire_close(&program->wire);
    if (program->listener >= 0)
        socket_address_unlisten(program->address, program->listener);
    close(program->signals);
}

// ---- the loop ----

static void toggle_plug(struct program *program)
{
    if (weir_sim_attached(program->sim)) {
        if (program->client)
            usbredir_server_unplugged(program->client);
        weir_sim_unplug(program->sim);
        say("unplugged");
    } else if (!weir_sim_plug(program->sim)) {
        say("the card does not come back: %s", weir_sim_usb_error(program->sim));
    } else {
        say("plugged in");
        program->fresh = true;
        if (program->client)
            usbredir_server_plugged(program->client);
    }
}

// False when the program is to end.
static bool take_signals(struct program *program)
{
    struct signalfd_siginfo signal;

    while (read(program->signals, &signal, sizeof signal) == sizeof signal) {
        if (signal.ssi_signo != SIGUSR1)
            return false;
        toggle_plug(program);
    }
    return true;
}

static void take_client(struct program *program)
{
    int fd = accept4(program->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    program->client = usbredir_server_create(program->sim, fd, program->fresh);
    program->fresh = false;
    if (program->client && program->suspends)
        usbredir_server_suspends(program->client);
    if (program->client)
        say("a client has come");
}

static void serve_client(struct program *program)
{
    if (!program->client)
        take_client(program);
    if (!program->client || usbredir_server_serve(program->client))
        return;
    say("%s", usbredir_server_error(program->client));
    usbredir_server_destroy(program->client);
    program->client = NULL;
}

// Nothing is to be done until somebody wants something of the card.
static void sleep_idle(struct program *program)
{
    struct pollfd fds[3] = {
        {.fd = program->signals, .events = POLLIN},
        {.fd = program->listener, .events = POLLIN},
    };

    if (program->client)
        fds[1] = (struct pollfd){.fd = usbredir_server_fd(program->client),
                                 .events = usbredir_server_events(program->client)};
    sim_wire_sleep(&program->wire, program->sim, fds, 2,
                   program->client ? usbredir_server_wake_at(program->client) : UINT64_MAX);
}

static void tell_of_suspend(struct program *program)
{
    bool suspended = weir_sim_suspended(program->sim);

    if (suspended != program->suspended)
        say(suspended ? "the bus is suspended" : "the bus is awake again");
    program->suspended = suspended;
}

static void run(struct program *program)
{
    while (take_signals(program)) {
        serve_client(program);
        tell_of_suspend(program);
        if (sim_wire_run(&program->wire, program->sim, UINT64_MAX))
            sleep_idle(program);
    }
}

int main(int argc, char **argv)
{
    struct program program = {.listener = -1, .signals = -1, .fresh = true};
    int code;

    if (!parse(&program, argc, argv, &code))
        return code;
    if (open_all(&program)) {
        printf("weir-sim: the card is at %s\n", program.address);
        fflush(stdout);
        run(&program);
        code = 0;
    } else {
        code = 1;
    }
    close_all(&program);
    return code;
}
