// SPDX-License-Identifier: BSD-2-Clause
//
// weir send: a file or standard input to a TCP port; what the other side says, until it ends, goes to
// standard output.
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "progress.h"
#include "runner.h"
#include "stream.h"
#include "tool.h"

#define PIECE 65536

struct send {
    struct weir_ip host;
    uint16_t port;
    const char *file; // NULL: standard input
    bool show_progress;
    weir_time patience; // -q: for the other side's end, once all has arrived there

    struct runner runner;
    struct weir_tcp *tcp;
    struct input input;
    struct output output;
    struct progress progress;
    uint8_t buffer[PIECE]; // read and not yet in the connection's send buffer
    size_t next, filled;
    bool input_empty, input_ended; // nothing there now; nothing will come
    bool output_full, peer_ended;
    weir_time arrived_at; // when the other side acknowledged our end; 0: not yet
};

static int parse(struct send *send, int argc, char **argv)
{
    static const struct option known[] = {{"progress", no_argument, NULL, 'p'}, {0}};
    int option;

    send->patience = WEIR_TIME_NEVER;
    while ((option = getopt_long(argc, argv, "q:", known, NULL)) != -1) {
        if (option == 'q' && !parse_seconds(optarg, &send->patience))
            return misuse("-q %s: a number of seconds is needed", optarg);
        if (option == '?')
            return misuse("send knows -q SECONDS and --progress");
        send->show_progress |= option == 'p';
    }
    argc -= optind;
    argv += optind;
    if (argc < 2 || argc > 3)
        return misuse("send needs HOST PORT [FILE]");
    if (!parse_ip(argv[0], &send->host))
        return misuse("%s is not an IPv4 address; names are not looked up yet", argv[0]);
    if (!parse_port(argv[1], &send->port))
        return misuse("%s is not a port: a number from 1 to 65535 is needed", argv[1]);
    send->file = argv[2];
    return EXIT_FINE;
}

// Fills the connection's send buffer from the input. False after an error, which it has printed.
static bool give(struct send *send)
{
    while (!send->input_ended) {
        if (send->next == send->filled) {
            ssize_t got = input_read(&send->input, send->buffer, sizeof send->buffer);
            send->input_empty = got == -EAGAIN;
            if (send->input_empty)
                return true;
            if (got < 0) {
                fail("cannot read %s: %s", send->input.name, strerror((int)-got));
                return false;
            }
            send->next = 0;
            send->filled = (size_t)got;
            send->input_ended = got == 0;
            continue;
        }
        ptrdiff_t taken = weir_tcp_send(send->tcp, send->buffer + send->next, send->filled - send->next);
        if (taken < 0) {
            runner_tcp_failed(send->tcp, (int)taken);
            return false;
        }
        if (taken == 0)
            return true;
        send->next += (size_t)taken;
    }
    weir_tcp_shutdown(send->tcp); // the second time it does nothing
    return true;
}

// Writes out what the other side says. False after an error, which it has printed.
static bool take(struct send *send)
{
    const uint8_t *data;
    ptrdiff_t length;

    while (!send->peer_ended && (length = weir_tcp_peek(send->tcp, &data)) != -EAGAIN) {
        if (length < 0) {
            runner_tcp_failed(send->tcp, (int)length);
            return false;
        }
        send->peer_ended = length == 0;
        if (length == 0)
            break;
        ssize_t written = output_write(&send->output, data, (size_t)length);
        send->output_full = written == -EAGAIN;
        if (send->output_full)
            break;
        if (written < 0) {
            fail("cannot write %s: %s", send->output.name, strerror((int)-written));
            return false;
        }
        weir_tcp_consume(send->tcp, (size_t)written);
    }
    return true;
}

// All we sent, and our end of the stream, is acknowledged.
static bool delivered(const struct send *send)
{
    enum weir_tcp_state state = weir_tcp_state(send->tcp);

    return send->input_ended &&
           (state == WEIR_TCP_FIN_WAIT_2 || state == WEIR_TCP_TIME_WAIT || state == WEIR_TCP_CLOSED);
}

// When to go though the other side has not ended.
static weir_time leave_at(struct send *send, weir_time now)
{
    if (send->arrived_at == 0)
        send->arrived_at = now;
    return send->patience == WEIR_TIME_NEVER ? WEIR_TIME_NEVER : send->arrived_at + send->patience;
}

// True when everything arrived, both ways.
static bool transfer(struct send *send)
{
    while (give(send) && take(send)) {
        bool arrived = delivered(send);
        weir_time now = runner_now(&send->runner), until = WEIR_TIME_NEVER;

        runner_note_flow(&send->runner, send->tcp);
        progress_show(&send->progress, send->runner.bytes_sent, now - send->runner.flow_start);
        if (arrived && weir_tcp_error(send->tcp) != 0) {
            runner_tcp_failed(send->tcp, weir_tcp_error(send->tcp));
            return false;
        }
        if (arrived)
            until = leave_at(send, now);
        if (arrived && (send->peer_ended || now >= until))
            return true;
        runner_watch(&send->runner, 0, send->input_empty && !send->input_ended ? send->input.fd : -1, POLLIN);
        runner_watch(&send->runner, 1, send->output_full ? send->output.fd : -1, POLLOUT);
        if (!runner_step(&send->runner, until)) {
            if (send->runner.interrupted)
                fail("interrupted: %llu bytes had arrived", (unsigned long long)send->runner.bytes_sent);
            return false;
        }
    }
    return false;
}

int cmd_send(const struct options *options, int argc, char **argv)
{
    static struct send send; // too large for some stacks
    int error = parse(&send, argc, argv);

    if (error)
        return error;
    if (!input_open(&send.input, send.file) || !output_open(&send.output, NULL))
        return EXIT_FAILED;
    error = runner_open(&send.runner, options, RUNNER_STACK);
    if (error)
        return error;
    bool good = runner_connect(&send.runner, &send.host, send.port, &send.tcp);
    if (good) {
        progress_start(&send.progress, send.show_progress);
        send.progress.total = send.input.total;
        good = transfer(&send);
        progress_end(&send.progress, send.runner.bytes_sent, send.runner.flow_end - send.runner.flow_start);
        if (!good && weir_tcp_state(send.tcp) != WEIR_TCP_CLOSED)
            weir_tcp_abort(send.tcp);
        weir_tcp_release(send.tcp);
        runner_watch(&send.runner, 0, -1, 0);
        runner_watch(&send.runner, 1, -1, 0);
        runner_step(&send.runner,
                    runner_now(&send.runner)); // the last acknowledgement, or the reset, goes out
    }
    input_close(&send.input);
    return runner_close(&send.runner, good ? EXIT_FINE : EXIT_FAILED);
}
