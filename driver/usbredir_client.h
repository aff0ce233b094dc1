// SPDX-License-Identifier: BSD-2-Clause
//
// What the files of the usbredir client share: transport_usbredir.c (the socket, waiting), usbredir_device.c
// (the device as a whole and endpoint 0) and usbredir_transfers.c (bulk and interrupt transfers under way).
#ifndef WEIR_USBREDIR_CLIENT_H
#define WEIR_USBREDIR_CLIENT_H

#include <usbredirparser.h>

#include "transfer_queue.h"
#include "weir_link.h"
#include "weir_transport.h"

#define FLIGHTS_MAX 64
#define NEWS_MAX 4 // interrupt messages that nobody has asked for yet

// A transfer that the exporter has, or, while its endpoint is halted, will have.
struct flight {
    uint64_t id; // 0: none
    struct weir_transfer *transfer;
    bool held;
};

struct news {
    uint8_t bytes[WEIR_NOTIFY_SIZE];
    size_t length;
};

// A request that is waited for.
struct request {
    uint64_t id;
    bool answered;
    uint8_t status;
    uint8_t *data;
    size_t room, actual;
};

struct usbredir_transport {
    struct weir_transport base;
    struct usbredirparser *parser;
    int fd;
    uint64_t last_id;
    struct flight flights[FLIGHTS_MAX]; // in order of submission, without gaps
    size_t count;
    bool halted[2]; // OUT, IN
    struct queue notify, done;
    struct news news[NEWS_MAX];
    size_t news_count;
    struct request request;
    uint8_t interface[3];
    bool connected, high_speed, gone;
    unsigned packet;     // of the bulk endpoints, bytes; 0: the exporter has not told
    char complaint[160]; // of the parser
    struct pollfd *watched;
    size_t watched_count;
};

static inline struct usbredir_transport *usbredir_self(const struct weir_transport *transport)
{
    return (struct usbredir_transport *)transport;
}

// transport_usbredir.c
// Waits until `*flag`; false when the exporter is gone or says nothing.
bool usbredir_await(struct usbredir_transport *transport, const bool *flag);
// The exporter, or its device, is gone.
void usbredir_lose(struct usbredir_transport *transport);

// usbredir_device.c
void usbredir_set_device_callbacks(struct usbredirparser *parser);
// Chooses configuration 1, and asks for the interrupt messages.
bool usbredir_configure(struct usbredir_transport *transport);
int usbredir_control(struct weir_transport *base, uint8_t request_type, uint8_t request, uint16_t value,
                     uint16_t index, uint8_t *data, uint16_t length);
int usbredir_restart(struct weir_transport *base);
void usbredir_interface_id(const struct weir_transport *base, uint8_t id[3]);
unsigned usbredir_packet_size(const struct weir_transport *base);

// usbredir_transfers.c
void usbredir_set_transfer_callbacks(struct usbredirparser *parser);
int usbredir_submit(struct weir_transport *base, struct weir_transfer *transfer);
void usbredir_cancel(struct weir_transport *base, struct weir_transfer *transfer);
// The endpoint has been cleared: what waited for that goes out.
void usbredir_release(struct usbredir_transport *transport, uint8_t endpoint);
// Ends everything that is under way.
void usbredir_finish_all(struct usbredir_transport *transport, enum weir_transfer_status status);
// Calls `complete` of what has ended. True when there was something to tell.
bool usbredir_tell(struct usbredir_transport *transport);

#endif
