// SPDX-License-Identifier: BSD-2-Clause
#include "runner.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "stats.h"
#include "tool.h"

#define MTU 1500
#define IP_AND_TCP 40
#define FRAME_COST 32                 // bytes in the card's memory: Ethernet header, record header, padding
#define FINISH_TIME (2 * WEIR_SECOND) // a peer that does not close its side is left after this
#define SHORTEST_WAIT 1000            // ns; device time must go on whatever the stack asks for

static int block_signals(int how)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(how, &signals, NULL);
    return how == SIG_BLOCK ? signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
}

// A window that the card's receive memory holds, so that a peer which fills it overflows nothing: three
// quarters, for other peers' frames need room too, less what each segment costs besides its payload there.
static size_t receive_buffer(const struct weir_card_caps *caps)
{
    const size_t segments = caps->rx_memory / 4 * 3 / (MTU + FRAME_COST);

    return (segments > 2 ? segments : 2) * (MTU - IP_AND_TCP);
}

static bool open_stack(struct runner *runner)
{
    const struct options *options = runner->options;
    const struct weir_card_caps *caps = weir_card_caps(runner->card);
    bool csum = options->csum && caps->features & WEIR_CAP_TX_CSUM;
    size_t most = weir_card_enough(runner->card);
    struct weir_stack_config config = {
        .address = options->address,
        .prefix_length = options->prefix_length,
        .gateway = options->gateway,
        .mtu = MTU,
        .tx_csum = csum,
        .tso = csum && options->tso && caps->features & WEIR_CAP_TSO4,
        .max_superframe = caps->max_superframe < most ? caps->max_superframe : most,
        .receive_buffer = receive_buffer(caps),
    };

    memcpy(config.mac, caps->mac, sizeof config.mac);
    if (getrandom(config.secret, sizeof config.secret, 0) != sizeof config.secret) {
        fail("no random numbers from the system: %s", strerror(errno));
        return false;
    }
    runner->caps = *caps;
    runner->stack = weir_stack_create(&config, runner_now(runner));
    if (!runner->stack)
        fail("no TCP/IP stack: %s", strerror(errno));
    return runner->stack != NULL;
}

static bool configure_card(struct runner *runner)
{
    int error = runner_configure_card(runner);

    if (error)
        fail("the card takes no settings (%s): plug it in anew", strerror(-error));
    return error == 0;
}

static int abandon(struct runner *runner, int exit_code)
{
    runner_end_wait(runner);
    if (runner->card)
        weir_card_close(runner->card);
    if (runner->stack)
        weir_stack_destroy(runner->stack);
    if (runner->fds[0].fd >= 0)
        close(runner->fds[0].fd);
    block_signals(SIG_UNBLOCK);
    return exit_code;
}

int runner_open(struct runner *runner, const struct options *options, enum runner_use use)
{
    *runner = (struct runner){.options = options};
    for (unsigned i = 0; i < RUNNER_FDS; i++)
        runner->fds[i] = (struct pollfd){.fd = -1};
    if (use == RUNNER_STACK && options->address.version == 0)
        return misuse("which address? Give --ip or set WEIR_IP, as in 10.0.0.2/24");
    runner->fds[0] = (struct pollfd){.fd = block_signals(SIG_BLOCK), .events = POLLIN};
    int error = runner_open_card(runner);
    while (!error && !runner->card && !runner->interrupted) // --wait
        runner_await_card(runner, WEIR_TIME_NEVER);
    if (!error && !runner->card)
        error = EXIT_NO_CARD;
    if (!error)
        runner->opened = runner_now(runner);
    if (!error && use == RUNNER_STACK && !(open_stack(runner) && configure_card(runner)))
        error = EXIT_FAILED;
    return error ? abandon(runner, error) : EXIT_FINE;
}

int runner_close(struct runner *runner, int exit_code)
{
    if (runner->lost && exit_code != EXIT_FINE)
        exit_code = EXIT_NO_CARD;
    if (runner->options->stats && !stats_tell(runner))
        exit_code = exit_code == EXIT_FINE ? EXIT_FAILED : exit_code;
    if (runner->broken && exit_code == EXIT_FINE)
        exit_code = runner->lost ? EXIT_NO_CARD : EXIT_FAILED;
    return abandon(runner, exit_code);
}

void runner_watch(struct runner *runner, unsigned slot, int fd, short events)
{
    runner->fds[1 + slot] = (struct pollfd){.fd = fd, .events = events};
}

// Moves what the stack wants to send to the card. False when the card will take no more for now.
static bool send_due(struct runner *runner)
{
    struct weir_tx tx;

    while (weir_card_can_send(runner->card) &&
           weir_card_queued(runner->card) < weir_card_enough(runner->card)) {
        if (!weir_stack_output(runner->stack, runner_now(runner), &tx))
            return true;
        struct weir_card_tx frame = {
            .header = tx.header,
            .header_length = tx.header_length,
            .payload = {{tx.payload[0].data, tx.payload[0].length},
                        {tx.payload[1].data, tx.payload[1].length}},
            .needs_csum = tx.needs_csum,
            .csum_start = tx.csum_start,
            .csum_offset = tx.csum_offset,
            .gso_type = tx.gso_size == 0         ? WEIR_GSO_NONE
                        : tx.gso_ip_version == 6 ? WEIR_GSO_TCPV6
                                                 : WEIR_GSO_TCPV4,
            .gso_size = tx.gso_size,
        };
        int error = weir_card_send(runner->card, &frame);
        if (error)
            fail("the card refuses a frame of the stack (%s): please report this", strerror(-error));
    }
    return false;
}

void runner_take_signal(struct runner *runner)
{
    struct signalfd_siginfo signal;

    if (runner->fds[0].fd < 0 || read(runner->fds[0].fd, &signal, sizeof signal) <= 0)
        return;
    runner->interrupted = true;
    block_signals(SIG_UNBLOCK); // a second one ends us at once
}

static int poll_card(struct runner *runner, weir_time deadline)
{
    return weir_card_poll(runner->card, deadline == WEIR_TIME_NEVER ? deadline : deadline - runner->shift);
}

// The card has failed. True when there is hope.
static bool failed(struct runner *runner, int error)
{
    if (error == -ENODEV && runner->options->wait)
        return runner_lose_card(runner);
    runner->broken = true;
    runner->lost = error == -ENODEV;
    if (runner->lost)
        fail("the card is gone: plug it in again (--wait before the command waits for it and goes on)");
    else if (error == -ENOLINK)
        fail("nothing is at the other end of the cable any more: make its interface anew");
    else
        fail("the card does not work any more (%s): plug it in anew", strerror(-error));
    return false;
}

bool runner_step(struct runner *runner, weir_time deadline)
{
    if (runner->broken)
        return false;
    if (!runner->card)
        return runner_await_card(runner, deadline) && !runner->interrupted;
    // When the card takes no more, only it can move things on.
    if (runner->stack && send_due(runner)) {
        weir_time due = weir_stack_poll_at(runner->stack), now = runner_now(runner);
        if (due < deadline)
            deadline = due < now + SHORTEST_WAIT ? now + SHORTEST_WAIT : due;
    }
    int error = poll_card(runner, deadline);
    runner_take_signal(runner);
    if (runner->stack)
        send_due(runner); // also runs timers, whose effects the caller must see before the next wait
    if (error == 0 || error == -EINTR)
        return !runner->interrupted;
    return failed(runner, error) && !runner->interrupted;
}

int runner_no_way(const struct runner *runner, const struct weir_ip *remote)
{
    const struct options *options = runner->options;
    const char *wrong = not_a_host(options, remote);
    char text[IP_TEXT_SIZE];

    ip_text(remote, text);
    if (memcmp(remote->bytes, options->address.bytes, 4) == 0)
        return fail("%s is our own address: give another host's", text);
    if (wrong)
        return fail("%s is %s: give a host's address", text, wrong);
    return fail("no way to %s: it is not in our network, so give --gateway", text);
}

bool runner_connect(struct runner *runner, const struct weir_ip *remote, uint16_t port, struct weir_tcp **tcp)
{
    char text[IP_TEXT_SIZE];

    *tcp = weir_tcp_connect(runner->stack, runner_now(runner), remote, port, 0);
    if (!*tcp && errno == ENETUNREACH)
        runner_no_way(runner, remote);
    else if (!*tcp)
        fail("no connection to %s: %s", ip_text(remote, text), strerror(errno));
    if (!*tcp)
        return false;
    while (weir_tcp_state(*tcp) == WEIR_TCP_SYN_SENT || weir_tcp_state(*tcp) == WEIR_TCP_SYN_RECEIVED) {
        if (!runner_step(runner, WEIR_TIME_NEVER))
            goto over;
    }
    if (weir_tcp_error(*tcp) == 0) {
        runner->flow_start = runner->flow_end = runner_now(runner);
        return true;
    }
    runner_tcp_failed(*tcp, weir_tcp_error(*tcp));
over:
    if (weir_tcp_state(*tcp) != WEIR_TCP_CLOSED)
        weir_tcp_abort(*tcp);
    weir_tcp_release(*tcp);
    return false;
}

void runner_note_flow(struct runner *runner, const struct weir_tcp *tcp)
{
    struct weir_tcp_info info;

    weir_tcp_info(tcp, &info);
    if (info.bytes_acked > runner->bytes_sent || info.bytes_received > runner->bytes_received)
        runner->flow_end = runner_now(runner);
    runner->bytes_sent = info.bytes_acked;
    runner->bytes_received = info.bytes_received;
}

void runner_finish(struct runner *runner, struct weir_tcp *tcp)
{
    weir_time deadline = runner_now(runner) + FINISH_TIME;
    enum weir_tcp_state state;

    weir_tcp_shutdown(tcp);
    while ((state = weir_tcp_state(tcp)) != WEIR_TCP_CLOSED && state != WEIR_TCP_TIME_WAIT &&
           runner_now(runner) < deadline) {
        if (!runner_step(runner, deadline))
            break;
    }
    weir_tcp_release(tcp);
}

int runner_unreachable(const struct weir_ip *remote)
{
    char text[IP_TEXT_SIZE];

    return fail("%s cannot be reached: is it up, and on the card's wire?", ip_text(remote, text));
}

int runner_tcp_failed(const struct weir_tcp *tcp, int error)
{
    char text[IP_TEXT_SIZE];
    struct weir_ip remote;
    uint16_t port;

    weir_tcp_remote(tcp, &remote, &port);
    ip_text(&remote, text);
    switch (error < 0 ? -error : error) {
    case ECONNREFUSED:
        return fail("%s refuses connections to port %u: is the server running?", text, port);
    case EHOSTUNREACH:
        return runner_unreachable(&remote);
    case ETIMEDOUT:
        return fail("%s port %u does not answer any more: is it up, and does a firewall stand between?", text,
                    port);
    case ECONNRESET:
        return fail("%s broke the connection off: its own log may say why", text);
    default:
        return fail("the connection to %s port %u failed: %s", text, port,
                    strerror(error < 0 ? -error : error));
    }
}
