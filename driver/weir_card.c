// SPDX-License-Identifier: BSD-2-Clause
//
// A card's life: open, poll, recovery from failed transfers, close.
#include "card_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST_MAX_FRAME 1514 // bytes; a card that cannot carry Ethernet's ordinary frame is of no use
#define FLUSH_TIME UINT64_C(1000000000)
#define STALE_TIME UINT64_C(200000) // ns from one look for frames of another program to the next
#define STALE_CALM 2                // looks at which there were none
#define STALE_LOOKS 1000

static void on_notify_complete(struct weir_transfer *transfer)
{
    struct weir_card *card = transfer->context;

    card->notify_pending = false;
    if (transfer->status == WEIR_TRANSFER_NO_DEVICE) {
        card->gone = true;
        return;
    }
    if (transfer->status != WEIR_TRANSFER_OK) {
        if (transfer->status != WEIR_TRANSFER_CANCELLED)
            card->stats.transfer_errors++;
        card->notify_failed = true;
        return;
    }
    if (transfer->actual >= 1 && card->link != transfer->buffer[0]) {
        card->link = transfer->buffer[0];
        card->link_changed = true;
    }
    if (!card->restart)
        weir_card_await_notice(card);
}

void weir_card_await_notice(struct weir_card *card)
{
    card->notify_pending = weir_card_submit(card, &card->notify);
}

bool weir_card_submit(struct weir_card *card, struct weir_transfer *transfer)
{
    int error = card->transport->ops->submit(card->transport, transfer);

    if (error == -ENODEV)
        card->gone = true;
    return error == 0;
}

uint8_t *weir_card_buffer(struct weir_card *card, size_t size)
{
    if (card->transport->ops->allocate)
        return card->transport->ops->allocate(card->transport, size);
    uint8_t *buffer = malloc(size);
    if (buffer)
        card->buffer[card->buffers++] = buffer;
    return buffer;
}

__attribute__((format(printf, 3, 4))) static bool refuse(char *error, size_t error_size, const char *format,
                                                         ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(error, error_size, format, arguments);
    va_end(arguments);
    return false;
}

static bool check_version(unsigned major, char *error, size_t error_size)
{
    if (major > WEIR_VERSION_MAJOR)
        return refuse(error, error_size,
                      "the card speaks link version %u, this program only up to %d: update this program",
                      major, WEIR_VERSION_MAJOR);
    if (major < WEIR_VERSION_MAJOR)
        return refuse(error, error_size,
                      "the card speaks link version %u, this program needs %d: update the card's bitstream",
                      major, WEIR_VERSION_MAJOR);
    return true;
}

static bool check_identity(struct weir_card *card, char *error, size_t error_size)
{
    uint8_t id[3];

    card->transport->ops->interface_id(card->transport, id);
    if (id[0] != WEIR_INTERFACE_CLASS || id[1] != WEIR_INTERFACE_SUBCLASS)
        return refuse(error, error_size,
                      "this USB device is not a Weir card (interface class %02x/%02x instead of %02x/%02x): "
                      "name another one",
                      id[0], id[1], WEIR_INTERFACE_CLASS, WEIR_INTERFACE_SUBCLASS);
    return check_version(id[2], error, error_size);
}

static bool check_caps(struct weir_card *card, char *error, size_t error_size)
{
    const struct weir_card_caps *caps = &card->caps;
    int failed = weir_control_read_caps(card);

    if (failed)
        return refuse(error, error_size, "the card does not tell its capabilities (%s): plug it in anew",
                      strerror(-failed));
    if (!check_version(caps->version_major, error, error_size))
        return false;
    if (caps->counters <= WEIR_CNT_USB_IN_PACKETS || caps->max_frame < SMALLEST_MAX_FRAME ||
        caps->max_superframe < caps->max_frame || caps->mac_entries == 0 ||
        caps->max_superframe >= UINT32_C(1) << WEIR_LENGTH_BITS)
        return refuse(error, error_size,
                      "the card's capabilities make no sense (frames of %u, superframes of %u bytes, %u "
                      "counters): update the card's bitstream",
                      caps->max_frame, (unsigned)caps->max_superframe, caps->counters);
    return true;
}

int weir_card_read_baseline(struct weir_card *card)
{
    uint32_t counters[WEIR_COUNTERS];
    int error = weir_card_counters(card, counters);

    if (error)
        return error;
    card->out.packets = counters[WEIR_CNT_USB_OUT_PACKETS];
    card->in.packets = counters[WEIR_CNT_USB_IN_PACKETS];
    card->link_changed = true;
    return weir_card_read_reg(card, WEIR_REG_LINK, &card->link);
}

static void free_card(struct weir_card *card)
{
    card->transport->ops->close(card->transport);
    while (card->buffers > 0)
        free(card->buffer[--card->buffers]);
    free(card);
}

static void ignore_frame(void *context, const struct weir_card_rx *rx)
{
    (void)context, (void)rx;
}

// A program that was killed leaves the receiver on, in its mode, and the card's memory full of frames for it.
// They are not for us. The memory is empty when the card, asked for IN packets all the while, has sent none
// between two looks at its count.
static int drop_stale(struct weir_card *card)
{
    struct weir_card_receiver owner = card->receiver;
    uint32_t counters[WEIR_COUNTERS], before = card->in.packets;
    int error = weir_card_set_rx_control(card, 0);

    if (error == -EPIPE) // a small card whose wire has no clock takes no settings yet, and hears nothing
        error = 0;
    card->receiver = (struct weir_card_receiver){.frame = ignore_frame};
    for (unsigned looks = 0, calm = 0; !error && calm < STALE_CALM && looks < STALE_LOOKS; looks++) {
        error = card->transport->ops->poll(card->transport, weir_card_now(card) + STALE_TIME);
        if (!error || error == -EINTR)
            error = weir_card_counters(card, counters);
        if (error)
            break;
        uint32_t sent = counters[WEIR_CNT_USB_IN_PACKETS];
        calm = sent == before && sent == card->in.packets ? calm + 1 : 0;
        before = sent;
    }
    card->receiver = owner;
    card->stats = (struct weir_card_stats){0};
    if (!error && card->caps.features & (WEIR_CAP_COALESCE | WEIR_CAP_TIMESTAMP))
        error = weir_card_write_reg(card, WEIR_REG_RX_MODE, 0);
    return error;
}

struct weir_card *weir_card_open(struct weir_transport *transport, const struct weir_card_receiver *receiver,
                                 char *error, size_t error_size)
{
    struct weir_card *card = calloc(1, sizeof *card);

    if (!card) {
        refuse(error, error_size, "out of memory");
        transport->ops->close(transport);
        return NULL;
    }
    card->transport = transport;
    card->packet = transport->ops->packet_size ? transport->ops->packet_size(transport) : HIGH_SPEED_PACKET;
    card->receiver = *receiver;
    card->notify = (struct weir_transfer){.endpoint = WEIR_EP_NOTIFY,
                                          .buffer = card->notify_buffer,
                                          .length = sizeof card->notify_buffer,
                                          .complete = on_notify_complete,
                                          .context = card};
    if (!check_identity(card, error, error_size) || !check_caps(card, error, error_size))
        goto fail;
    if (!weir_out_init(card) || !weir_in_init(card)) {
        refuse(error, error_size, "out of memory");
        goto fail;
    }
    int failed = weir_card_read_baseline(card);
    if (failed) {
        refuse(error, error_size, "the card does not answer (%s): plug it in anew", strerror(-failed));
        goto fail;
    }
    weir_in_start(card);
    if (card->in.pending == 0) {
        if (card->gone)
            refuse(error, error_size, "the card is gone: plug it in again");
        else
            refuse(
                error, error_size,
                "the system has no memory for USB transfers: end other programs that use USB, or write 64 to "
                "/sys/module/usbcore/parameters/usbfs_memory_mb");
        goto fail;
    }
    weir_card_await_notice(card);
    failed = drop_stale(card);
    if (failed) {
        refuse(error, error_size, "the card does not answer (%s): plug it in anew", strerror(-failed));
        goto fail;
    }
    return card;

fail:
    free_card(card);
    return NULL;
}

void weir_card_close(struct weir_card *card)
{
    weir_time deadline = weir_card_now(card) + FLUSH_TIME;
    int error = 0;

    card->receiver = (struct weir_card_receiver){.frame = ignore_frame};
    while ((card->out.queued > 0 || card->out.fill > 0) && (error == 0 || error == -EINTR) &&
           weir_card_now(card) < deadline)
        error = weir_card_poll(card, deadline);
    if (!card->gone) {
        weir_card_set_rx_control(card, 0);
        if (card->rx_mode) // the next program may not know about it
            weir_card_write_reg(card, WEIR_REG_RX_MODE, 0);
    }
    free_card(card);
}

// Clears a halted bulk endpoint and reads the card's count of its packets.
static int clear(struct weir_card *card, uint8_t endpoint, unsigned counter, uint32_t *taken)
{
    uint32_t counters[WEIR_COUNTERS];
    int error = weir_card_counters(card, counters);

    *taken = error ? 0 : counters[counter];
    return error ? error : weir_control_clear_halt(card, endpoint);
}

// Sets endpoints going again whose transfers failed, once all of them are back.
static int recover(struct weir_card *card)
{
    bool out_due = card->out.failed && card->out.pending == 0;
    bool in_due = card->in.failed && card->in.pending == 0;
    uint32_t taken;
    int error = 0;

    if (!out_due && !in_due && !card->notify_failed && !card->restart)
        return 0;
    if (++card->recoveries > RECOVERY_LIMIT)
        return -EIO;
    if (card->restart)
        return weir_restart_finish(card);
    if (out_due && (error = clear(card, WEIR_EP_OUT, WEIR_CNT_USB_OUT_PACKETS, &taken)) == 0)
        error = weir_out_recover(card, taken);
    if (in_due && !error && (error = clear(card, WEIR_EP_IN, WEIR_CNT_USB_IN_PACKETS, &taken)) == 0)
        error = weir_in_recover(card, taken);
    if (card->notify_failed && !error && (error = weir_control_clear_halt(card, WEIR_EP_NOTIFY)) == 0) {
        uint32_t before = card->link;
        card->notify_failed = false;
        error = weir_card_read_reg(card, WEIR_REG_LINK, &card->link);
        card->link_changed |= card->link != before;
        weir_card_await_notice(card);
    }
    if (error == -ERANGE) {
        weir_restart_begin(card);
        return weir_restart_finish(card);
    }
    return error == -EPIPE || error == -EPROTO ? -EIO : error;
}

static int without_card(struct weir_card *card)
{
    if (!card->lost_counted)
        weir_out_count_lost(card);
    card->lost_counted = true;
    return -ENODEV;
}

int weir_card_poll(struct weir_card *card, weir_time deadline)
{
    weir_out_flush(card);
    int error = card->gone ? -ENODEV : recover(card);
    if (error)
        return error == -ENODEV ? without_card(card) : error;
    if (!card->link_changed)
        error = card->transport->ops->poll(card->transport, deadline);
    if (card->link_changed) {
        card->link_changed = false;
        if (card->receiver.link)
            card->receiver.link(card->receiver.context, card->link);
    }
    return card->gone || error == -ENODEV ? without_card(card) : error;
}

void weir_card_watch(struct weir_card *card, struct pollfd *fds, size_t count)
{
    card->transport->ops->watch(card->transport, fds, count);
}

const struct weir_card_caps *weir_card_caps(const struct weir_card *card)
{
    return &card->caps;
}

const struct weir_card_stats *weir_card_stats(const struct weir_card *card)
{
    return &card->stats;
}

weir_time weir_card_now(const struct weir_card *card)
{
    return card->transport->ops->now(card->transport);
}
