// SPDX-License-Identifier: BSD-2-Clause
//
// weir recv: takes one TCP connection and writes what comes, until the other side ends it.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "progress.h"
#include "runner.h"
#include "stream.h"
#include "tool.h"

struct recv {
    uint16_t port;
    const char *file; // NULL: standard output
    bool show_progress;

    struct runner runner;
    struct weir_tcp *tcp;
    struct output output;
    struct progress progress;
    bool output_full;
};

static int parse(struct recv *recv, int argc, char **argv)
{
    static const struct option known[] = {{"progress", no_argument, NULL, 'p'}, {0}};
    int option;

    *recv = (struct recv){0};
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option != 'p')
            return misuse("recv knows --progress");
        recv->show_progress = true;
    }
    argc -= optind;
    argv += optind;
    if (argc < 1 || argc > 2)
        return misuse("recv needs PORT [FILE]");
    if (!parse_port(argv[0], &recv->port))
        return misuse("%s is not a port: a number from 1 to 65535 is needed", argv[0]);
    recv->file = argv[1];
    return EXIT_FINE;
}

// Waits for a connection. False after an error, which it has printed, or a signal.
static bool accept_one(struct recv *recv)
{
    struct weir_tcp_listener *listener = weir_tcp_listen(recv->runner.stack, recv->port, 1);
    char text[IP_TEXT_SIZE];
    struct weir_ip remote;
    uint16_t port;

    if (!listener) {
        fail("cannot listen on port %u: %s", recv->port, strerror(errno));
        return false;
    }
    fprintf(stderr, "listening on %s port %u\n", ip_text(&recv->runner.options->address, text), recv->port);
    while ((recv->tcp = weir_tcp_accept(listener)) == NULL && runner_step(&recv->runner, WEIR_TIME_NEVER)) {
    }
    weir_tcp_listener_close(listener);
    if (!recv->tcp)
        return false;
    weir_tcp_remote(recv->tcp, &remote, &port);
    fprintf(stderr, "connection from %s port %u\n", ip_text(&remote, text), port);
    recv->runner.flow_start = recv->runner.flow_end = runner_now(&recv->runner);
    return true;
}

// Writes out what is there. 1 at the end of the stream, 0 before it, or a negative number after an error,
// which it has printed.
static int take(struct recv *recv)
{
    const uint8_t *data;
    ptrdiff_t length;

    while ((length = weir_tcp_peek(recv->tcp, &data)) > 0) {
        ssize_t written = output_write(&recv->output, data, (size_t)length);
        recv->output_full = written == -EAGAIN;
        if (recv->output_full)
            return 0;
        if (written < 0)
            return -fail("cannot write %s: %s", recv->output.name, strerror((int)-written));
        weir_tcp_consume(recv->tcp, (size_t)written);
    }
    if (length == 0)
        return 1;
    return length == -EAGAIN ? 0 : -runner_tcp_failed(recv->tcp, (int)length);
}

// True when the stream came to its end.
static bool receive(struct recv *recv)
{
    int result;

    while ((result = take(recv)) == 0) {
        runner_note_flow(&recv->runner, recv->tcp);
        progress_show(&recv->progress, recv->runner.bytes_received,
                      runner_now(&recv->runner) - recv->runner.flow_start);
        runner_watch(&recv->runner, 0, recv->output_full ? recv->output.fd : -1, POLLOUT);
        if (!runner_step(&recv->runner, WEIR_TIME_NEVER)) {
            if (recv->runner.interrupted)
                fail("interrupted after %llu bytes", (unsigned long long)recv->runner.bytes_received);
            return false;
        }
    }
    runner_note_flow(&recv->runner, recv->tcp);
    runner_watch(&recv->runner, 0, -1, 0);
    return result > 0;
}

int cmd_recv(const struct options *options, int argc, char **argv)
{
    struct recv recv;
    int error = parse(&recv, argc, argv);

    if (!error)
        error = runner_open(&recv.runner, options, RUNNER_STACK);
    if (error)
        return error;
    bool good = output_open(&recv.output, recv.file);
    if (good) {
        good = accept_one(&recv);
        if (good) {
            progress_start(&recv.progress, recv.show_progress);
            good = receive(&recv);
            progress_end(&recv.progress, recv.runner.bytes_received,
                         recv.runner.flow_end - recv.runner.flow_start);
        }
        good = output_close(&recv.output, good) && good;
    }
    if (recv.tcp && good) {
        runner_finish(&recv.runner, recv.tcp);
    } else if (recv.tcp) {
        weir_tcp_abort(recv.tcp);
        weir_tcp_release(recv.tcp);
        runner_step(&recv.runner, runner_now(&recv.runner)); // the reset goes out
    }
    return runner_close(&recv.runner, good ? EXIT_FINE : EXIT_FAILED);
}
