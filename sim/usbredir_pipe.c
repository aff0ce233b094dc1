// SPDX-License-Identifier: BSD-2-Clause
//
// Transfers of the client: queued by endpoint, given to the host model one after the other, answered.
#include "usbredir_internal.h"

#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 4096 // queued by one client
#define RETRIES 16

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
    weir_sim_resume(pipe->server->sim); // where it is suspended
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

void usbredir_cancel_job(struct pipe *pipe, struct job *job)
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
                usbredir_cancel_job(&server->pipes[i], job);
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
            usbredir_cancel_job(pipe, pipe->first);
        free(pipe->unread);
        pipe->unread = NULL;
        pipe->unread_length = 0;
        pipe->unread_whole = false;
    }
}
