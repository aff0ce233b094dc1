// SPDX-License-Identifier: BSD-2-Clause
//
// Messages about the data endpoints: what the client asks for becomes a job of its pipe, or is refused.
#include "usbredir_internal.h"

#define BYTES_MAX ((size_t)64 << 20)    // that the client sent and the card has not taken
#define TRANSFER_MAX ((size_t)16 << 20) // of one IN transfer

static void on_bulk(void *context, uint64_t id, struct usb_redir_bulk_packet_header *header, uint8_t *data,
                    int data_length)
{
    struct usbredir_server *server = context;
    bool in = IS_IN(header->endpoint);
    size_t length = header->length | (size_t)header->length_high << 16;

    if (server->greeted && (header->endpoint & 0x70) == 0 && (header->endpoint & 15) != 0 &&
        (in ? length <= TRANSFER_MAX && data_length == 0 : (size_t)data_length == length)) {
        struct job *job = usbredir_add_job(server, JOB_BULK, id, header->endpoint);
        if (job) {
            job->length = length;
            job->stream_id = header->stream_id;
            job->received = data;
            server->bytes += data ? length : 0;
            if (server->bytes > BYTES_MAX)
                usbredir_end(server, "the client has sent %zu bytes that the card has not taken",
                             server->bytes);
            return;
        }
    }
    usbredirparser_free_packet_data(server->parser, data);
    header->status = usb_redir_inval;
    header->length = header->length_high = 0;
    usbredirparser_send_bulk_packet(server->parser, id, header, NULL, 0);
}

static void on_interrupt(void *context, uint64_t id, struct usb_redir_interrupt_packet_header *header,
                         uint8_t *data, int data_length)
{
    struct usbredir_server *server = context;
    bool good = server->greeted && (header->endpoint & 0xF0) == 0 && header->endpoint != 0 &&
                data_length == header->length;
    struct job *job = good ? usbredir_add_job(server, JOB_INTERRUPT, id, header->endpoint) : NULL;

    if (job) {
        job->length = header->length;
        job->received = data;
        server->bytes += data ? job->length : 0;
        return;
    }
    usbredirparser_free_packet_data(server->parser, data);
    header->status = usb_redir_inval;
    header->length = 0;
    usbredirparser_send_interrupt_packet(server->parser, id, header, NULL, 0);
}

static void on_iso(void *context, uint64_t id, struct usb_redir_iso_packet_header *header, uint8_t *data,
                   int length)
{
    struct usbredir_server *server = context;

    (void)length;
    usbredirparser_free_packet_data(server->parser, data);
    header->status = usb_redir_inval;
    header->length = 0;
    usbredirparser_send_iso_packet(server->parser, id, header, NULL, 0);
}

static void on_cancel(void *context, uint64_t id)
{
    usbredir_cancel(context, id); // one that is answered already is no error: the two messages have crossed
}

// wMaxPacketSize of an interrupt IN endpoint that is there now; 0 if there is none.
static size_t interrupt_packet(struct usbredir_server *server, uint8_t endpoint)
{
    size_t length;
    const uint8_t *config = weir_sim_config_descriptor(server->sim, &length);

    for (size_t at = 0; at + 2 <= length && config[at] >= 2; at += config[at]) {
        const uint8_t *descriptor = config + at;
        if (descriptor[1] == 5 && at + 7 <= length && descriptor[2] == endpoint && (descriptor[3] & 3) == 3)
            return (size_t)(descriptor[4] | descriptor[5] << 8) & 0x7FF;
    }
    return 0;
}

static void on_start_receiving(void *context, uint64_t id,
                               struct usb_redir_start_interrupt_receiving_header *header)
{
    struct usbredir_server *server = context;
    struct usb_redir_interrupt_receiving_status_header answer = {.status = usb_redir_inval,
                                                                 .endpoint = header->endpoint};
    size_t length =
        server->greeted && IS_IN(header->endpoint) ? interrupt_packet(server, header->endpoint) : 0;
    struct pipe *pipe = usbredir_pipe(server, header->endpoint);

    if (length > 0 && !pipe->receiving) {
        pipe->receiving = usbredir_add_job(server, JOB_RECEIVING, id, header->endpoint);
        if (pipe->receiving)
            pipe->receiving->length = length;
    }
    if (length > 0 && pipe->receiving)
        answer.status = usb_redir_success;
    usbredirparser_send_interrupt_receiving_status(server->parser, id, &answer);
}

static void on_stop_receiving(void *context, uint64_t id,
                              struct usb_redir_stop_interrupt_receiving_header *header)
{
    struct usbredir_server *server = context;
    struct usb_redir_interrupt_receiving_status_header answer = {.status = usb_redir_success,
                                                                 .endpoint = header->endpoint};
    struct pipe *pipe = usbredir_pipe(server, header->endpoint);

    if (pipe->receiving)
        usbredir_cancel_job(pipe, pipe->receiving);
    usbredirparser_send_interrupt_receiving_status(server->parser, id, &answer);
}

void usbredir_set_data_callbacks(struct usbredirparser *parser)
{
    parser->bulk_packet_func = on_bulk;
    parser->interrupt_packet_func = on_interrupt;
    parser->iso_packet_func = on_iso;
    parser->cancel_data_packet_func = on_cancel;
    parser->start_interrupt_receiving_func = on_start_receiving;
    parser->stop_interrupt_receiving_func = on_stop_receiving;
}
