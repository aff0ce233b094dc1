// SPDX-License-Identifier: BSD-2-Clause
//
// The simulated card: the boards' Verilog (rtl/weir_card_ulpi.v), compiled by Verilator, with a USB host on its ULPI pins and
// a wire on its GMII pins.
//
// Time is device time in nanoseconds since the card was made; it advances only inside weir_sim_run and weir_sim_skip.
// One thread at a time may use one card; several cards may live in one process.
//
//     struct weir_sim *sim = weir_sim_create(&(struct weir_sim_config){.wire_out = on_frame});
//     weir_sim_submit(sim, &transfer);
//     while (!done) weir_sim_run(sim, weir_sim_now(sim) + 1000000);
//     weir_sim_destroy(sim);
#ifndef WEIR_SIM_H
#define WEIR_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// How a USB transfer ended.
enum weir_usb_status {
    WEIR_USB_OK,
    WEIR_USB_STALL,     // the endpoint answered STALL
    WEIR_USB_ERROR,     // three transactions in a row failed (no or broken answer)
    WEIR_USB_OVERFLOW,  // the device sent more than the buffer or the endpoint allows (babble)
    WEIR_USB_CANCELLED, // weir_sim_cancel
    WEIR_USB_NO_DEVICE, // the device is not there: not enumerated, or gone
};

// One USB transfer. The caller owns it and the buffer, and leaves both alone from submit to `complete`.
struct weir_usb_transfer {
    uint8_t endpoint;  // bEndpointAddress; 0 for control
    uint8_t setup[8];  // control only: the SETUP bytes
    uint8_t *buffer;   // data to send or room for data
    size_t length;     // bytes in buffer; for IN a multiple of the packet size
    size_t actual;     // set: bytes moved
    enum weir_usb_status status; // set
    void (*complete)(struct weir_usb_transfer *transfer); // called inside weir_sim_run or weir_sim_cancel
    void *context;     // the caller's
    struct weir_usb_transfer *next; // the host model's
};

// Faults on the USB pins, each in packets per million, drawn from the card's seed.
struct weir_usb_faults {
    uint32_t out_corrupt;    // a bit of a packet host -> device (token, data or handshake) is wrong
    uint32_t in_corrupt;     // a bit of a packet device -> host is wrong
    uint32_t handshake_lost; // a handshake, either way, does not arrive
};

// How far from ideal the host's signal on D+ and D- is, in ps, and its clock. USB 2.0 sections 7.1.11 to 7.1.15 allow 2,500 ppm,
// 18,500, 9,000 and 14,000; and hubs a bit (83,000) before EOP.
struct weir_usb_signal {
    int32_t ppm;
    uint32_t jitter_next;   // from edge to edge
    uint32_t jitter_paired; // from rising to rising, or falling to falling edge
    uint32_t skew;          // between D+ and D-
    uint32_t dribble;       // SE0 begins up to that much late
};

// The Ethernet PHY, as MDIO shows it (ethernet_phy.h): sound; not there, so that no frame comes through either; or one that damages
// frames while it loops back.
enum weir_sim_phy { WEIR_SIM_PHY_SOUND, WEIR_SIM_PHY_NONE, WEIR_SIM_PHY_NOISY };

// Receives each frame the card puts on the wire. `frame` includes the 4 FCS bytes and is valid during the call; `time` is
// that of its first preamble byte. `preamble_ok` tells whether preamble, SFD and gap were as IEEE 802.3 clause 4 asks.
typedef void (*weir_sim_wire_out)(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok);

// Both directions' times are those from which the byte is on the card's pins.
typedef void (*weir_sim_wire_sent)(void *context, uint64_t time, const uint8_t *frame, size_t length);

#define WEIR_SIM_NO_CONFIGURATION 255

struct weir_sim_config {
    const char *trace_path;       // FST trace of every signal, or NULL
    bool full_speed;              // the card without a USB PHY, with a host at its D+ and D-: usb_clk is 48 MHz
    bool full_speed_port;         // the card with its ULPI PHY, at a port of full speed: nobody answers its chirp
    struct weir_usb_signal usb_signal; // full_speed: how good that host's signal is; all zero is ideal
    const char *usb_trace_path;   // full_speed: VCD trace of D+ and D-, in time that stands still with the clocks, or NULL
    uint64_t seed;                // for faults and Verilator's reset values
    struct weir_usb_faults faults;
    unsigned packets_per_microframe; // (or frame) bulk packets at most, of any size; 0: what fits (USB 2.0 section 5.8.4)
    weir_sim_wire_out wire_out;   // may be NULL
    void *wire_context;
    // May be NULL: told of each frame given to weir_sim_wire_in when its first preamble byte goes on the wire.
    weir_sim_wire_sent wire_sent;
    enum weir_sim_phy phy;
    uint8_t mac[6];        // the card's own address; all zero means 02:57:45:49:52:01
    unsigned rx_phase;     // ps from an edge of wire_tx_clk to the next of wire_rx_clk, 0 to 7999
    bool wire_clocks_stopped; // from power-on, as of a PHY that is not there, until weir_sim_run_wire_clocks
    // bConfigurationValue of the configuration to choose; 0 means 1, WEIR_SIM_NO_CONFIGURATION none.
    uint8_t configuration;
    char *error;           // where a sentence is left when weir_sim_create fails, or NULL
    size_t error_size;     // its size in bytes
};

// Makes a card, holds it in reset, and does what a hub and a host do after plug-in: bus reset with the chirp handshake,
// SET_ADDRESS, reading the descriptors, SET_CONFIGURATION. NULL with errno set on lack of memory, on an unwritable
// trace, or (EPROTO) when the card does not enumerate.
struct weir_sim *weir_sim_create(const struct weir_sim_config *config);

// Resets the bus, as a hub does, and enumerates anew: chirp, SET_ADDRESS, the descriptors; no configuration is chosen, and
// control transfers alone are possible until one is. Transfers queued complete with WEIR_USB_CANCELLED. It takes the 10 ms of
// device time that a reset lasts; the part in which the card has nothing left to see costs no simulation. False when
// the card does not come back, weir_sim_usb_error says why.
bool weir_sim_bus_reset(struct weir_sim *sim);

// Pulls the USB cable, power aside: transfers complete with WEIR_USB_NO_DEVICE, as do those submitted from now on; the wire
// goes on. Plugging in again enumerates as weir_sim_bus_reset does.
void weir_sim_unplug(struct weir_sim *sim);
bool weir_sim_plug(struct weir_sim *sim);

// Suspends the bus: it falls silent as soon as the transaction under way has ended, and the card, 3 ms later, suspends; the
// wire goes on. Transfers queued, or queued meanwhile, go on after resume. False when the card is not there, or
// suspended already. Like resume this only begins: time passes in weir_sim_run, which takes a suspended card
// for idle when it sleeps.
bool weir_sim_suspend(struct weir_sim *sim);
// Resumes it: 20 ms of K, and 10 ms until transfers go on; what the card does not see of them costs no
// simulation. A card that the host has allowed to (DEVICE_REMOTE_WAKEUP) begins this by itself when it has a
// frame for the host; weir_sim_usb_stats counts that. False when the bus is awake.
bool weir_sim_resume(struct weir_sim *sim);
// From weir_sim_suspend until resume has ended; and whether the card's USB clock stands still.
bool weir_sim_suspended(const struct weir_sim *sim);
bool weir_sim_usb_clock_stopped(const struct weir_sim *sim);

// Enumerated and still there; and whether it runs at high speed (or full).
bool weir_sim_attached(const struct weir_sim *sim);
bool weir_sim_high_speed(const struct weir_sim *sim);

// Why the card is not there, as a sentence.
const char *weir_sim_usb_error(const struct weir_sim *sim);

// SET_CONFIGURATION and SET_INTERFACE are control transfers like any other: once the card has accepted one, the endpoints that
// can be used are those of the configuration and alternate setting that its descriptors tell of.

// Frees the card; transfers still queued complete with WEIR_USB_NO_DEVICE first. NULL is allowed.
void weir_sim_destroy(struct weir_sim *sim);

// Queues a transfer; transfers of one endpoint are done in order.
void weir_sim_submit(struct weir_sim *sim, struct weir_usb_transfer *transfer);

// Takes a queued transfer back; it completes with WEIR_USB_CANCELLED, `actual` says what had moved. False if it is not queued.
bool weir_sim_cancel(struct weir_sim *sim, struct weir_usb_transfer *transfer);

// Puts a frame on the wire towards the card, after those queued before and the inter-frame gap. `frame` includes the FCS,
// is copied, and is sent as it is, right or wrong. False when WEIR_SIM_WIRE_QUEUE bytes are queued already.
bool weir_sim_wire_in(struct weir_sim *sim, const uint8_t *frame, size_t length);
#define WEIR_SIM_WIRE_QUEUE 65536

// Plugs the Ethernet cable in or out, as the PHY tells the card (WEIR_REG_LINK, and the notify endpoint); it is in at first.
// Frames are not held up by it: who pulls it out also stops giving frames.
void weir_sim_set_link(struct weir_sim *sim, bool up);

// Starts and stops the clocks that come from the PHY. What is on the wire stands still with them; and where one starts that has never run,
// the card's reset in its domain ends with its fourth edge, as a board makes it.
void weir_sim_run_wire_clocks(struct weir_sim *sim, bool rx, bool tx);

// Bytes queued towards the card and not yet on the wire.
size_t weir_sim_wire_queued(const struct weir_sim *sim);

// Runs until device time `until`, or until a transfer completed or a frame left the card (so that the caller can react), or
// until the card is idle: nothing on the wire, no OUT or control transfer queued, nothing inside the card to be sent.
// Returns true when it stopped because the card is idle; then only new input can make it do anything (IN transfers that
// wait stay queued), and the caller may sleep.
bool weir_sim_run(struct weir_sim *sim, uint64_t until);

// Lets device time pass with all clocks standing still, as while an idle card waits; the card's own clock, that of its
// time stamps, goes on with it. Costs nothing.
void weir_sim_skip(struct weir_sim *sim, uint64_t nanoseconds);

uint64_t weir_sim_now(const struct weir_sim *sim);

// What the host model counted since creation.
struct weir_sim_usb_stats {
    uint64_t microframes;                   // at full speed frames
    uint64_t out_packets, in_packets;       // bulk data packets that were acknowledged
    uint64_t out_naks, out_nyets, in_naks;
    uint64_t faults_injected, retries;
    uint64_t remote_wakeups;                // the card has woken the host that often
};
void weir_sim_usb_stats(const struct weir_sim *sim, struct weir_sim_usb_stats *stats);

// The descriptors read at enumeration (USB 2.0 section 9.6); the configuration's is of the one chosen, or the first.
const uint8_t *weir_sim_device_descriptor(const struct weir_sim *sim);
const uint8_t *weir_sim_config_descriptor(const struct weir_sim *sim, size_t *length);

#ifdef __cplusplus
}
#endif
#endif
