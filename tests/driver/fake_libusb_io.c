// SPDX-License-Identifier: BSD-2-Clause
//
// Transfers of the libusb in memory. They move when somebody handles events, a whole transfer at a time, in
// order.
#include "fake_libusb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "weir_link.h"

// What libusb has of a transfer; the public part stands behind it.
struct io {
    struct io *next;
    bool running, cancelled;
    bool ended; // behind one that failed; nobody has heard of it
    size_t charged;
    struct libusb_transfer *usb;
};

static struct io *first, **last = &first; // under way, in the order submitted
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static bool interrupted;
static uint8_t told_link;

static struct io *io_of(struct libusb_transfer *usb)
{
    return (struct io *)(void *)usb - 1;
}

void fake_usb_hold_out(bool hold)
{
    pthread_mutex_lock(&fake_usb.lock);
    fake_usb.hold_out = hold;
    pthread_cond_broadcast(&change);
    pthread_mutex_unlock(&fake_usb.lock);
}

static void unplug(struct fake_usb_device *device)
{
    device->dying = fake_usb.dying_calls > 0;
    device->plugged = false;
    pthread_cond_broadcast(&change);
}

void fake_usb_unplug(struct fake_usb_device *device)
{
    pthread_mutex_lock(&fake_usb.lock);
    unplug(device);
    pthread_mutex_unlock(&fake_usb.lock);
}

void fake_usb_wire_in(struct fake_usb_device *device, const uint8_t *frame, size_t length)
{
    pthread_mutex_lock(&fake_usb.lock);
    fake_card_wire_in(&device->card, frame, length);
    pthread_cond_broadcast(&change);
    pthread_mutex_unlock(&fake_usb.lock);
}

void fake_usb_count_call(void)
{
    if (++fake_usb.calls == fake_usb.unplug_at && fake_usb.device[0])
        unplug(fake_usb.device[0]);
    if (fake_usb.device[0] && fake_usb.device[0]->dying && fake_usb.dying_calls-- == 1) {
        fake_usb.device[0]->dying = false;
        pthread_cond_broadcast(&change);
    }
}

bool fake_usb_present(struct fake_usb_device *device)
{
    return device->plugged;
}

// ---- Memory ----

struct libusb_transfer *libusb_alloc_transfer(int packets)
{
    struct io *io = calloc(1, sizeof *io + sizeof *io->usb);

    (void)packets;
    pthread_mutex_lock(&fake_usb.lock);
    io->usb = (struct libusb_transfer *)(io + 1);
    fake_usb.transfers++;
    pthread_mutex_unlock(&fake_usb.lock);
    return io->usb;
}

void libusb_free_transfer(struct libusb_transfer *usb)
{
    pthread_mutex_lock(&fake_usb.lock);
    if (io_of(usb)->running)
        fake_usb_die("libusb_free_transfer of one under way");
    fake_usb.transfers--;
    pthread_mutex_unlock(&fake_usb.lock);
    free(io_of(usb));
}

unsigned char *libusb_dev_mem_alloc(libusb_device_handle *handle, size_t length)
{
    unsigned char *memory = NULL;

    pthread_mutex_lock(&fake_usb.lock);
    fake_usb_count_call();
    if (fake_usb_present(fake_usb_device_of(handle)) && !fake_usb.no_mapped_memory) {
        memory = malloc(length);
        fake_usb.mapped++;
    }
    pthread_mutex_unlock(&fake_usb.lock);
    return memory;
}

int libusb_dev_mem_free(libusb_device_handle *handle, unsigned char *memory, size_t length)
{
    (void)handle;
    pthread_mutex_lock(&fake_usb.lock);
    for (struct io *io = first; io; io = io->next) {
        if (io->usb->buffer >= memory && io->usb->buffer < memory + length)
            fake_usb_die("libusb_dev_mem_free of memory that a transfer uses");
    }
    fake_usb.mapped--;
    pthread_mutex_unlock(&fake_usb.lock);
    free(memory);
    return 0;
}

// ---- Submitting, cancelling ----

static bool is_out(const struct libusb_transfer *usb)
{
    return !(usb->endpoint & 0x80);
}

static void count_running(const struct io *io, int by)
{
    unsigned *running = is_out(io->usb) ? &fake_usb.out_running : &fake_usb.in_running;
    unsigned *most = is_out(io->usb) ? &fake_usb.out_most : &fake_usb.in_most;

    *running += (unsigned)by;
    *most = *running > *most ? *running : *most;
    fake_usb.memory_used += by > 0 ? io->charged : -io->charged;
}

static int submit(struct io *io)
{
    struct fake_usb_device *device = fake_usb_device_of(io->usb->dev_handle);

    fake_usb_count_call();
    if (io->running)
        fake_usb_die("libusb_submit_transfer of one under way");
    if (!fake_usb_present(device))
        return device->dying ? LIBUSB_ERROR_IO : LIBUSB_ERROR_NO_DEVICE;
    if (!device->claimed)
        fake_usb_die("libusb_submit_transfer without the interface");
    io->charged = fake_usb.mapped > 0 ? 0 : (size_t)io->usb->length;
    if (fake_usb.memory_used + io->charged > fake_usb.memory) {
        fake_usb.refused++;
        return LIBUSB_ERROR_NO_MEM;
    }
    if (is_out(io->usb) && (size_t)io->usb->length > fake_usb.longest_out)
        fake_usb.longest_out = (size_t)io->usb->length;
    io->running = true;
    io->cancelled = io->ended = false;
    io->usb->actual_length = 0;
    io->next = NULL;
    *last = io;
    last = &io->next;
    count_running(io, 1);
    pthread_cond_broadcast(&change);
    return 0;
}

int libusb_submit_transfer(struct libusb_transfer *usb)
{
    pthread_mutex_lock(&fake_usb.lock);
    int result = submit(io_of(usb));
    pthread_mutex_unlock(&fake_usb.lock);
    return result;
}

int libusb_cancel_transfer(struct libusb_transfer *usb)
{
    pthread_mutex_lock(&fake_usb.lock);
    fake_usb_count_call();
    bool running = io_of(usb)->running;
    io_of(usb)->cancelled = running;
    pthread_cond_broadcast(&change);
    pthread_mutex_unlock(&fake_usb.lock);
    return running ? 0 : LIBUSB_ERROR_NOT_FOUND;
}

// ---- The bus ----

static void move_out(struct fake_usb_device *device, struct libusb_transfer *usb, size_t length,
                     bool first_lost)
{
    size_t packet = device->card.packet;

    for (size_t at = first_lost ? packet : 0; at < length; at += packet)
        fake_card_out_packet(&device->card, usb->buffer + at, length - at < packet ? length - at : packet);
    usb->actual_length = (int)length;
}

// True when a transfer ended, with its status.
static bool move_bulk_out(struct fake_usb_device *device, struct libusb_transfer *usb)
{
    size_t length = (size_t)usb->length;

    if (fake_usb.hold_out)
        return false;
    usb->status = LIBUSB_TRANSFER_COMPLETED;
    if (fake_usb.out_faults && ++fake_usb.out_count % fake_usb.out_faults == 0) {
        usb->status = fake_usb.fault;
        length = length / 2 - length / 2 % device->card.packet;
    }
    move_out(device, usb, length, false);
    return true;
}

static bool move_in(struct fake_usb_device *device, struct libusb_transfer *usb)
{
    uint8_t transfer[WEIR_IN_TRANSFER_MAX + WEIR_RECORD_HEADER];
    size_t length = fake_card_in_transfer(&device->card, transfer);

    device->card.counters[WEIR_CNT_USB_IN_PACKETS] += (uint32_t)(length / device->card.packet + 1);
    memcpy(usb->buffer, transfer, length);
    usb->actual_length = (int)length;
    usb->status = LIBUSB_TRANSFER_COMPLETED;
    return true;
}

static bool move_bulk_in(struct fake_usb_device *device, struct libusb_transfer *usb)
{
    if (device->card.in_length == 0)
        return false;
    if (fake_usb.in_faults && ++fake_usb.in_count % fake_usb.in_faults == 0) {
        usb->status = fake_usb.fault; // before anything moved
        return true;
    }
    return move_in(device, usb);
}

static bool move_notify(struct fake_usb_device *device, struct libusb_transfer *usb)
{
    if (told_link == (uint8_t)device->card.link)
        return false;
    told_link = (uint8_t)device->card.link;
    memset(usb->buffer, 0, WEIR_NOTIFY_SIZE);
    usb->buffer[0] = told_link;
    usb->actual_length = WEIR_NOTIFY_SIZE;
    usb->status = LIBUSB_TRANSFER_COMPLETED;
    return true;
}

// What the controller does while the system has not heard of the failure.
static void move_behind(struct io *failed)
{
    unsigned left = fake_usb.behind;

    for (struct io *io = failed->next; io && left > 0; io = io->next) {
        struct libusb_transfer *usb = io->usb;
        if (usb->endpoint != failed->usb->endpoint || io->cancelled || usb->endpoint == WEIR_EP_NOTIFY)
            continue;
        struct fake_usb_device *device = fake_usb_device_of(usb->dev_handle);
        left--;
        if (is_out(usb)) {
            move_out(device, usb, (size_t)usb->length, fake_usb.toggle_lost && left + 1 == fake_usb.behind);
            usb->status = LIBUSB_TRANSFER_COMPLETED;
            io->ended = true;
        } else {
            io->ended = device->card.in_length > 0 && move_in(device, usb);
        }
    }
}

// True when the transfer has ended.
static bool step(struct io *io)
{
    struct libusb_transfer *usb = io->usb;
    struct fake_usb_device *device = fake_usb_device_of(usb->dev_handle);
    bool ended;

    if (!fake_usb_present(device)) {
        usb->status = device->dying ? LIBUSB_TRANSFER_ERROR : LIBUSB_TRANSFER_NO_DEVICE;
        return true;
    }
    if (io->ended)
        return true;
    if (io->cancelled) {
        usb->status = LIBUSB_TRANSFER_CANCELLED;
        return true;
    }
    if (device->halted[usb->endpoint]) // nothing moves until it is cleared
        return false;
    switch (usb->endpoint) {
    case WEIR_EP_OUT:
        ended = move_bulk_out(device, usb);
        break;
    case WEIR_EP_IN:
        ended = move_bulk_in(device, usb);
        break;
    default:
        ended = move_notify(device, usb);
    }
    if (ended && usb->status != LIBUSB_TRANSFER_COMPLETED) {
        device->halted[usb->endpoint] = true;
        move_behind(io);
    }
    return ended;
}

// Takes the first transfer that has ended out of the queue. NULL: none.
static struct io *take_ended(void)
{
    bool blocked[256] = {false};

    for (struct io **link = &first; *link; link = &(*link)->next) {
        struct io *io = *link;
        uint8_t endpoint = io->usb->endpoint;
        if (blocked[endpoint] && !io->cancelled && fake_usb_present(fake_usb_device_of(io->usb->dev_handle)))
            continue;
        if (!step(io)) {
            blocked[endpoint] = true;
            continue;
        }
        *link = io->next;
        if (!*link)
            last = link;
        io->running = false;
        count_running(io, -1);
        return io;
    }
    return NULL;
}

int libusb_handle_events_timeout_completed(libusb_context *context, struct timeval *timeout, int *completed)
{
    struct timespec until;
    struct io *io;
    int waited = 0;

    (void)completed;
    if (fake_usb_handle_hotplug(context) || timeout->tv_sec == 0)
        return 0; // who does not wait has no transfers
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout->tv_sec;
    pthread_mutex_lock(&fake_usb.lock);
    while (!(io = take_ended()) && !interrupted && waited == 0)
        waited = pthread_cond_timedwait(&change, &fake_usb.lock, &until);
    if (!io)
        interrupted = false;
    pthread_mutex_unlock(&fake_usb.lock);
    if (io)
        io->usb->callback(io->usb);
    return 0;
}

void libusb_interrupt_event_handler(libusb_context *context)
{
    (void)context;
    pthread_mutex_lock(&fake_usb.lock);
    interrupted = true;
    pthread_cond_broadcast(&change);
    pthread_mutex_unlock(&fake_usb.lock);
}

// ---- Endpoint 0 ----

static int control(struct fake_usb_device *device, uint8_t type, uint8_t request, uint16_t index,
                   uint8_t *data, uint16_t length)
{
    fake_usb_count_call();
    if (!fake_usb_present(device))
        return device->dying ? LIBUSB_ERROR_IO : LIBUSB_ERROR_NO_DEVICE;
    if (fake_usb.control_errors > 0) {
        fake_usb.control_errors--;
        return LIBUSB_ERROR_IO;
    }
    int moved = fake_card_control(&device->card, type, request, index, data, length);
    return moved == -EPIPE ? LIBUSB_ERROR_PIPE : moved;
}

int libusb_control_transfer(libusb_device_handle *handle, uint8_t type, uint8_t request, uint16_t value,
                            uint16_t index, unsigned char *data, uint16_t length, unsigned timeout)
{
    (void)value, (void)timeout;
    pthread_mutex_lock(&fake_usb.lock);
    int moved = control(fake_usb_device_of(handle), type, request, index, data, length);
    pthread_mutex_unlock(&fake_usb.lock);
    return moved;
}

int libusb_clear_halt(libusb_device_handle *handle, unsigned char endpoint)
{
    struct fake_usb_device *device = fake_usb_device_of(handle);

    pthread_mutex_lock(&fake_usb.lock);
    for (struct io *io = first; io; io = io->next) {
        if (io->usb->endpoint == endpoint)
            fake_usb_die("libusb_clear_halt with transfers under way");
    }
    int moved = control(device, 0x02, 1, endpoint, NULL, 0);
    if (moved == 0)
        device->halted[endpoint] = false;
    pthread_mutex_unlock(&fake_usb.lock);
    return moved;
}
