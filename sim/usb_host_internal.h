// SPDX-License-Identifier: BSD-2-Clause
//
// What the files of the USB host model share. From the pins up:
//
//     usb_host_phy.c          ULPI: RX CMDs, bytes to and from the link, line state; usb_host_phy_registers.c
//     usb_host_phy_full.c     its bits at full speed
//     usb_host_pins.c         or, instead of ULPI, D+ and D- of a full-speed device
//     usb_host_port.c         the hub port: attach, reset, chirp, high or full speed
//     usb_host_packet.c       PIDs, CRCs, bit stuffing
//     usb_host_transaction.c  token, data, handshake on the bus, with time-outs and injected faults
//     usb_host_transfer.c     queues, what an answer means to a transfer, control stages, toggles
//     usb_host_enumerate.c    address, descriptors, configuration
//     usb_host_schedule.c     the clock: start of frame, and who may use the bus next
//     usb_host.c              the calls that usb_host.h has
//
// All times are in clocks of 60 MHz, 16.67 ns; at high speed one clock is one byte (8 bit times) on the bus,
// at full speed five clocks are a bit.
#ifndef WEIR_USB_HOST_INTERNAL_H
#define WEIR_USB_HOST_INTERNAL_H

#include "usb_host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define USB_CLOCKS_PER_US 60u
#define USB_NEVER UINT64_MAX

// ---- usb_host_packet.c ----

enum usb_pid { // USB 2.0 table 8-1, with the check bits
    USB_PID_OUT = 0xE1,
    USB_PID_IN = 0x69,
    USB_PID_SOF = 0xA5,
    USB_PID_SETUP = 0x2D,
    USB_PID_PING = 0xB4,
    USB_PID_DATA0 = 0xC3,
    USB_PID_DATA1 = 0x4B,
    USB_PID_ACK = 0xD2,
    USB_PID_NAK = 0x5A,
    USB_PID_STALL = 0x1E,
    USB_PID_NYET = 0x96,
};

#define USB_SYNC_CLOCKS 4u // 32 bits
#define USB_EOP_CLOCKS 1u  // 8 bits
#define USB_SOF_EOP_CLOCKS 5u
#define USB_TOKEN_SIZE 3u
#define USB_DATA_OVERHEAD 3u // PID and CRC16
// Bulk's share of a microframe (section 5.8.4, table 5-10): each transaction costs its data and 55 bytes of
// protocol, of 7,500 bytes in all. So 13 packets of 512 bytes fit, and more where some are shorter.
#define USB_BULK_OVERHEAD 55u
#define USB_BULK_BYTES 7500u
// The same at full speed, of a frame (table 5-9): 19 packets of 64 bytes.
#define USB_FULL_SPEED_BIT 5u
#define USB_FULL_SPEED_BULK_OVERHEAD 13u
#define USB_FULL_SPEED_BULK_BYTES 1500u
#define USB_PACKET_MAX (1024u + USB_DATA_OVERHEAD)

// CRC of the 11 bits of a token, and of a data packet's bytes, as they stand in the packet (section 8.3.5).
uint8_t usb_crc5(uint16_t value);
uint16_t usb_crc16(const uint8_t *data, size_t length);

// Builds a packet; returns its length.
size_t usb_token(uint8_t packet[USB_TOKEN_SIZE], enum usb_pid pid, uint8_t address, uint8_t endpoint);
size_t usb_start_of_frame(uint8_t packet[USB_TOKEN_SIZE], uint16_t frame);
size_t usb_data_packet(uint8_t packet[USB_PACKET_MAX], bool toggle, const uint8_t *data, size_t length);

// A PID whose check bits are right; a data packet whose CRC is right too.
bool usb_pid_valid(uint8_t pid);
bool usb_data_packet_valid(const uint8_t *packet, size_t length);

// Bits stuffed into `byte` (section 7.1.9). `run` is the count of ones so far; it starts as 1, SYNC's last
// bit.
unsigned usb_stuffed_bits(unsigned *run, uint8_t byte);
// Clocks a packet of high speed takes from the first bit of SYNC to the last of EOP.
uint64_t usb_packet_clocks(const uint8_t *packet, size_t length);
// The same at full speed, until SE0 ends.
uint64_t usb_full_speed_packet_clocks(const uint8_t *packet, size_t length);

// The next number of a xorshift64* generator. The state is never 0.
uint64_t usb_random(uint64_t *state);

// ---- usb_host_phy.c ----

enum usb_line { USB_LINE_SE0, USB_LINE_J, USB_LINE_K, USB_LINE_FREE }; // FREE: nobody drives

enum usb_phy_state {
    USB_PHY_HELD,       // dir high: power-up, or reset of the UTMI core, until `held_until`
    USB_PHY_IDLE,       // the link may begin a command
    USB_PHY_RX_CMD,     // dir is turning; an RX CMD follows
    USB_PHY_RELEASE,    // an RX CMD or register was driven; dir falls
    USB_PHY_TURN,       // dir has fallen; nobody drives
    USB_PHY_RECEIVE,    // a packet for the link
    USB_PHY_TRANSMIT,   // a packet from the link, or chirp
    USB_PHY_COMMAND,    // a register command, and an extended address, are being taken
    USB_PHY_WRITE_DATA, // the value is being taken
    USB_PHY_WRITE_STOP, // stp ends the write
    USB_PHY_READ_TURN,  // dir is turning; the register follows
    USB_PHY_LOW_POWER,  // SuspendM = 0: data shows the line state, the clock has stopped; stp wakes
    USB_PHY_STARTING,   // stp was seen; dir falls at `held_until`
};

struct usb_phy {
    enum usb_phy_state state;
    uint8_t data; // the pins
    bool dir, nxt;
    uint64_t held_until;
    uint64_t start_clocks; // from stp until dir falls, when it wakes from low power
    uint64_t random;

    // Registers, ULPI 1.1 section 4.2.
    uint8_t function_control, interface_control, otg_control, interrupt_rising, interrupt_falling, scratch;
    uint8_t command, address, value; // of the access under way

    // The two ends of the cable, and what the link sees and has been told of it.
    enum usb_line hub, device;
    uint8_t line, line_reported;

    // Bus to link.
    uint8_t rx[USB_PACKET_MAX];
    size_t rx_length, rx_next;
    uint64_t rx_at, rx_data_at; // dir rises, first byte; USB_NEVER: nothing to come
    unsigned rx_run, rx_stuffed;
    size_t rx_error_at; // RxError before this byte of the next packet, 1 or more; 0: none. For benches
    bool rx_ending;
    bool rx_inactive; // full speed: RxActive has been seen to fall
    size_t rx_bits;   // full speed: begun on the line, SYNC's among them
    size_t rx_whole;  // full speed: bytes whose last bit is in

    // Link to bus.
    uint8_t tx[USB_PACKET_MAX];
    size_t tx_length; // may exceed the room: babble
    uint64_t tx_begin, tx_end;
    unsigned tx_run, tx_stuffed, tx_slack;
    bool tx_command; // the TX CMD has been taken
    bool tx_ready;   // a packet reaches the host at tx_end
    bool tx_collided;
    bool tx_on_line; // full speed: its end is still to be seen on the line

    uint64_t line_at; // full speed: the clock of the line's next bit, of either side; USB_NEVER: none

    struct usb_pins *pins; // D+ and D- in ULPI's place, or NULL
};

// Function Control.
#define USB_XCVR_SELECT 0x03
#define USB_XCVR_HIGH_SPEED 0x00
#define USB_XCVR_FULL_SPEED 0x01
#define USB_TERM_SELECT 0x04
#define USB_OP_MODE 0x18
#define USB_OP_MODE_NON_DRIVING 0x08
#define USB_OP_MODE_RAW 0x10 // neither bit stuffing nor NRZI: chirp
#define USB_FUNCTION_RESET 0x20
#define USB_SUSPEND_M 0x40

void usb_phy_init(struct usb_phy *phy, uint64_t seed);
void usb_phy_tick(struct usb_phy *phy, const struct ulpi_pins *pins, uint64_t clock);
// The hub's end of the cable changes.
void usb_phy_drive(struct usb_phy *phy, enum usb_line hub);
// A packet begins on the bus at `clock`.
void usb_phy_send(struct usb_phy *phy, const uint8_t *packet, size_t length, uint64_t clock);
bool usb_phy_pulled_up(const struct usb_phy *phy);
bool usb_phy_high_speed(const struct usb_phy *phy);
// The link transmits, or its last packet is still on the bus.
bool usb_phy_transmitting(const struct usb_phy *phy, uint64_t clock);
bool usb_phy_idle(const struct usb_phy *phy);
// Line state anew, after one end of the cable or Function Control changed.
void usb_phy_update_line(struct usb_phy *phy);

void usb_phy_rx_cmd(struct usb_phy *phy, bool active, uint8_t line);
// SuspendM has been 0 for a while, or the PHY is waking: the link has no clock.
bool usb_phy_clock_stopped(const struct usb_phy *phy, uint64_t clock);

// usb_host_phy_full.c: the transceiver is in full speed; a packet of the host begins; `line_at` has come; a
// clock of receiving, false when the PHY has told all of the packet; a clock of sending; the clock at which a
// packet ends that the link has given whole.
bool usb_phy_full_speed(const struct usb_phy *phy);
void usb_phy_send_full(struct usb_phy *phy, uint64_t clock);
void usb_phy_line_full(struct usb_phy *phy);
bool usb_phy_receive_full(struct usb_phy *phy);
void usb_phy_transmit_full(struct usb_phy *phy, uint64_t clock);
uint64_t usb_phy_end_transmit_full(struct usb_phy *phy);

// usb_host_phy_registers.c; the value of a write takes effect; a clock of low power, and of waking from it.
#define USB_PHY_HELD_CLOCKS 32u
#define USB_LINE_UNKNOWN 0xFF
void usb_phy_written(struct usb_phy *phy, uint64_t clock);
void usb_phy_low_power(struct usb_phy *phy, const struct ulpi_pins *pins, uint64_t clock);
void usb_phy_start(struct usb_phy *phy, uint64_t clock);
uint8_t usb_phy_read(struct usb_phy *phy, unsigned address);
void usb_phy_write(struct usb_phy *phy, unsigned address, uint8_t bits);

// ---- The host ----

// Every time the model uses, so that tests can stretch or break them.
struct usb_times {
    uint64_t attach; // pull-up seen before reset. TATTDB is 100 ms for bouncing contacts; there are none
    uint64_t attach_timeout;   // TSIGATT
    uint64_t reset;            // TDRST, at least 10 ms
    uint64_t chirp_earliest;   // TFILTSE0, 2.5 us: before, the device cannot know that it is a reset
    uint64_t chirp_latest;     // TWTRSTHS, 3 ms
    uint64_t revert;           // before that a device in high speed takes TWTREV and TWTRSTHS to see a reset
    uint64_t chirp_shortest;   // TUCH, 1 ms
    uint64_t chirp_end;        // TUCHEND, 7 ms after the reset began
    uint64_t hub_chirp_wait;   // TWTDCH, at most 100 us
    uint64_t hub_chirp_bit;    // TDCHBIT, 40 to 60 us
    uint64_t hub_chirp_end;    // TDCHSE0, 100 to 500 us
    uint64_t reset_recovery;   // TRSTRCY, 10 ms in which the device need not answer
    uint64_t address_recovery; // TDSETADDR, 2 ms
    uint64_t microframe;       // 125 us
    uint64_t end_of_frame;     // EOF1, 560 bit times before SOF: no device may transmit any more
    uint64_t same_gap;         // between two packets of the host, at least 88 bit times (section 7.1.18.2)
    uint64_t turn_gap;         // from a packet of the device to one of the host, at least 8 bit times
    uint64_t answer_latest;    // the device answers within 192 bit times
    uint64_t answer_timeout;   // the host waits 736 to 816 bit times (section 8.7.2)
    uint64_t suspend_silence;  // TWTREV, 3 ms: then a port of high speed changes its terminations
    uint64_t suspend_seen;     // silence after which the device is suspended, and its PHY asleep
    uint64_t resume;           // TDRSMDN, 20 ms
    uint64_t resume_end;       // two bit times of low speed
    uint64_t resume_recovery;  // TRSMRCY, 10 ms
    // After NAK, by direction: while nobody else wants the bus, and while somebody does.
    uint64_t in_retry_alone, in_retry_shared, out_retry_alone, out_retry_shared;
};

enum usb_port {
    USB_PORT_ATTACH,
    USB_PORT_RESET,
    USB_PORT_DEVICE_CHIRP,
    USB_PORT_HUB_CHIRP,
    USB_PORT_NO_CHIRP, // a port of full speed leaves the device's chirp unanswered
    USB_PORT_SETTLE,
    USB_PORT_ENABLED,
    USB_PORT_SUSPENDED,
    USB_PORT_RESUMING,
    USB_PORT_RESUMED,
    USB_PORT_OFF
};

enum usb_endpoint_type { USB_CONTROL = 0, USB_BULK = 2, USB_INTERRUPT = 3 }; // table 9-13
enum usb_stage { USB_STAGE_SETUP, USB_STAGE_DATA, USB_STAGE_STATUS };

struct usb_endpoint {
    struct weir_usb_transfer *head, *tail;
    uint8_t address; // bEndpointAddress
    uint8_t interface;
    enum usb_endpoint_type type;
    uint16_t max_packet;
    uint16_t interval;    // microframes; interrupt only
    uint32_t polled;      // the microframe of its last transaction; interrupt only
    bool present, toggle; // the toggle of the next packet
    bool ping;            // ask before sending
    bool naked;           // the last answer was NAK
    bool due;             // interrupt only: may be polled in this microframe
    uint8_t errors;       // in a row
    enum usb_stage stage; // control only
    uint64_t nak_clock;
};

#define USB_ENDPOINTS 32u // index: number, + 16 for IN

enum usb_phase {
    USB_PHASE_READY,  // the next transaction may begin at `event`
    USB_PHASE_TOKEN,  // a token is out; its data packet follows at `event`
    USB_PHASE_ANSWER, // the device's turn
    USB_PHASE_ACK,    // the host acknowledges at `event`
};

struct usb_transaction {
    struct usb_endpoint *endpoint;
    bool cancelled; // the transfer was taken back meanwhile
    bool finished;  // IN: the transfer ends with the ACK that is to come
    enum usb_pid token;
    uint8_t packet[USB_PACKET_MAX]; // OUT and SETUP
    size_t length;
    uint64_t asked; // end of the host's packet
};

#define USB_CONFIGURATIONS 4u

struct usb_configuration {
    uint8_t bytes[1024];
    size_t length;
};

struct usb_enumeration {
    unsigned step, tries;
    unsigned reading;  // index of the configuration whose descriptors are being read
    uint8_t wanted;    // the configuration to choose at the end; 0: none
    uint8_t active;    // the one that the device is in; 0: none
    uint64_t patience; // until this clock, no answer is no fault
    struct weir_usb_transfer transfer;
    uint8_t device[18];
    struct usb_configuration configs[USB_CONFIGURATIONS];
};

struct usb_host {
    uint64_t clock;
    uint64_t event; // nothing to do for the host before this clock, unless the device speaks
    struct usb_phy phy;
    struct usb_times times;

    enum usb_port port;
    uint64_t port_since, attached, reset_begin, chirp_begin;
    bool was_high_speed; // when the reset began
    bool only_full;      // the port knows full speed alone
    bool suspending;     // as soon as the bus is free
    bool resuming;       // as soon as the device has seen that it is suspended
    uint64_t seen;       // while resuming: from this clock on the device has seen all there is to see
    uint64_t recovered;  // resumed: until this clock the device is left alone, but for SOF

    enum usb_host_state state;
    char error[200];
    struct usb_enumeration enumeration;

    uint8_t address;
    uint64_t next_sof;
    uint32_t microframe; // count since reset; the frame number is an eighth of it
    bool full_speed;     // a microframe is a frame, and nothing else is as it is at high speed
    unsigned bulk_packets, bulk_packets_max; // in this microframe
    size_t bulk_bytes;                       // of USB_BULK_BYTES in this microframe
    unsigned next_bulk;                      // round robin
    uint64_t bus_free;                       // no packet of the host before this clock
    enum usb_phase phase;
    struct usb_transaction now;
    struct usb_endpoint endpoints[USB_ENDPOINTS];
    struct weir_usb_transfer *refused; // to be completed at the next clock

    struct weir_usb_faults faults;
    // For benches: sees each packet on the cable and may change it, up to USB_PACKET_MAX bytes. Returns its
    // length then; 0: it is lost.
    size_t (*tamper)(void *context, bool to_device, uint8_t *packet, size_t length);
    void *tamper_context;
    uint64_t random;
    uint64_t completed;
    struct weir_sim_usb_stats stats;
    uint64_t late_answers; // device packets that began later than times.answer_latest
    uint64_t unsolicited;  // device packets nobody asked for
};

// usb_host.c: gives up on the device; everything queued ends with WEIR_USB_NO_DEVICE.
void usb_host_fail(struct usb_host *host, const char *format, ...) __attribute__((format(printf, 2, 3)));
void usb_complete_refused(struct usb_host *host);

// usb_host_schedule.c
// False, and the device given up, when it is no longer in the speed it was in.
bool usb_host_attached(struct usb_host *host);
// One clock of the host's side.
void usb_host_clock(struct usb_host *host);
// The device does not chirp: times, packets and what may be sent are those of full speed.
void usb_host_use_full_speed(struct usb_host *host);

// usb_host_port.c: one clock while the port is not enabled; the bus falls silent now, between two
// transactions.
void usb_port_step(struct usb_host *host);
void usb_port_suspend(struct usb_host *host);

// usb_host_transaction.c
// Fills `host->now` with the endpoint's next transaction; returns the clocks from its token to the end of the
// device's last packet at the latest.
uint64_t usb_transaction_prepare(struct usb_host *host, struct usb_endpoint *endpoint);
void usb_transaction_begin(struct usb_host *host);
// `event` has come while a transaction is under way, or a packet of the device has ended.
void usb_transaction_step(struct usb_host *host);
// Puts a packet on the bus now, unless a fault is drawn; returns the clock at which it ends.
uint64_t usb_transmit(struct usb_host *host, uint8_t *packet, size_t length);

// usb_host_transfer.c
enum usb_pid usb_next_token(const struct usb_endpoint *endpoint);
// Builds the next OUT or SETUP data packet; returns its length.
size_t usb_next_packet(const struct usb_endpoint *endpoint, uint8_t packet[USB_PACKET_MAX]);
// The four ways a transaction goes on: handshake from the device; data from the device (true: acknowledge
// it); that acknowledgement has been sent; nothing or nonsense from the device.
void usb_handshake(struct usb_host *host, uint8_t pid);
bool usb_data_in(struct usb_host *host, const uint8_t *packet, size_t length);
void usb_acknowledged(struct usb_host *host);
void usb_no_answer(struct usb_host *host);
void usb_complete(struct usb_host *host, struct usb_endpoint *endpoint, enum weir_usb_status status);
void usb_enqueue(struct usb_host *host, struct usb_endpoint *endpoint, struct weir_usb_transfer *transfer);
// False when the transfer is not queued there.
bool usb_remove(struct usb_host *host, struct usb_endpoint *endpoint, struct weir_usb_transfer *transfer);

// usb_host_enumerate.c
void usb_enumerate(struct usb_host *host);
// The device has accepted SET_CONFIGURATION or SET_INTERFACE: the endpoints are those of now.
void usb_configured(struct usb_host *host, uint8_t value);
void usb_interface_set(struct usb_host *host, uint8_t interface, uint8_t setting);
// The configuration the device is in; while it is in none, the first.
struct usb_configuration *usb_active_configuration(struct usb_host *host);

#ifdef __cplusplus
}
#endif
#endif
