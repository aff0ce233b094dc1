// SPDX-License-Identifier: BSD-2-Clause
//
// Transfers of the client: queued by endpoint, given to the host model one after the other, answered.
#include "usbredir_internal.h"

#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 4096                   // queued by one client
#define BYTES_MAX ((size_t)64 << 20)    // that it sent and the card has not taken
#define TRANSFER_MAX ((size_t)16 << 20) // of one IN transfer
#define RETRIES 16
#define IS_IN(endpoint) (((endpoint)&0x80) != 0)

static uint8_t status_of(enum weir_usb_status status)
{
    static const uint8_t map[] = {
        [WEIR_USB_OK] = usb_redir_success,          [WEIR_USB_STALL] = usb_redir_stall,
        [WEIR_USB_ERROR] = usb_redir_ioerror,       [WEIR_USB_OVERFLOW] = usb_redir_babble,
        [WEIR_USB_CANCELLED] = usb_redir_cancelled, [WEIR_USB_NO_DEVICE] = usb_redir_ioerror,
    };
    return map[status];
}

struct pipe *usbredir_pipe(struct usbredir_server *server, uint8_t endpoint)
{
    return &server->pipes[(endpoint & 15) | ((endpoint & 15) ? (endpoint & 0x80) >> 3 : 0)];
}

void usbredir_pipes_init(struct usbredir_server *server)
{
    for (unsigned i = 0; i < USBREDIR_PIPES; i++) {
        server->pipes[i].server = server;
        server->pipes[i].last = &server->pipes[i].first;
    }
}

// ---- jobs ----

struct job *usbredir_add_job(struct usbredir_server *server, enum job_kind kind, uint64_t id,
                             uint8_t endpoint)
{
    struct pipe *pipe = usbredir_pipe(server, endpoint);
    struct job *job = server->jobs < JOBS_MAX ? calloc(1, sizeof *job) : NULL;

    if (!job) {
        usbredir_end(server, "the client has %zu requests waiting", server->jobs);
        return NULL;
    }
    job->kind = kind;
    job->id = id;
    job->endpoint = endpoint;
    *pipe->last = job;
    pipe->last = &job->next;
    server->jobs++;
    return job;
}

static void unlink_job(struct pipe *pipe, struct job *job)
{
    struct job **link = &pipe->first;

    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    if (pipe->last == &job->next)
        pipe->last = link;
}

static void free_job(struct usbredir_server *server, struct job *job)
{
    if (job->received) {
        server->bytes -= job->length;
        usbredirparser_free_packet_data(server->parser, job->received);
    }
    free(job->room);
    server->jobs--;
    free(job);
}

// ---- answers ----

static void answer_bulk(struct usbredir_server *server, const struct job *job, uint8_t status)
{
    bool in = IS_IN(job->endpoint);
    struct usb_redir_bulk_packet_header header = {
        .endpoint = job->endpoint,
        .status = status,
        .length = (uint16_t)job->moved,
        .length_high = (uint16_t)(job->moved >> 16),
        .stream_id = job->stream_id,
    };
    usbredirparser_send_bulk_packet(server->parser, job->id, &header, in ? job->room : NULL,
                                    in ? (int)job->moved : 0);
}

static void answer_interrupt(struct usbredir_server *server, const struct job *job, uint8_t status)
{
    struct usb_redir_interrupt_packet_header header = {
        .endpoint = job->endpoint, .status = status, .length = (uint16_t)job->moved};
    bool in = IS_IN(job->endpoint);

    usbredirparser_send_interrupt_packet(server->parser, in ? server->interrupt_id++ : job->id, &header,
                                         in ? job->room : NULL, in ? (int)job->moved : 0);
}

// The endless job begins anew, until it fails; then the client is told that it has ended.
static void answer_receiving(struct pipe *pipe, const struct job *job, uint8_t status)
{
    struct usbredir_server *server = pipe->server;

    pipe->receiving = NULL;
    if (status == usb_redir_success) {
        struct job *again = usbredir_add_job(server, JOB_RECEIVING, job->id, job->endpoint);
        answer_interrupt(server, job, status);
        if (again)
            again->length = job->length;
        pipe->receiving = again;
    } else if (status != usb_redir_cancelled) {
        struct usb_redir_interrupt_receiving_status_header header = {.status = status,
                                                                     .endpoint = job->endpoint};
        usbredirparser_send_interrupt_receiving_status(server->parser, job->id, &header);
    }
}

static void answer(struct pipe *pipe, struct job *job, uint8_t status)
{
    if (job->kind == JOB_BULK)
        answer_bulk(pipe->server, job, status);
    else if (job->kind == JOB_INTERRUPT)
        answer_interrupt(pipe->server, job, status);
    else if (job->kind == JOB_RECEIVING)
        answer_receiving(pipe, job, status);
    else
        usbredir_answer_control(pipe->server, job, status);
}

// Ends a job: off the queue, answered if there still is a client, freed.
static void finish(struct pipe *pipe, struct job *job, uint8_t status)
{
    unlink_job(pipe, job);
    if (!pipe->server->over)
        answer(pipe, job, status);
    free_job(pipe->server, job);
}

// ---- cancelled IN data ----

// The data goes back to where it came from. A job that has moved something has used up all that was kept
// before.
static void keep(struct pipe *pipe, struct job *job, bool whole)
{
    size_t length = pipe->unread_length + job->moved;
    uint8_t *unread = length > 0 ? malloc(length) : NULL;

    if (length > 0 && !unread) {
        usbredir_end(pipe->server, "out of memory");
        return;
    }
    if (job->moved > 0)
        memcpy(unread, job->room, job->moved);
    if (pipe->unread_length > 0)
        memcpy(unread + job->moved, pipe->unread, pipe->unread_length);
    free(pipe->unread);
    pipe->unread = unread;
    pipe->unread_whole = pipe->unread_length > 0 ? pipe->unread_whole : whole;
    pipe->unread_length = length;
    job->moved = 0;
}

// Hands kept data to a job. True when the job is done with that.
static bool take_kept(struct pipe *pipe, struct job *job)
{
    size_t room = job->length - job->moved;
    size_t length = pipe->unread_length < room ? pipe->unread_length : room;

    if (length > 0) {
        memcpy(job->room + job->moved, pipe->unread, length);
        memmove(pipe->unread, pipe->unread + length, pipe->unread_length - length);
    }
    pipe->unread_length -= length;
    job->moved += length;
    bool whole = pipe->unread_whole && pipe->unread_length == 0;
    if (whole)
        pipe->unread_whole = false;
    return whole || (job->length > 0 && job->moved == job->length);
}

// ---- the host model ----

static void on_complete(struct weir_usb_transfer *usb)
{
    struct pipe *pipe = usb->context;
    struct job *job = pipe->first;
    bool data = (job->endpoint & 15) != 0;

    pipe->busy = false;
    job->moved += usb->actual;
    if (usb->actual > 0)
        job->retries = 0;
    if (usb->status == WEIR_USB_ERROR && data && job->retries++ < RETRIES)
        return; // it is still the first: begun anew where it stood
    finish(pipe, job, status_of(usb->status));
    if (usb->status != WEIR_USB_OK && data) {
        while (pipe->first)
            finish(pipe, pipe->first, usb_redir_cancelled);
    }
}

// A cancelled transfer: its job is ended by whoever cancels.
static void on_cancelled(struct weir_usb_transfer *usb)
{
    struct pipe *pipe = usb->context;

    pipe->busy = false;
    pipe->first->moved += usb->actual;
}

static void start(struct pipe *pipe)
{
    struct job *job = pipe->first;
    bool in = IS_IN(job->endpoint) || (job->endpoint == 0 && IS_IN(job->setup[0]));

    if (in && !job->room && (job->room = malloc(job->length ? job->length : 1)) == NULL) {
        usbredir_end(pipe->server, "out of memory");
        return;
    }
    if (IS_IN(job->endpoint) && take_kept(pipe, job)) {
        finish(pipe, job, usb_redir_success);
        return;
    }
    uint8_t *data = in ? job->room : job->received;
    pipe->busy = true;
    pipe->usb = (struct weir_usb_transfer){
        .endpoint = job->endpoint,
        .buffer = data ? data + job->moved : NULL,
        .length = job->length - job->moved,
        .complete = on_complete,
        .context = pipe,
    };
    memcpy(pipe->usb.setup, job->setup, sizeof job->setup);
    weir_sim_submit(pipe->server->sim, &pipe->usb);
}

void usbredir_start(struct usbredir_server *server)
{
    for (unsigned i = 0; i < USBREDIR_PIPES; i++) {
        struct pipe *pipe = &server->pipes[i];
        while (pipe->first && !pipe->busy && !server->over)
            start(pipe);
    }
}

// ---- cancelling ----

static void cancel(struct pipe *pipe, struct job *job)
{
    bool whole = false;

    if (pipe->first == job && pipe->busy) {
        pipe->usb.complete = on_cancelled;
        weir_sim_cancel(pipe->server->sim, &pipe->usb);
        whole = pipe->usb.status == WEIR_USB_OK;
    }
    if (IS_IN(job->endpoint) && (whole || job->moved > 0))
        keep(pipe, job, whole);
    finish(pipe, job, usb_redir_cancelled);
}

bool usbredir_cancel(struct usbredir_server *server, uint64_t id)
{
    for (unsigned i = 0; i < USBREDIR_PIPES; i++) {
        for (struct job *job = server->pipes[i].first; job; job = job->next) {
            if (job->id == id && job->kind != JOB_RECEIVING) {
                cancel(&server->pipes[i], job);
                return true;
            }
        }
    }
    return false;
}

void usbredir_cancel_all(struct usbredir_server *server, bool data_only)
{
    for (unsigned i = data_only ? 1 : 0; i < USBREDIR_PIPES; i++) {
        struct pipe *pipe = &server->pipes[i];
        while (pipe->first)
            cancel(pipe, pipe->first);
        free(pipe->unread);
        pipe->unread = NULL;
        pipe->unread_length = 0;
        pipe->unread_whole = false;
    }
}

// ---- messages ----

static void on_bulk(void *context, uint64_t id, struct usb_redir_bulk_packet_header *header, uint8_t *data,
                    int data_length)
{
    struct usbredir_server *server = context;
    bool in = IS_IN(header->endpoint);
    size_t length = header->length | (size_t)header->length_high << 16;

    if (server->greeted && (header->endpoint & 0x70) == 0 && (header->endpoint & 15) != 0 &&
        (in ? length <= TRANSFER_MAX && data_length == 0 : (size_t)data_length == length)) {
        struct job *job = usbredir_add_job(server, JOB_BULK, id, header->endpoint);
        if (job) {
            job->length = length;
            job->stream_id = header->stream_id;
            job->received = data;
            server->bytes += data ? length : 0;
            if (server->bytes > BYTES_MAX)
                usbredir_end(server, "the client has sent %zu bytes that the card has not taken",
                             server->bytes);
            return;
        }
    }
    usbredirparser_free_packet_data(server->parser, data);
    header->status = usb_redir_inval;
    header->length = header->length_high = 0;
    usbredirparser_send_bulk_packet(server->parser, id, header, NULL, 0);
}

static void on_interrupt(void *context, uint64_t id, struct usb_redir_interrupt_packet_header *header,
                         uint8_t *data, int data_length)
{
    struct usbredir_server *server = context;
    bool good = server->greeted && (header->endpoint & 0xF0) == 0 && header->endpoint != 0 &&
                data_length == header->length;
    struct job *job = good ? usbredir_add_job(server, JOB_INTERRUPT, id, header->endpoint) : NULL;

    if (job) {
        job->length = header->length;
        job->received = data;
        server->bytes += data ? job->length : 0;
        return;
    }
    usbredirparser_free_packet_data(server->parser, data);
    header->status = usb_redir_inval;
    header->length = 0;
    usbredirparser_send_interrupt_packet(server->parser, id, header, NULL, 0);
}

static void on_iso(void *context, uint64_t id, struct usb_redir_iso_packet_header *header, uint8_t *data,
                   int length)
{
    struct usbredir_server *server = context;

    (void)length;
    usbredirparser_free_packet_data(server->parser, data);
    header->status = usb_redir_inval;
    header->length = 0;
    usbredirparser_send_iso_packet(server->parser, id, header, NULL, 0);
}

static void on_cancel(void *context, uint64_t id)
{
    usbredir_cancel(context, id); // one that is answered already is no error: the two messages have crossed
}

// wMaxPacketSize of an interrupt IN endpoint that is there now; 0 if there is none.
static size_t interrupt_packet(struct usbredir_server *server, uint8_t endpoint)
{
    size_t length;
    const uint8_t *config = weir_sim_config_descriptor(server->sim, &length);

    for (size_t at = 0; at + 2 <= length && config[at] >= 2; at += config[at]) {
        const uint8_t *descriptor = config + at;
        if (descriptor[1] == 5 && at + 7 <= length && descriptor[2] == endpoint && (descriptor[3] & 3) == 3)
            return (size_t)(descriptor[4] | descriptor[5] << 8) & 0x7FF;
    }
    return 0;
}

static void on_start_receiving(void *context, uint64_t id,
                               struct usb_redir_start_interrupt_receiving_header *header)
{
    struct usbredir_server *server = context;
    struct usb_redir_interrupt_receiving_status_header answer = {.status = usb_redir_inval,
                                                                 .endpoint = header->endpoint};
    size_t length =
        server->greeted && IS_IN(header->endpoint) ? interrupt_packet(server, header->endpoint) : 0;
    struct pipe *pipe = usbredir_pipe(server, header->endpoint);

    if (length > 0 && !pipe->receiving) {
        pipe->receiving = usbredir_add_job(server, JOB_RECEIVING, id, header->endpoint);
        if (pipe->receiving)
            pipe->receiving->length = length;
    }
    if (length > 0 && pipe->receiving)
        answer.status = usb_redir_success;
    usbredirparser_send_interrupt_receiving_status(server->parser, id, &answer);
}

static void on_stop_receiving(void *context, uint64_t id,
                              struct usb_redir_stop_interrupt_receiving_header *header)
{
    struct usbredir_server *server = context;
    struct usb_redir_interrupt_receiving_status_header answer = {.status = usb_redir_success,
                                                                 .endpoint = header->endpoint};
    struct pipe *pipe = usbredir_pipe(server, header->endpoint);

    if (pipe->receiving)
        cancel(pipe, pipe->receiving);
    usbredirparser_send_interrupt_receiving_status(server->parser, id, &answer);
}

void usbredir_set_data_callbacks(struct usbredirparser *parser)
{
    parser->bulk_packet_func = on_bulk;
    parser->interrupt_packet_func = on_interrupt;
    parser->iso_packet_func = on_iso;
    parser->cancel_data_packet_func = on_cancel;
    parser->start_interrupt_receiving_func = on_start_receiving;
    parser->stop_interrupt_receiving_func = on_stop_receiving;
}
