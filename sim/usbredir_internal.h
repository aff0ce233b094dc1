// SPDX-License-Identifier: BSD-2-Clause
//
// What the files of the usbredir server share: usbredir_server.c (the client and its socket),
// usbredir_control.c (messages about the device as a whole, and endpoint 0), usbredir_data.c (messages about
// the other endpoints), usbredir_pipe.c (queues, and what the card made of a transfer).
#ifndef WEIR_USBREDIR_INTERNAL_H
#define WEIR_USBREDIR_INTERNAL_H

#include <usbredirparser.h>

#include "usbredir_server.h"

#define IS_IN(endpoint) (((endpoint)&0x80) != 0)
#define USBREDIR_PIPES 32 // index: endpoint number, + 16 for IN

// One request of the client, until it is answered.
enum job_kind {
    JOB_CONTROL,
    JOB_SET_CONFIGURATION,
    JOB_GET_CONFIGURATION,
    JOB_SET_INTERFACE,
    JOB_GET_INTERFACE,
    JOB_BULK,
    JOB_INTERRUPT, // OUT
    JOB_RECEIVING, // interrupt IN, again and again
};

struct job {
    struct job *next;
    enum job_kind kind;
    uint64_t id;
    uint8_t endpoint; // bEndpointAddress
    uint8_t setup[8]; // control
    uint32_t stream_id;
    uint8_t *received; // data to send, the parser's; or NULL
    uint8_t *room;     // for data to come: made when it is this job's turn
    size_t length, moved;
    unsigned retries; // in a row that moved nothing
};

// An endpoint's queue. Only the first job is the host model's: what is behind one that failed has not begun.
struct pipe {
    struct usbredir_server *server;
    struct job *first, **last;
    struct weir_usb_transfer usb; // the first job, in the host model's hands while `busy`
    bool busy;
    struct job *receiving; // the endless job of an interrupt IN endpoint
    // What the card has sent for transfers that were cancelled.
    uint8_t *unread;
    size_t unread_length;
    bool unread_whole; // and that it ended with a short packet
};

struct usbredir_server {
    struct weir_sim *sim;
    struct usbredirparser *parser;
    int fd;
    bool fresh, greeted;
    bool there; // the client knows of the card
    bool suspends, configured;
    uint64_t quiet_since; // device time when there was something to do, the last time
    bool over;            // the session
    char error[160];
    size_t jobs, bytes;              // queued
    uint8_t setting[USBREDIR_PIPES]; // alternate setting of each interface
    uint64_t interrupt_id;
    struct pipe pipes[USBREDIR_PIPES];
};

// usbredir_server.c: ends the session with a reason; only the first counts.
void usbredir_end(struct usbredir_server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// usbredir_control.c
void usbredir_set_control_callbacks(struct usbredirparser *parser);
// Tells the client of interfaces and endpoints, and then that a device is there.
void usbredir_connect(struct usbredir_server *server);
// Answers a job on endpoint 0.
void usbredir_answer_control(struct usbredir_server *server, struct job *job, uint8_t status);

// usbredir_data.c
void usbredir_set_data_callbacks(struct usbredirparser *parser);

// usbredir_pipe.c
void usbredir_pipes_init(struct usbredir_server *server);
struct pipe *usbredir_pipe(struct usbredir_server *server, uint8_t endpoint);
// A new job at the end of a pipe's queue; NULL, and the session over, when there are too many.
struct job *usbredir_add_job(struct usbredir_server *server, enum job_kind kind, uint64_t id,
                             uint8_t endpoint);
// Gives each pipe's first job to the host model.
void usbredir_start(struct usbredir_server *server);
// Takes a job back and answers it. False if there is no such job.
bool usbredir_cancel(struct usbredir_server *server, uint64_t id);
void usbredir_cancel_job(struct pipe *pipe, struct job *job);
// Takes everything back, but on endpoint 0 if `data_only`, and forgets what was kept.
void usbredir_cancel_all(struct usbredir_server *server, bool data_only);

#endif
