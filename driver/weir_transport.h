// SPDX-License-Identifier: BSD-2-Clause
//
// A way to a card's endpoints: in-process simulation, libusb, usbredir. The card (weir_card.h) is written
// against this alone. A transport is used by one thread.
#ifndef WEIR_TRANSPORT_H
#define WEIR_TRANSPORT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t weir_time; // nanoseconds since an arbitrary start; device time on a simulated card
#define WEIR_TIME_NEVER UINT64_MAX

enum weir_transfer_status {
    WEIR_TRANSFER_OK,
    WEIR_TRANSFER_STALL,
    WEIR_TRANSFER_ERROR,
    WEIR_TRANSFER_OVERFLOW,
    WEIR_TRANSFER_CANCELLED,
    WEIR_TRANSFER_NO_DEVICE,
};

// A bulk or interrupt transfer. One that ends with STALL or ERROR leaves its endpoint halted: those queued
// behind it come back CANCELLED with nothing moved, and the endpoint takes new ones after
// CLEAR_FEATURE(ENDPOINT_HALT), both sides at DATA0. So nothing is ever sent behind a gap, but where the
// system does it (usbfs): then those queued behind come back with something moved. The caller owns it and the
// buffer and leaves both alone from submit to `complete`.
struct weir_transfer {
    uint8_t endpoint; // bEndpointAddress: WEIR_EP_OUT, WEIR_EP_IN, WEIR_EP_NOTIFY
    uint8_t *buffer;
    size_t length;
    size_t actual;
    enum weir_transfer_status status;
    void (*complete)(struct weir_transfer *transfer); // called inside poll; may submit again
    void *context;                                    // the caller's
    void *transport_private;                          // the transport's
};

struct weir_transport;

struct weir_transport_ops {
    // Does a control transfer on endpoint 0 to its end: bmRequestType, bRequest, wValue, wIndex, data,
    // wLength. Returns the bytes moved, or a negative errno (-EPIPE for STALL, -ENODEV when the card is gone,
    // -EIO).
    int (*control)(struct weir_transport *transport, uint8_t request_type, uint8_t request, uint16_t value,
                   uint16_t index, uint8_t *data, uint16_t length);
    // Queues a transfer. 0, or a negative errno; then `complete` is not called.
    int (*submit)(struct weir_transport *transport, struct weir_transfer *transfer);
    // Asks for a queued transfer back; `complete` still comes, inside a later poll.
    void (*cancel)(struct weir_transport *transport, struct weir_transfer *transfer);
    // Moves things on: calls `complete` of transfers that ended. Returns when something completed, at the
    // latest at `deadline`. 0, or a negative errno (-ENODEV when the card is gone, -EINTR after a signal,
    // -ENOLINK when a simulated card's cable leads nowhere any more, which is told on stderr).
    int (*poll)(struct weir_transport *transport, weir_time deadline);
    // From now on poll also returns when one of these is ready as in poll(2), with `revents` filled in; the
    // caller keeps `fds` valid until the next call. count 0 ends it.
    void (*watch)(struct weir_transport *transport, struct pollfd *fds, size_t count);
    weir_time (*now)(const struct weir_transport *transport);
    // Class, subclass and protocol of the interface; protocol is the link's major version.
    void (*interface_id)(const struct weir_transport *transport, uint8_t id[3]);
    void (*close)(struct weir_transport *transport); // cancels everything, waits for every `complete`, frees
    // Chooses the card's configuration anew, upon which the card drops all that is under way in it, and its
    // endpoints begin at DATA0. No transfer may be under way. 0, or a negative errno. An operation that a
    // transport need not have that never moves a transfer behind one that failed.
    int (*restart)(struct weir_transport *transport);
    // Memory for transfers' buffers that this transport moves best; close frees it. NULL: there is none. An
    // operation that a transport need not have: any memory will do.
    uint8_t *(*allocate)(struct weir_transport *transport, size_t size);
    // Bytes of a full bulk packet: 512 at high speed, 64 at full speed. One that need not be there: high
    // speed.
    unsigned (*packet_size)(const struct weir_transport *transport);
};

struct weir_transport {
    const struct weir_transport_ops *ops;
};

// Opens the card that `spec` names:
//     usb                  the only card at USB
//     usb:serial=NUMBER    the one with this serial number, which is its MAC address in hexadecimal
//     usb:BUS-PORT         the one at this port, as in usb:1-2.1
//     usbredir:HOST:PORT | usbredir:unix:PATH    what a usbredir server exports, such as weir-sim
//     sim:tap=NAME | sim:peer=ADDRESS |
//     sim:veth=NAME[,pcap=FILE][,trace=FILE][,seed=N][,mac=ADDRESS][,phy=sound|noisy|none]
//         [,loss=PERCENT][,reorder=PERCENT]
//         [,duplicate=PERCENT][,corrupt=PERCENT][,usb-corrupt=PERCENT][,usb-lost=PERCENT]
//                          a simulated card in this process
// NULL on failure; then `error` (of `error_size` bytes) says what went wrong and what to do. errno is ENODEV
// when the card is not there now and EACCES when it may not be used now: either may change when one is
// plugged in. It is EINVAL when `spec` was not understood.
struct weir_transport *weir_transport_open(const char *spec, char *error, size_t error_size);

// The forms of `spec`, for people: one a line, with what it means.
extern const char weir_transport_forms[];

#endif
