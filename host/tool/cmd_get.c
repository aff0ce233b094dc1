// SPDX-License-Identifier: BSD-2-Clause
//
// weir get: a download over HTTP/1.1.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "http.h"
#include "progress.h"
#include "runner.h"
#include "stream.h"
#include "tool.h"

struct get {
    const char *text; // the URL as given
    struct http_url url;
    struct weir_ip host;
    const char *file; // NULL: standard output
    bool show_progress;

    struct runner runner;
    struct weir_tcp *tcp;
    struct http_response response;
    struct output output;
    bool output_full; // wait until it takes more
    struct progress progress;
    uint64_t received; // bytes of body
};

static int parse(struct get *get, int argc, char **argv)
{
    static const struct option known[] = {{"progress", no_argument, NULL, 'p'}, {0}};
    char error[400];
    int option;

    *get = (struct get){0};
    while ((option = getopt_long(argc, argv, "o:", known, NULL)) != -1) {
        if (option == 'o')
            get->file = optarg;
        else if (option == 'p')
            get->show_progress = true;
        else
            return misuse("get knows -o FILE and --progress");
    }
    if (optind + 1 != argc)
        return misuse("get needs one URL");
    get->text = argv[optind];
    if (!http_parse_url(get->text, &get->url, error, sizeof error))
        return misuse("%s", error);
    if (!parse_ip(get->url.host, &get->host))
        return misuse("%s is not an IPv4 address; names are not looked up yet", get->url.host);
    return EXIT_FINE;
}

static bool send_request(struct get *get)
{
    char request[2600];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: weir/" WEIR_TOOL_VERSION
                          "\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                          get->url.target, get->url.host, get->url.port);

    // The send buffer is empty and larger than any request.
    return weir_tcp_send(get->tcp, request, (size_t)length) == length;
}

// True when the response's head says that a file comes.
static bool check_status(const struct get *get)
{
    const struct http_response *response = &get->response;

    if (response->state == HTTP_STATUS_LINE || response->state == HTTP_HEADERS)
        return true; // not there yet
    if (response->status >= 200 && response->status < 300)
        return true;
    if (response->status < 400 && *response->location)
        fail("%s has moved: get %s instead", get->text, response->location);
    else
        fail("the server says %u %s to %s", response->status, response->reason, get->text);
    return false;
}

// Puts what was received into the response and its body into the output. 1 when some was taken, 0 when
// nothing can be now, or a negative number after an error, which it has printed.
static int take(struct get *get)
{
    const uint8_t *data, *body;
    size_t body_length;
    ptrdiff_t length = weir_tcp_peek(get->tcp, &data);

    if (length == 0)
        return http_response_end(&get->response) ? 1 : fail("%s: %s", get->text, get->response.error) * -1;
    if (length == -EAGAIN)
        return 0;
    if (length < 0)
        return -runner_tcp_failed(get->tcp, (int)length);

    struct http_response before = get->response;
    size_t taken = http_response_take(&get->response, data, (size_t)length, &body, &body_length);
    if (get->response.state == HTTP_BROKEN)
        return -fail("%s: %s", get->text, get->response.error);
    if (!check_status(get))
        return -1;
    get->progress.total = get->response.has_length && !get->response.chunked ? get->response.length : 0;
    if (body_length > 0) {
        ssize_t written = output_write(&get->output, body, body_length);
        get->output_full = written == -EAGAIN;
        if (written < 0 && !get->output_full)
            return -fail("cannot write %s: %s", get->output.name, strerror((int)-written));
        if (written < (ssize_t)body_length) { // less: as if the rest had not come yet
            get->response = before;
            taken = written > 0 ? (size_t)written : 0;
            if (taken > 0)
                http_response_take(&get->response, body, taken, &body, &body_length);
        }
        get->received += taken;
    }
    weir_tcp_consume(get->tcp, taken);
    return taken > 0;
}

// True when the file is whole.
static bool download(struct get *get)
{
    bool going = true;

    while (going) {
        int result;
        while ((result = take(get)) > 0 && get->response.state != HTTP_DONE)
            runner_note_flow(&get->runner, get->tcp);
        runner_note_flow(&get->runner, get->tcp);
        progress_show(&get->progress, get->received, runner_now(&get->runner) - get->runner.flow_start);
        if (result < 0)
            return false;
        if (get->response.state == HTTP_DONE)
            return true;
        runner_watch(&get->runner, 0, get->output_full ? get->output.fd : -1, POLLOUT);
        going = runner_step(&get->runner, WEIR_TIME_NEVER);
    }
    if (get->runner.interrupted)
        fail("interrupted after %llu bytes", (unsigned long long)get->received);
    return false;
}

int cmd_get(const struct options *options, int argc, char **argv)
{
    struct get get;
    int error = parse(&get, argc, argv);

    if (!error)
        error = runner_open(&get.runner, options, RUNNER_STACK);
    if (error)
        return error;
    if (!runner_connect(&get.runner, &get.host, get.url.port, &get.tcp))
        return runner_close(&get.runner, EXIT_FAILED);
    http_response_init(&get.response);
    progress_start(&get.progress, get.show_progress);
    bool good = output_open(&get.output, get.file);
    if (good) {
        good = send_request(&get) && download(&get);
        progress_end(&get.progress, get.received, get.runner.flow_end - get.runner.flow_start);
        good = output_close(&get.output, good) && good;
    }
    if (good) {
        runner_watch(&get.runner, 0, -1, 0);
        runner_finish(&get.runner, get.tcp);
    } else {
        weir_tcp_abort(get.tcp);
        weir_tcp_release(get.tcp);
        runner_step(&get.runner, runner_now(&get.runner)); // the reset goes out
    }
    return runner_close(&get.runner, good ? EXIT_FINE : EXIT_FAILED);
}
