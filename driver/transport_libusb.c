// SPDX-License-Identifier: BSD-2-Clause
//
// A card at a real USB port, through libusb. Time is the system's monotonic clock. transport_libusb.h says
// which thread does what.
#include "transport_libusb.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "transport_internal.h"
#include "weir_link.h"

#define CONTROL_TIMEOUT 3000  // ms; a card answers within a few microframes, a simulated one takes longer
#define UNPLUG_LOOKS 10       // times
#define UNPLUG_PAUSE 50000000 // ns
#define MEMORY_RETRY 10000000 // ns
#define WATCHED_MAX 15
#define EVENT_SLICE 60 // s; the event thread is woken when it is to end

static struct libusb_transport *self(const struct weir_transport *transport)
{
    return (struct libusb_transport *)transport;
}

// ---- Transfers ----

static int usb_submit(struct weir_transport *base, struct weir_transfer *transfer)
{
    struct libusb_transport *transport = self(base);

    pthread_mutex_lock(&transport->lock);
    int error = usb_queue_submit(transport, transfer);
    pthread_mutex_unlock(&transport->lock);
    return error;
}

static void usb_cancel(struct weir_transport *base, struct weir_transfer *transfer)
{
    struct libusb_transport *transport = self(base);

    pthread_mutex_lock(&transport->lock);
    usb_queue_cancel(transport, transfer);
    pthread_mutex_unlock(&transport->lock);
}

// Tells of those that have ended by now. True when there were any.
static bool tell(struct libusb_transport *transport)
{
    struct weir_transfer *ended[64], *transfer;
    size_t count = 0;

    pthread_mutex_lock(&transport->lock);
    while (count < sizeof ended / sizeof *ended && (transfer = usb_queue_take_done(transport)) != NULL)
        ended[count++] = transfer;
    pthread_mutex_unlock(&transport->lock);
    for (size_t i = 0; i < count; i++)
        ended[i]->complete(ended[i]);
    return count > 0;
}

static bool is_gone(struct libusb_transport *transport)
{
    pthread_mutex_lock(&transport->lock);
    bool gone = transport->gone;
    pthread_mutex_unlock(&transport->lock);
    return gone;
}

// ---- Memory ----

// Memory that the USB controller reads and writes directly spares the kernel a copy; not every kernel has it.
static uint8_t *usb_allocate(struct weir_transport *base, size_t size)
{
    struct libusb_transport *transport = self(base);
    struct usb_buffer *buffer = malloc(sizeof *buffer);

    if (!buffer)
        return NULL;
    *buffer = (struct usb_buffer){libusb_dev_mem_alloc(transport->card.handle, size), size, true,
                                  transport->buffers};
    if (!buffer->data) {
        buffer->data = malloc(size);
        buffer->mapped = false;
    }
    if (!buffer->data) {
        free(buffer);
        return NULL;
    }
    transport->buffers = buffer;
    return buffer->data;
}

static void free_buffers(struct libusb_transport *transport)
{
    struct usb_buffer *buffer;

    while ((buffer = transport->buffers) != NULL) {
        transport->buffers = buffer->next;
        if (buffer->mapped)
            libusb_dev_mem_free(transport->card.handle, buffer->data, buffer->size);
        else
            free(buffer->data);
        free(buffer);
    }
}

// ---- Endpoint 0 ----

// Transfers fail before the hub has told the kernel that the card was pulled out. True when it was, after a
// moment's patience.
static bool was_unplugged(struct libusb_transport *transport)
{
    struct timespec until;
    int configuration;
    bool gone = false;

    for (int i = 0; i < UNPLUG_LOOKS && !gone; i++) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += UNPLUG_PAUSE;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        int failed = libusb_get_configuration(transport->card.handle, &configuration);
        pthread_mutex_lock(&transport->lock);
        if (failed == LIBUSB_ERROR_NO_DEVICE)
            transport->gone = true;
        int waited = 0;
        while (!transport->gone && waited == 0)
            waited = pthread_cond_timedwait(&transport->change, &transport->lock, &until);
        gone = transport->gone;
        pthread_mutex_unlock(&transport->lock);
    }
    return gone;
}

static int control_error(struct libusb_transport *transport, int failed)
{
    if (failed == LIBUSB_ERROR_PIPE)
        return -EPIPE;
    if (failed == LIBUSB_ERROR_NO_DEVICE) {
        pthread_mutex_lock(&transport->lock);
        transport->gone = true;
        pthread_mutex_unlock(&transport->lock);
        return -ENODEV;
    }
    return was_unplugged(transport) ? -ENODEV : -EIO;
}

// CLEAR_FEATURE(ENDPOINT_HALT) is the system's to do, for it knows the host's data toggle.
static int clear_halt(struct libusb_transport *transport, uint8_t endpoint)
{
    int failed = libusb_clear_halt(transport->card.handle, endpoint);

    if (failed)
        return control_error(transport, failed);
    pthread_mutex_lock(&transport->lock);
    usb_queue_endpoint(transport, endpoint)->halted = false;
    pthread_mutex_unlock(&transport->lock);
    return 0;
}

static int usb_control(struct weir_transport *base, uint8_t request_type, uint8_t request, uint16_t value,
                       uint16_t index, uint8_t *data, uint16_t length)
{
    struct libusb_transport *transport = self(base);

    if (is_gone(transport))
        return -ENODEV;
    if (request_type == 0x02 && request == LIBUSB_REQUEST_CLEAR_FEATURE && value == 0)
        return clear_halt(transport, (uint8_t)index);
    int moved = libusb_control_transfer(transport->card.handle, request_type, request, value, index, data,
                                        length, CONTROL_TIMEOUT);
    return moved >= 0 ? moved : control_error(transport, moved);
}

static int usb_restart(struct weir_transport *base)
{
    struct libusb_transport *transport = self(base);
    int failed = libusb_card_restart(&transport->card);

    if (failed)
        return control_error(transport, failed);
    pthread_mutex_lock(&transport->lock);
    usb_queue_unhalt(transport);
    pthread_mutex_unlock(&transport->lock);
    return 0;
}

// ---- Waiting ----

static weir_time usb_now(const struct weir_transport *transport)
{
    struct timespec now;

    (void)transport;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (weir_time)now.tv_sec * 1000000000 + (weir_time)now.tv_nsec;
}

static void quiet_bell(struct libusb_transport *transport)
{
    uint64_t count;

    pthread_mutex_lock(&transport->lock);
    if (transport->rung && read(transport->bell, &count, sizeof count) == sizeof count)
        transport->rung = false;
    pthread_mutex_unlock(&transport->lock);
}

// Waits for the bell and the watched descriptors until `deadline`. The number of watched ones that are ready,
// or -EINTR.
static int wait_ready(struct libusb_transport *transport, weir_time deadline)
{
    struct pollfd fds[WATCHED_MAX + 1];
    size_t count = transport->watched_count;
    weir_time now = usb_now(&transport->base), wait = deadline > now ? deadline - now : 0;
    struct timespec timeout = {.tv_sec = (time_t)(wait / 1000000000), .tv_nsec = (long)(wait % 1000000000)};
    int watched_ready = 0;

    for (size_t i = 0; i < count; i++)
        fds[i] = transport->watched[i];
    fds[count] = (struct pollfd){.fd = transport->bell, .events = POLLIN};
    int ready = ppoll(fds, count + 1, deadline == WEIR_TIME_NEVER ? NULL : &timeout, NULL);
    for (size_t i = 0; i < count; i++) {
        transport->watched[i].revents = ready > 0 ? fds[i].revents : 0;
        watched_ready += ready > 0 && fds[i].revents != 0;
    }
    if (ready > 0 && fds[count].revents)
        quiet_bell(transport);
    return ready < 0 ? -errno : watched_ready;
}

// Until when to wait for something to happen.
static weir_time wait_until(struct libusb_transport *transport, weir_time deadline)
{
    pthread_mutex_lock(&transport->lock);
    usb_queue_retry(transport);
    bool gone = transport->gone, starving = transport->starving;
    pthread_mutex_unlock(&transport->lock);
    if (gone)
        return 0;
    weir_time retry = starving ? usb_now(&transport->base) + MEMORY_RETRY : WEIR_TIME_NEVER;
    return deadline < retry ? deadline : retry;
}

static int usb_poll(struct weir_transport *base, weir_time deadline)
{
    struct libusb_transport *transport = self(base);

    for (;;) {
        int ready = wait_ready(transport, wait_until(transport, deadline));
        bool told = tell(transport);
        if (is_gone(transport))
            return -ENODEV;
        if (told || ready > 0)
            return 0;
        if (ready < 0)
            return ready;
        if (usb_now(base) >= deadline)
            return 0;
    }
}

static void usb_watch(struct weir_transport *base, struct pollfd *fds, size_t count)
{
    struct libusb_transport *transport = self(base);

    transport->watched = fds;
    transport->watched_count = count < WATCHED_MAX ? count : WATCHED_MAX;
}

static void usb_interface_id(const struct weir_transport *base, uint8_t id[3])
{
    memcpy(id, self(base)->card.id, 3);
}

static unsigned usb_packet_size(const struct weir_transport *base)
{
    return self(base)->card.packet;
}

// ---- Life ----

static void *handle_events(void *context)
{
    struct libusb_transport *transport = context;

    while (!transport->stop) {
        struct timeval slice = {.tv_sec = EVENT_SLICE};
        libusb_handle_events_timeout_completed(transport->card.context, &slice, NULL);
    }
    return NULL;
}

static void free_transport(struct libusb_transport *transport)
{
    free_buffers(transport);
    usb_queue_free(transport);
    libusb_card_close(&transport->card);
    pthread_cond_destroy(&transport->change);
    pthread_mutex_destroy(&transport->lock);
    if (transport->bell >= 0)
        close(transport->bell);
    free(transport);
}

static void usb_close(struct weir_transport *base)
{
    struct libusb_transport *transport = self(base);

    pthread_mutex_lock(&transport->lock);
    transport->closing = true;
    usb_queue_cancel_all(transport);
    while (usb_queue_running(transport) > 0)
        pthread_cond_wait(&transport->change, &transport->lock);
    pthread_mutex_unlock(&transport->lock);
    transport->stop = true;
    libusb_interrupt_event_handler(transport->card.context);
    pthread_join(transport->thread, NULL);
    while (tell(transport)) {
    }
    free_transport(transport);
}

// The event thread takes no signals: they are the program's.
static bool start_thread(struct libusb_transport *transport)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&transport->thread, NULL, handle_events, transport);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

struct weir_transport *weir_transport_libusb_open(const char *options, char *error, size_t error_size)
{
    static const struct weir_transport_ops ops = {
        .control = usb_control,
        .submit = usb_submit,
        .cancel = usb_cancel,
        .poll = usb_poll,
        .watch = usb_watch,
        .now = usb_now,
        .interface_id = usb_interface_id,
        .close = usb_close,
        .allocate = usb_allocate,
        .packet_size = usb_packet_size,
        .restart = usb_restart,
    };
    struct libusb_transport *transport = calloc(1, sizeof *transport);

    if (!transport) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    transport->base.ops = &ops;
    if (!libusb_card_open(&transport->card, options, error, error_size)) {
        free(transport);
        return NULL;
    }
    usb_queue_init(transport);
    pthread_mutex_init(&transport->lock, NULL);
    pthread_cond_init(&transport->change, NULL);
    transport->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (transport->bell < 0 || !start_thread(transport)) {
        snprintf(error, error_size, "the system gives no %s (%s): end other programs",
                 transport->bell < 0 ? "descriptor" : "thread", strerror(errno));
        free_transport(transport);
        return NULL;
    }
    return &transport->base;
}
