// SPDX-License-Identifier: BSD-2-Clause
//
// A USB device behind a ULPI link, in C: the smallest that tests of the host model need. Its bulk and
// interrupt endpoints ask the test what to answer; it keeps toggles as a device should and notes when packets
// came.
#ifndef ULPI_DEVICE_H
#define ULPI_DEVICE_H

#include "usb_host_internal.h"

#define ULPI_DEVICE_OUT 0x01
#define ULPI_DEVICE_IN 0x81
#define ULPI_DEVICE_NOTIFY 0x82

enum ulpi_link { LINK_FREE, LINK_COMMAND, LINK_DATA, LINK_STOP, LINK_READ };
enum ulpi_job { JOB_PACKET, JOB_CHIRP, JOB_WRITE, JOB_READ };
enum ulpi_stage {
    STAGE_START,
    STAGE_ATTACHED,
    STAGE_ENTER_CHIRP,
    STAGE_CHIRP,
    STAGE_LISTEN,
    STAGE_HIGH_SPEED
};

struct ulpi_device {
    // Behaviour, to be set by the test.
    uint64_t chirp_after, chirp_length; // clocks; a length of 0 is a full-speed device
    bool deaf_to_hub_chirp;             // does not enter high speed
    uint64_t silent_until;              // answers nothing before this clock
    unsigned answer_delay;              // clocks from the end of reception to the TX CMD
    unsigned aborts;                    // packets to come that the link breaks off, with FFh beside stp
    const uint8_t *device_descriptor, *config_descriptor;
    size_t config_length;
    void *context;
    // Answers of the endpoints: a handshake, 0 for silence; `in` returns a DATA PID (whichever) for `*length`
    // bytes. `out` gets each packet once; its return is the handshake. With NAK, STALL or silence the packet
    // is not taken.
    uint8_t (*out)(struct ulpi_device *device, const uint8_t *data, size_t length);
    uint8_t (*ping)(struct ulpi_device *device);
    uint8_t (*in)(struct ulpi_device *device, uint8_t endpoint, uint8_t *data, size_t *length);
    void (*in_acknowledged)(struct ulpi_device *device, uint8_t endpoint);

    // Seen so far.
    uint64_t clock;
    bool configured, high_speed;
    uint64_t reset_seen, chirp_begun, chirp_ended, hub_chirp_begun, hub_chirp_bits, hub_chirp_ended;
    uint64_t shortest_hub_chirp, longest_hub_chirp;
    uint64_t frames, first_frame, last_frame, wrong_frame_gaps, wrong_frame_numbers, bad_packets,
        interrupted_commands;
    uint16_t frame_number;
    unsigned frame_repeats, bulk_packets, most_bulk_packets, in_tokens, pings;
    uint64_t last_token; // clock of the last IN or PING
    uint8_t request[64]; // data of the last vendor OUT request
    uint8_t register_read;
    bool register_ready;

    // The link's outputs.
    uint8_t data;
    bool stp;

    // Inside.
    enum ulpi_link link;
    enum ulpi_job job;
    enum ulpi_stage stage;
    bool dir_before, rx_active, write_wanted, read_wanted, chirp_wanted;
    uint8_t command, write_value;
    uint8_t line;
    uint64_t line_since;
    bool was_attached;
    uint8_t rx[2048], tx[2048];
    size_t rx_length, tx_length, tx_next;
    uint64_t rx_begun, answer_at;
    uint8_t address, new_address, token, endpoint;
    bool out_toggle, in_toggle[3];
    uint8_t setup[8];
    const uint8_t *control_data;
    size_t control_left;
    bool control_toggle, control_stalled;
};

void ulpi_device_init(struct ulpi_device *device);
// One clock; `pins` as they were before the edge.
void ulpi_device_tick(struct ulpi_device *device, const struct ulpi_pins *pins);
void ulpi_device_write_register(struct ulpi_device *device, uint8_t address, uint8_t value);
// `register_ready` tells when `register_read` holds the answer.
void ulpi_device_read_register(struct ulpi_device *device, uint8_t address);

// A packet in `rx` has ended (ulpi_device.c; called by ulpi_device_link.c).
void ulpi_device_packet(struct ulpi_device *device);

#endif
