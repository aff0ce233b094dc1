// SPDX-License-Identifier: BSD-2-Clause
//
// Who is at the other end of the cable, and what is said over it.
#include "wire_peer_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "socket_address.h"

#define RETRY UINT64_C(1000000000) // ns from one try to find somebody to the next

// ---- Messages ----

static void peer_message_emit(uint8_t out[PEER_HEADER], const struct peer_message *message)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)((unsigned)message->type >> (8 * i));
        out[4 + i] = (uint8_t)(message->length >> (8 * i));
    }
    for (unsigned i = 0; i < 8; i++)
        out[8 + i] = (uint8_t)(message->time >> (8 * i));
}

// False when it makes no sense.
static bool peer_message_parse(const uint8_t in[PEER_HEADER], struct peer_message *message)
{
    uint32_t type = 0, length = 0;
    uint64_t time = 0;

    for (unsigned i = 0; i < 4; i++) {
        type |= (uint32_t)in[i] << (8 * i);
        length |= (uint32_t)in[4 + i] << (8 * i);
    }
    for (unsigned i = 0; i < 8; i++)
        time |= (uint64_t)in[8 + i] << (8 * i);
    *message = (struct peer_message){(enum peer_type)type, length, time};
    if (time >= PEER_TIME_MAX)
        return false;
    switch (type) {
    case PEER_HELLO:
        return length == PEER_GREETING_SIZE;
    case PEER_FRAME:
        return length >= PEER_FRAME_MIN && length <= WIRE_FRAME_MAX;
    case PEER_BUSY:
    case PEER_IDLE:
        return length == 0;
    default:
        return false;
    }
}

uint64_t peer_wall_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void watch(struct peer *peer, int fd, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    epoll_ctl(peer->wire.poll_fd, operation, fd, &event);
}

// ---- Joining and losing ----

static void lose(struct peer *peer)
{
    close(peer->fd); // and so it leaves the epoll set
    peer->fd = -1;
    peer->joined = false;
    peer->in_length = peer->out_length = 0;
    peer->retry_at = peer_wall_now() + RETRY;
}

// The other end has closed the socket, or the system has.
static void hung_up(struct peer *peer)
{
    if (peer->joined) {
        peer->stats.lost++;
        fprintf(stderr, "simulated card: the card at the cable's other end (%s) is gone; waiting for one\n",
                peer->address);
    } else if (peer->listener < 0 && !peer->refused_told) {
        fprintf(stderr, "simulated card: the card at %s has another one at its cable; waiting for it\n",
                peer->address);
        peer->refused_told = true;
    }
    lose(peer);
}

static void talks_nonsense(struct peer *peer)
{
    peer->stats.lost += peer->joined;
    peer->stats.nonsense++;
    fprintf(stderr,
            "simulated card: what is at the cable's other end (%s) is no simulated card of this version; "
            "waiting for one\n",
            peer->address);
    lose(peer);
}

static void flush(struct peer *peer)
{
    while (peer->fd >= 0 && peer->out_length > 0) {
        ssize_t sent = send(peer->fd, peer->out, peer->out_length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            watch(peer, peer->fd, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        if (sent < 0) {
            hung_up(peer);
            return;
        }
        peer->out_ends_in_state = false;
        peer->out_length -= (size_t)sent;
        memmove(peer->out, peer->out + sent, peer->out_length);
        if (peer->out_length == 0)
            watch(peer, peer->fd, EPOLL_CTL_MOD, EPOLLIN);
    }
}

bool peer_tell(struct peer *peer, const struct peer_message *message, const void *data)
{
    bool state = message->type == PEER_BUSY || message->type == PEER_IDLE;

    if (state && peer->out_ends_in_state)
        peer->out_length -= PEER_HEADER;
    if (peer->out_length + PEER_HEADER + message->length > PEER_OUT_MAX)
        return false;
    peer_message_emit(peer->out + peer->out_length, message);
    if (message->length > 0)
        memcpy(peer->out + peer->out_length + PEER_HEADER, data, message->length);
    peer->out_length += PEER_HEADER + message->length;
    peer->out_ends_in_state = state;
    flush(peer);
    return true;
}

static void begin(struct peer *peer, int fd)
{
    peer->fd = fd;
    peer->greeted = false;
    watch(peer, fd, EPOLL_CTL_ADD, EPOLLIN);
}

// From this moment on both cards count.
static void greet(struct peer *peer)
{
    peer->greeted = true;
    peer->epoch = peer->now;
    peer->peer_time = peer->told_time = 0;
    peer->peer_idle = false;
    peer->told = NOTHING;
    peer->out_ends_in_state = false;
    peer_tell(peer, &(struct peer_message){PEER_HELLO, PEER_GREETING_SIZE, 0}, PEER_GREETING);
}

bool peer_join(struct peer *peer, char *error, size_t error_size)
{
    int fd = socket_address_connect(peer->address, error, error_size);

    if (fd >= 0) {
        begin(peer, fd);
        return true;
    }
    peer->listener = fd == -EINVAL ? -1 : socket_address_listen(peer->address, error, error_size);
    if (peer->listener < 0)
        return false;
    watch(peer, peer->listener, EPOLL_CTL_ADD, EPOLLIN);
    fprintf(stderr, "simulated card: the cable waits at %s for another card\n", peer->address);
    return true;
}

// A third card is hung up on.
static void accept_all(struct peer *peer)
{
    int fd;

    while ((fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        if (peer->fd >= 0)
            close(fd);
        else
            begin(peer, fd);
    }
}

static void find_somebody(struct peer *peer)
{
    char error[200];

    if (peer->listener >= 0) {
        accept_all(peer);
    } else if (peer->fd < 0 && peer_wall_now() >= peer->retry_at) {
        peer->retry_at = peer_wall_now() + RETRY;
        peer_join(peer, error, sizeof error);
    }
}

// ---- What the other end says ----

static bool take_frame(struct peer *peer, const uint8_t *bytes, const struct peer_message *message)
{
    struct waiting *frame = malloc(sizeof *frame + message->length);

    if (!frame)
        return false;
    frame->next = NULL;
    frame->due = peer->epoch + message->time + WIRE_PEER_LATENCY;
    frame->length = message->length;
    memcpy(frame->bytes, bytes, message->length);
    *peer->last = frame;
    peer->last = &frame->next;
    peer->waiting_bytes += frame->length;
    return true;
}

static bool take_greeting(struct peer *peer, const uint8_t *data)
{
    if (peer->joined || memcmp(data, PEER_GREETING, PEER_GREETING_SIZE) != 0)
        return false;
    peer->joined = true;
    peer->refused_told = false;
    peer->stats.joined++;
    fprintf(stderr, "simulated card: the cable leads to another card (%s)\n", peer->address);
    return true;
}

// False when it makes no sense. Time never goes back.
static bool take_message(struct peer *peer, const struct peer_message *message, const uint8_t *data)
{
    if (message->type == PEER_HELLO)
        return take_greeting(peer, data);
    if (!peer->joined || message->time < peer->peer_time)
        return false;
    peer->peer_time = message->time;
    peer->peer_idle = message->type == PEER_IDLE;
    return message->type != PEER_FRAME || take_frame(peer, data, message);
}

static void take_messages(struct peer *peer)
{
    struct peer_message message;
    size_t at = 0;

    while (peer->in_length - at >= PEER_HEADER) {
        if (!peer_message_parse(peer->in + at, &message)) {
            talks_nonsense(peer);
            return;
        }
        if (peer->in_length - at < PEER_HEADER + message.length)
            break;
        if (!take_message(peer, &message, peer->in + at + PEER_HEADER)) {
            talks_nonsense(peer);
            return;
        }
        at += PEER_HEADER + message.length;
    }
    peer->in_length -= at;
    memmove(peer->in, peer->in + at, peer->in_length);
}

static void read_all(struct peer *peer)
{
    while (peer->fd >= 0 && peer->waiting_bytes < PEER_WAITING_MAX) {
        ssize_t length =
            recv(peer->fd, peer->in + peer->in_length, sizeof peer->in - peer->in_length, MSG_DONTWAIT);
        if (length < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (length <= 0) {
            hung_up(peer);
            return;
        }
        peer->in_length += (size_t)length;
        take_messages(peer);
    }
}

void peer_attend(struct peer *peer, uint64_t now)
{
    peer->now = now;
    find_somebody(peer);
    if (peer->fd >= 0 && !peer->greeted)
        greet(peer);
    read_all(peer);
    flush(peer);
}
