// SPDX-License-Identifier: BSD-2-Clause
//
// The clocks, and what is called at which edge. Time is counted in thirds of a picosecond, in which the
// periods of 48, 60 and 125 MHz are whole numbers, so nothing drifts however long the card runs.
//
// Nothing in the card happens at falling edges. So a clock is pulled low along with the rising edge of
// another, and an evaluation for a falling edge alone is needed only where a clock rises twice with no other
// in between.
#include "weir_sim.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>

#include <fcntl.h>
#include <unistd.h>

#include "gmii_wire.h"
#include "weir_link.h"
#include "weir_sim_card.h"

namespace
{

constexpr uint64_t PS = 3, NS = 1000 * PS;
constexpr uint64_t HOST_PERIOD = 50000; // 60 MHz, of the host model
constexpr uint64_t WIRE_PERIOD = 8 * NS;
constexpr uint64_t RESET_TIME = 200 * NS;
constexpr uint64_t ENUMERATION_LIMIT = 1000000000 * NS;

// For this long nothing moves before the card counts as idle: more than the longest NTB is walked (25 us) and
// its first datagram takes through the card's memories (26 us), and until the host model asks again after a
// NAK (10 us). Acknowledgements may wait for as long as OUT packets came within 68 us (85 at full speed).
constexpr uint64_t QUIET_TIME = 100000 * NS;
// At full speed the host asks later, and not at all in the last 60 us of a frame.
constexpr uint64_t QUIET_TIME_FULL_SPEED = 150000 * NS;
constexpr unsigned QUIET_CHECK = 64; // USB clocks from one look at it to the next

constexpr uint8_t LINK_DOWN = 0, LINK_UP_1000_FULL = 1 | 2 << 1 | 1 << 3; // WEIR_REG_LINK
constexpr uint8_t DEFAULT_MAC[6] = {0x02, 'W', 'E', 'I', 'R', 0x01};

} // namespace

struct weir_sim {
    VerilatedContext context;
    std::unique_ptr<card_model> card;
    std::unique_ptr<VerilatedFstC> trace;
    usb_host *host = nullptr;
    gmii_source to_card = {};
    gmii_sink from_card = {};
    weir_sim_wire_out wire_out = nullptr;
    weir_sim_wire_sent wire_sent = nullptr;
    void *wire_context = nullptr;

    uint64_t now = 0;                      // thirds of a ps, as all below
    uint64_t usb_period = 0, usb_time = 0; // the latter counts only while the clock runs
    uint64_t next_usb = 0, next_rx = WIRE_PERIOD, next_tx = WIRE_PERIOD;
    uint64_t quiet_since = 0;
    unsigned quiet_check = QUIET_CHECK;
    uint64_t completed = 0, packets = 0; // transfers and bulk packets, as of the last look
    bool frame_left = false;
    uint64_t unrefilled = 0; // skipped and not yet made into a token of the ARP rate limit
    uint64_t untold = 0;     // skipped and not yet a whole ns of device time
    bool rx_runs = true, tx_runs = true;
    unsigned rx_reset_left = 4, tx_reset_left = 4; // edges, where a clock starts later than the card
    bool in_reset = true; // the PHYs are reset along with the card: what its pins say before means nothing

    bool quiet_long_enough();
    void edge();
    void skip(uint64_t time);
    void spare(uint64_t until);
    bool run(uint64_t until);
};

static void on_sent(void *context, uint64_t time, const uint8_t *frame, size_t length)
{
    auto *sim = static_cast<weir_sim *>(context);

    if (sim->wire_sent)
        sim->wire_sent(sim->wire_context, time, frame, length);
}

static void on_received(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok)
{
    auto *sim = static_cast<weir_sim *>(context);

    sim->quiet_since = sim->now;
    sim->frame_left = true;
    if (sim->wire_out)
        sim->wire_out(sim->wire_context, time, frame, length, preamble_ok);
}

// ---- Clocks ----

// SOFs and IN tokens that earn a NAK go on for ever, so what counts on USB is whether data moves. Whether the
// host waits for more than data from the card is asked at the end.
bool weir_sim::quiet_long_enough()
{
    struct weir_sim_usb_stats stats;
    usb_host_stats(host, &stats);
    const uint64_t moved = stats.out_packets + stats.in_packets;

    if (moved != packets || !gmii_source_idle(&to_card) || !gmii_sink_idle(&from_card) ||
        card->transfer_open()) {
        packets = moved;
        quiet_since = now;
    }
    const uint64_t enough = usb_host_high_speed(host) ? QUIET_TIME : QUIET_TIME_FULL_SPEED;
    return now - quiet_since >= enough && usb_host_idle(host);
}

// The next rising edge, or all that coincide.
void weir_sim::edge()
{
    uint64_t next = next_usb < next_tx ? next_usb : next_tx;
    next = next_rx < next ? next_rx : next;
    const bool host_clock = next == next_usb, tx_due = next == next_tx, rx_due = next == next_rx;
    const bool tx = tx_due && tx_runs, rx = rx_due && rx_runs;
    const bool usb = host_clock && !usb_host_clock_stopped(host); // of the card

    now = next;
    next_usb += host_clock ? usb_period : 0;
    usb_time += host_clock ? usb_period : 0;
    next_tx += tx_due ? WIRE_PERIOD : 0;
    next_rx += rx_due ? WIRE_PERIOD : 0;

    if ((usb && card->usb_clk) || (tx && card->wire_tx_clk) || (rx && card->wire_rx_clk)) {
        card->usb_clk = card->wire_tx_clk = card->wire_rx_clk = 0;
        card->eval();
    }
    if (host_clock)
        card->before_usb_edge(in_reset ? nullptr : host, usb_time);
    card->usb_clk = usb;
    card->wire_tx_clk = tx;
    card->wire_rx_clk = rx;
    card->eval();
    if (trace)
        trace->dump(now / PS);

    // After the edge: the inputs that change with it, and a look at the outputs.
    if (!in_reset && rx && card->wire_rx_rst && --rx_reset_left == 0)
        card->wire_rx_rst = 0;
    if (!in_reset && tx && card->wire_tx_rst && --tx_reset_left == 0)
        card->wire_tx_rst = 0;
    if (host_clock)
        card->after_usb_edge();
    if (rx && !gmii_source_idle(&to_card)) {
        gmii_pins pins;
        gmii_source_step(&to_card, now / NS, &pins);
        card->gmii_rxd = pins.data;
        card->gmii_rx_dv = pins.valid;
        card->gmii_rx_er = pins.error;
    }
    if (tx && !in_reset && (card->gmii_tx_en || card->gmii_tx_er || !gmii_sink_idle(&from_card)))
        gmii_sink_step(&from_card, now / NS, {card->gmii_txd, card->gmii_tx_en != 0, card->gmii_tx_er != 0});
}

// The ARP rate limit is a matter of time: gives its bucket (rtl/arp/rate_limit.v) the tokens that it would
// have gained.
static void refill_arp_tokens(weir_sim *sim, uint64_t time)
{
    CData &tokens = sim->card->arp_tokens();
    const uint64_t interval = sim->card->arp_interval() * 1024 * WIRE_PERIOD;

    sim->unrefilled += time;
    while (interval > 0 && sim->unrefilled >= interval && tokens < WEIR_ARP_BURST) {
        sim->unrefilled -= interval;
        tokens++;
    }
    if (interval > 0)
        sim->unrefilled %= interval;
}

// So is the device time that frames are stamped with (rtl/lib/device_time.v).
static void advance_device_time(weir_sim *sim, uint64_t time)
{
    sim->untold += time;
    sim->card->device_time() += sim->untold / NS;
    sim->untold %= NS;
}

void weir_sim::skip(uint64_t time)
{
    refill_arp_tokens(this, time);
    advance_device_time(this, time);
    now += time;
    next_usb += time;
    next_tx += time;
    next_rx += time;
    quiet_since += time;
}

// What the card has already seen of a bus reset or a resume passes with all clocks standing still, but for
// the wire's sake no earlier than it is quiet.
void weir_sim::spare(uint64_t until)
{
    const uint64_t clocks = usb_host_standstill(host), room = until > now ? (until - now) / HOST_PERIOD : 0;
    const uint64_t spared = clocks < room ? clocks : room;

    if (spared == 0)
        return;
    usb_host_skip(host, spared);
    skip(spared * HOST_PERIOD);
}

bool weir_sim::run(uint64_t until)
{
    if (quiet_long_enough())
        return true;
    while (next_usb <= until || next_tx <= until || next_rx <= until) {
        const uint64_t usb_before = next_usb;

        edge();
        if (frame_left)
            break;
        if (next_usb == usb_before)
            continue;
        if (const uint64_t count = usb_host_completed(host); count != completed) {
            completed = count;
            quiet_since = now;
            return false;
        }
        if (--quiet_check == 0) {
            quiet_check = QUIET_CHECK;
            if (quiet_long_enough())
                return true;
            if (now - quiet_since >= QUIET_TIME)
                spare(until);
        }
    }
    if (!frame_left && now < until)
        now = until;
    frame_left = false;
    return false;
}

// ---- Making and freeing ----

// Verilator draws its reset values from a generator that all cards of a thread share, so it is seeded anew
// for each.
static void make_card(weir_sim *sim, const weir_sim_config *config)
{
    sim->context.randReset(2);
    sim->context.randSeed(static_cast<int>((config->seed ^ config->seed >> 31) & 0x7FFFFFFF) | 1);
    sim->context.timeunit(-12);
    sim->context.timeprecision(-12);
    sim->context.traceEverOn(config->trace_path != nullptr);
    Verilated::threadContextp(&sim->context);
    sim->card = config->full_speed ? make_card_fs(&sim->context) : make_card_ulpi(&sim->context);
    sim->next_usb = sim->usb_period = sim->card->usb_period();

    card_model &card = *sim->card;
    static constexpr uint8_t none[6] = {};
    const uint8_t *mac = memcmp(config->mac, none, sizeof none) ? config->mac : DEFAULT_MAC;
    uint64_t address = 0;
    for (int i = 0; i < 6; i++)
        address = address << 8 | mac[i];
    card.mac_address = address;
    card.link_status = LINK_UP_1000_FULL;
    card.usb_clk = card.wire_tx_clk = card.wire_rx_clk = 0;
    card.usb_rst = card.wire_tx_rst = card.wire_rx_rst = 1;
    card.after_usb_edge();
    card.gmii_rxd = 0;
    card.gmii_rx_dv = card.gmii_rx_er = 0;
}

static bool open_trace(weir_sim *sim, const char *path)
{
    if (!path)
        return true;
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC,
                        0666); // for the reason, which the trace writer does not tell
    if (fd < 0)
        return false;
    close(fd);
    sim->trace = std::make_unique<VerilatedFstC>();
    sim->card->trace(sim->trace.get());
    sim->trace->open(path);
    return sim->trace->isOpen();
}

// Reset goes low between two edges, so it is the same for every clock that runs.
static void reset(weir_sim *sim)
{
    while (sim->now < RESET_TIME)
        sim->edge();
    sim->card->usb_rst = 0;
    sim->card->wire_tx_rst = !sim->tx_runs;
    sim->card->wire_rx_rst = !sim->rx_runs;
    sim->in_reset = false;
}

static bool enumerate(weir_sim *sim)
{
    const uint64_t limit = sim->now + ENUMERATION_LIMIT;

    while (usb_host_state(sim->host) < USB_HOST_ADDRESSED && sim->now < limit) {
        sim->edge();
        sim->spare(UINT64_MAX);
    }
    while (usb_host_state(sim->host) < USB_HOST_FAILED && !usb_host_idle(sim->host))
        sim->edge();
    sim->completed = usb_host_completed(sim->host);
    sim->quiet_since = sim->now;
    return usb_host_state(sim->host) == USB_HOST_ADDRESSED ||
           usb_host_state(sim->host) == USB_HOST_CONFIGURED;
}

__attribute__((format(printf, 4, 5))) static weir_sim *fail(weir_sim *sim, const weir_sim_config *config,
                                                            int error, const char *format, ...)
{
    if (config->error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(config->error, config->error_size, format, arguments);
        va_end(arguments);
    }
    weir_sim_destroy(sim);
    errno = error;
    return nullptr;
}

weir_sim *weir_sim_create(const weir_sim_config *config)
{
    auto *sim = new (std::nothrow) weir_sim;

    if (!sim)
        return fail(sim, config, ENOMEM, "out of memory");
    sim->wire_out = config->wire_out;
    sim->wire_sent = config->wire_sent;
    sim->wire_context = config->wire_context;
    sim->next_rx += config->rx_phase % 8000 * PS;
    sim->rx_runs = sim->tx_runs = !config->wire_clocks_stopped;
    gmii_source_init(&sim->to_card, on_sent, sim);
    make_card(sim, config);
    sim->host = sim->card->make_host(config);
    if (!gmii_sink_init(&sim->from_card, on_received, sim) || !sim->host)
        return fail(sim, config, ENOMEM, "out of memory");
    if (config->usb_trace_path &&
        (!config->full_speed || !usb_host_trace_pins(sim->host, config->usb_trace_path)))
        return fail(sim, config, config->full_speed ? errno : EINVAL,
                    "cannot write the trace of D+ and D- to %s: %s", config->usb_trace_path,
                    config->full_speed ? strerror(errno) : "the card has a ULPI PHY");

    if (config->full_speed_port)
        usb_host_only_full_speed(sim->host);
    if (config->configuration)
        usb_host_want_configuration(
            sim->host, config->configuration == WEIR_SIM_NO_CONFIGURATION ? 0 : config->configuration);
    if (!open_trace(sim, config->trace_path))
        return fail(sim, config, errno, "cannot write the trace to %s: %s", config->trace_path,
                    strerror(errno));
    reset(sim);
    if (!enumerate(sim))
        return fail(sim, config, EPROTO, "the card does not enumerate: %s", usb_host_error(sim->host));
    return sim;
}

void weir_sim_destroy(weir_sim *sim)
{
    if (!sim)
        return;
    if (sim->host) {
        usb_host_fail_all(sim->host);
        usb_host_destroy(sim->host);
    }
    if (sim->trace)
        sim->trace->close();
    if (sim->card) {
        Verilated::threadContextp(&sim->context);
        sim->card->final();
    }
    gmii_source_free(&sim->to_card);
    gmii_sink_free(&sim->from_card);
    delete sim;
}

// ---- The rest of weir_sim.h ----

void weir_sim_submit(weir_sim *sim, weir_usb_transfer *transfer)
{
    sim->quiet_since = sim->now;
    usb_host_submit(sim->host, transfer);
}

bool weir_sim_cancel(weir_sim *sim, weir_usb_transfer *transfer)
{
    sim->quiet_since = sim->now;
    return usb_host_cancel(sim->host, transfer);
}

bool weir_sim_wire_in(weir_sim *sim, const uint8_t *frame, size_t length)
{
    if (sim->to_card.queued >= WEIR_SIM_WIRE_QUEUE)
        return false;
    sim->quiet_since = sim->now;
    return gmii_source_queue(&sim->to_card, frame, length);
}

void weir_sim_set_link(weir_sim *sim, bool up)
{
    const uint8_t status = up ? LINK_UP_1000_FULL : LINK_DOWN;

    if (sim->card->link_status != status)
        sim->quiet_since = sim->now;
    sim->card->link_status = status;
}

void weir_sim_run_wire_clocks(weir_sim *sim, bool rx, bool tx)
{
    sim->quiet_since = sim->now;
    sim->rx_runs = rx;
    sim->tx_runs = tx;
}

size_t weir_sim_wire_queued(const weir_sim *sim)
{
    return sim->to_card.queued;
}

bool weir_sim_run(weir_sim *sim, uint64_t until)
{
    Verilated::threadContextp(&sim->context);
    return sim->run(until < UINT64_MAX / NS ? until * NS : UINT64_MAX);
}

void weir_sim_skip(weir_sim *sim, uint64_t nanoseconds)
{
    sim->skip(nanoseconds * NS);
}

static bool enumerate_anew(weir_sim *sim)
{
    Verilated::threadContextp(&sim->context);
    usb_host_want_configuration(sim->host, 0);
    return enumerate(sim);
}

bool weir_sim_bus_reset(weir_sim *sim)
{
    usb_host_reset(sim->host);
    return enumerate_anew(sim);
}

void weir_sim_unplug(weir_sim *sim)
{
    usb_host_unplug(sim->host);
}

bool weir_sim_plug(weir_sim *sim)
{
    usb_host_plug(sim->host);
    return enumerate_anew(sim);
}

bool weir_sim_suspend(weir_sim *sim)
{
    sim->quiet_since = sim->now;
    return usb_host_suspend(sim->host);
}

bool weir_sim_resume(weir_sim *sim)
{
    sim->quiet_since = sim->now;
    return usb_host_resume(sim->host);
}

bool weir_sim_suspended(const weir_sim *sim)
{
    return usb_host_suspended(sim->host);
}

bool weir_sim_usb_clock_stopped(const weir_sim *sim)
{
    return usb_host_clock_stopped(sim->host);
}

bool weir_sim_attached(const weir_sim *sim)
{
    const auto state = usb_host_state(sim->host);
    return state == USB_HOST_ADDRESSED || state == USB_HOST_CONFIGURED;
}

bool weir_sim_high_speed(const weir_sim *sim)
{
    return usb_host_high_speed(sim->host);
}

const char *weir_sim_usb_error(const weir_sim *sim)
{
    return usb_host_error(sim->host);
}

uint64_t weir_sim_now(const weir_sim *sim)
{
    return sim->now / NS;
}

void weir_sim_usb_stats(const weir_sim *sim, struct weir_sim_usb_stats *stats)
{
    usb_host_stats(sim->host, stats);
}

const uint8_t *weir_sim_device_descriptor(const weir_sim *sim)
{
    return usb_host_device_descriptor(sim->host);
}

const uint8_t *weir_sim_config_descriptor(const weir_sim *sim, size_t *length)
{
    return usb_host_config_descriptor(sim->host, length);
}
