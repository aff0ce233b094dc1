// SPDX-License-Identifier: BSD-2-Clause
//
// The simulated card, exported over usbredir (protocol version 0.7): one client, such as QEMU's usb-redir
// device or driver/transport_usbredir.c, at a time. libusbredirparser takes the protocol apart; this turns
// its messages into what a host does on the bus: control transfers, bulk and interrupt transfers, resets.
// Every answer is the card's.
//
// A host's part that usbredir leaves to the exporter, done here or in the host model:
//   - SET_ADDRESS, after each reset (it never reaches an exporter; one that comes as a control transfer is
//   refused);
//   - three errors in a row end a transaction; the transfer is then begun anew where it stood, up to 16
//   times, as
//     xHCI drivers do (soft retry), so that what is queued behind does not overtake it;
//   - a transfer that failed takes those queued behind it with it: they come back cancelled;
//   - data of a cancelled IN transfer is kept for the next one, for clients drop it.
#ifndef WEIR_USBREDIR_SERVER_H
#define WEIR_USBREDIR_SERVER_H

#include "weir_sim.h"

struct usbredir_server;

// Serves the client at the other end of `fd`, a connected stream socket that does not block; it is the
// server's from now on. The card is reset when the client introduces itself, unless it is `fresh` (just made,
// in no configuration). NULL on lack of memory.
struct usbredir_server *usbredir_server_create(struct weir_sim *sim, int fd, bool fresh);

// Has the bus suspended when the client seems to have suspended its port, which usbredir cannot tell: the
// card is in a configuration, and nothing has been asked of it, and no transfer has waited for it, for 50 ms
// of device time. What the client says next resumes it. A remote wake-up by the card resumes the bus, too,
// but the client cannot be told.
void usbredir_server_suspends(struct usbredir_server *server);

// Device time at which to serve though the socket is silent; UINT64_MAX for never.
uint64_t usbredir_server_wake_at(const struct usbredir_server *server);

// Takes back what is under way and closes the socket.
void usbredir_server_destroy(struct usbredir_server *server);

// Reads what the client has sent, gives the card what is next, writes what is done. To be called again when
// the socket is ready for usbredir_server_events, and after each weir_sim_run. False when it is over:
// usbredir_server_error says why.
bool usbredir_server_serve(struct usbredir_server *server);

// The socket, and what to poll(2) it for.
int usbredir_server_fd(const struct usbredir_server *server);
short usbredir_server_events(const struct usbredir_server *server);
const char *usbredir_server_error(const struct usbredir_server *server);

// The card was unplugged or plugged in (weir_sim_unplug, weir_sim_plug): the client is told.
void usbredir_server_unplugged(struct usbredir_server *server);
void usbredir_server_plugged(struct usbredir_server *server);

#endif
