// SPDX-License-Identifier: BSD-2-Clause
//
// What the files of the libusb transport share: transport_libusb.c (the transport's calls, the event thread),
// libusb_queue.c (the endpoints' queues). How a card is found and made ours is in libusb_find.c,
// libusb_card.c.
//
// Threads. libusb's callbacks run in the event thread (or in whichever thread waits for a control transfer).
// They move ended transfers to `done`, under the lock, and ring the bell, an eventfd; poll, in the caller's
// thread, calls `complete`.
#ifndef WEIR_TRANSPORT_LIBUSB_H
#define WEIR_TRANSPORT_LIBUSB_H

#include <pthread.h>
#include <stdatomic.h>

#include "libusb_card.h"
#include "weir_transport.h"

// A transfer of the caller's on its way, by one libusb transfer or, after a shortage of memory, by several in
// turn.
struct usb_request {
    struct weir_transfer *transfer;
    struct libusb_transfer *usb;
    struct usb_endpoint *endpoint;
    struct usb_request *next;
    bool running; // libusb has it
    bool started; // libusb has had a part of it
    bool recalled;
    bool ended;
};

// Requests end in the order in which they were submitted.
struct usb_endpoint {
    struct libusb_transport *owner;
    struct usb_request *first, **last;
    unsigned running; // requests that libusb has
    unsigned limit;   // of `running`; halved when the system's memory for USB is used up
    size_t chunk;     // bytes of OUT that libusb gets at a time; likewise
    bool halted;
};

enum { USB_OUT, USB_IN, USB_NOTIFY, USB_ENDPOINTS };

struct usb_buffer {
    uint8_t *data;
    size_t size;
    bool mapped; // libusb_dev_mem_alloc's
    struct usb_buffer *next;
};

struct libusb_transport {
    struct weir_transport base;
    struct libusb_card card;
    pthread_t thread;
    atomic_bool stop; // the event thread
    int bell;
    struct pollfd *watched;
    size_t watched_count;
    struct usb_buffer *buffers;

    pthread_mutex_t lock;  // of all that follows
    pthread_cond_t change; // `gone`, or a request came back from libusb
    struct usb_endpoint endpoint[USB_ENDPOINTS];
    struct usb_request *done, **done_last;
    struct usb_request *idle; // to be used again
    bool rung;
    bool starving; // a request waits for memory
    bool gone;     // the card
    bool closing;  // nothing is submitted any more
};

// All of these with the lock held.

void usb_queue_init(struct libusb_transport *transport);
// Frees what requests there are; none is under way.
void usb_queue_free(struct libusb_transport *transport);
struct usb_endpoint *usb_queue_endpoint(struct libusb_transport *transport, uint8_t address);
// 0, or a negative errno.
int usb_queue_submit(struct libusb_transport *transport, struct weir_transfer *transfer);
// Tries again what waits for memory.
void usb_queue_retry(struct libusb_transport *transport);
void usb_queue_cancel(struct libusb_transport *transport, struct weir_transfer *transfer);
// Calls everything back; `done` has it all once nothing runs.
void usb_queue_cancel_all(struct libusb_transport *transport);
// The endpoints are as after SET_CONFIGURATION.
void usb_queue_unhalt(struct libusb_transport *transport);
unsigned usb_queue_running(const struct libusb_transport *transport);
// The next ended transfer, or NULL.
struct weir_transfer *usb_queue_take_done(struct libusb_transport *transport);

#endif
