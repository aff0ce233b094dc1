// SPDX-License-Identifier: BSD-2-Clause
//
// The simulated card as weir_sim.h has it: making, enumerating and freeing it, and what goes to its parts.
#include "weir_sim_internal.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>

#include <fcntl.h>
#include <unistd.h>

using namespace weir_sim_time;

namespace
{

constexpr uint64_t RESET_TIME = 200 * NS;
constexpr uint64_t ENUMERATION_LIMIT = 1000000000 * NS;

constexpr uint8_t DEFAULT_MAC[6] = {0x02, 'W', 'E', 'I', 'R', 0x01};

} // namespace

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
    ethernet_phy_init(&sim->phy, config->phy);
    card.link_status = sim->phy.link;
    card.phy_clk = card.mdio_done = 0;
    card.phy_rst = 1;
    card.mdio_answer = 0;
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
    sim->card->usb_rst = sim->card->phy_rst = 0;
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
    if (sim->phy.cable == up)
        return;
    ethernet_phy_plug(&sim->phy, up);
    sim->quiet_since = sim->now;
    sim->card->link_status = sim->phy.link;
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
