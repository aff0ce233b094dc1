// SPDX-License-Identifier: BSD-2-Clause
//
// The clocks, what is called at which edge, and when the card counts as idle.
//
// Nothing in the card happens at falling edges. So a clock is pulled low along with the rising edge of
// another, and an evaluation for a falling edge alone is needed only where a clock rises twice with no other
// in between.
#include "weir_link.h"
#include "weir_sim_internal.h"

using namespace weir_sim_time;

namespace
{

constexpr uint64_t HOST_PERIOD = 50000; // 60 MHz, of the host model

// For this long nothing moves before the card counts as idle: more than the longest NTB is walked (25 us) and
// its first datagram takes through the card's memories (26 us), and until the host model asks again after a
// NAK (10 us). Acknowledgements may wait for as long as OUT packets came within 68 us (85 at full speed).
constexpr uint64_t QUIET_TIME = 100000 * NS;
// At full speed the host asks later, and not at all in the last 60 us of a frame.
constexpr uint64_t QUIET_TIME_FULL_SPEED = 150000 * NS;
constexpr unsigned QUIET_CHECK = 64; // USB clocks from one look at it to the next

} // namespace

// SOFs and IN tokens that earn a NAK go on for ever, so what counts on USB is whether data moves, or will as
// soon as an interrupt endpoint is polled. Whether the host waits for more than data from the card is asked
// at the end.
bool weir_sim::quiet_long_enough()
{
    struct weir_sim_usb_stats stats;
    usb_host_stats(host, &stats);
    const uint64_t moved = stats.out_packets + stats.in_packets;

    if (moved != packets || !gmii_source_idle(&to_card) || !gmii_sink_idle(&from_card) || phy.loop.valid ||
        phy.link_left != 0 || card->mdio_valid || card->transfer_open() ||
        (card->message_waits() && usb_host_polls(host))) {
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

    if ((usb && card->usb_clk) || (tx && card->wire_tx_clk) || (rx && card->wire_rx_clk) ||
        (tx_due && card->phy_clk)) {
        card->usb_clk = card->wire_tx_clk = card->wire_rx_clk = card->phy_clk = 0;
        card->eval();
    }
    if (host_clock)
        card->before_usb_edge(in_reset ? nullptr : host, usb_time);
    card->usb_clk = usb;
    card->wire_tx_clk = tx;
    card->wire_rx_clk = rx;
    card->phy_clk = tx_due; // the board's, and of any rate
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
    if (rx && (!gmii_source_idle(&to_card) || card->gmii_rx_dv || phy.path != ETHERNET_PHY_CABLE))
        phy_sends();
    if (tx && !in_reset &&
        (card->gmii_tx_en || card->gmii_tx_er || !gmii_sink_idle(&from_card) ||
         phy.path != ETHERNET_PHY_CABLE))
        phy_takes();
    if (tx_due && !in_reset)
        phy_registers();
}

// What the PHY gives the card: from the cable, or what it sends back.
void weir_sim::phy_sends()
{
    gmii_pins pins = {};

    gmii_source_clock(&to_card, now / NS, &pins);
    if (phy.path != ETHERNET_PHY_CABLE)
        pins = phy.loop;
    card->gmii_rxd = pins.data;
    card->gmii_rx_dv = pins.valid;
    card->gmii_rx_er = pins.error;
}

void weir_sim::phy_takes()
{
    gmii_pins pins = {card->gmii_txd, card->gmii_tx_en != 0, card->gmii_tx_er != 0};

    if (phy.path == ETHERNET_PHY_LOOP)
        ethernet_phy_loop(&phy, pins);
    if (phy.path != ETHERNET_PHY_CABLE)
        pins = {};
    gmii_sink_clock(&from_card, now / NS, pins);
}

void weir_sim::phy_registers()
{
    uint32_t answer = card->mdio_answer;

    card->mdio_done = ethernet_phy_clock(&phy, card->mdio_valid, card->mdio_request, &answer);
    card->mdio_answer = answer;
    card->link_status = phy.link;
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
        if (++quiet_check == QUIET_CHECK) {
            quiet_check = 0;
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
