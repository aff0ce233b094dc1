// SPDX-License-Identifier: BSD-2-Clause
//
// The device core with its full-speed front on the cable of the USB host model: the signal is as bad as
// USB 2.0 section 7.1 allows, drawn from a seed that each failure tells.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}
#include "Vfullspeed_core.h"
#include "usb_host_pins.h"
#include "weir_link.h"
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

using Bytes = std::vector<uint8_t>;

static const uint64_t MS = 48000; // clocks
static const uint64_t FS_PER_PS = 1000;

// The limits of sections 7.1.11 to 7.1.15; the card's clock, too, may be off, so the host's can be by twice
// its share.
static const weir_usb_signal CLEAN = {};
static const weir_usb_signal FAST = {2500, 18500, 9000, 14000, 83000};
static const weir_usb_signal SLOW = {-2500, 18500, 9000, 14000, 83000};
static const weir_usb_signal FAST_AGAINST_SLOW = {5000, 18500, 9000, 14000, 83000};
static const weir_usb_signal SLOW_AGAINST_FAST = {-5000, 18500, 9000, 14000, 83000};

// One step is one clock of 48 MHz. Bulk OUT is read into `received`, bulk IN comes from `in_queue`.
class Card
{
  public:
    explicit Card(const weir_usb_signal &signal, uint64_t seed = 1, const weir_usb_faults &faults = {})
        : context(new VerilatedContext), core(new Vfullspeed_core(context.get())),
          host(usb_host_create_pins(&faults, seed, 0, &signal), usb_host_destroy)
    {
        context->randReset(2);
        host->times.reset = 100 * USB_CLOCKS_PER_US; // instead of 10 ms
        core->mac_address = 0x0250C0FFEE19;
        core->m_out_ready = 1;
        for (int i = 0; i < 8; i++) {
            core->rst = i < 4;
            step();
        }
    }

    template <typename Done> bool run(uint64_t clocks, Done done)
    {
        while (!done()) {
            if (clocks-- == 0)
                return false;
            step();
        }
        return true;
    }

    void run(uint64_t clocks)
    {
        while (clocks-- > 0)
            step();
    }

    bool enumerate()
    {
        return run(100 * MS, [&] { return usb_host_state(host.get()) >= USB_HOST_CONFIGURED; }) &&
               usb_host_state(host.get()) == USB_HOST_CONFIGURED;
    }

    void submit(weir_usb_transfer &transfer, uint8_t endpoint, Bytes &data, std::array<uint8_t, 8> setup = {})
    {
        transfer = {};
        transfer.endpoint = endpoint;
        std::copy(setup.begin(), setup.end(), transfer.setup);
        transfer.buffer = data.data();
        transfer.length = data.size();
        transfer.context = this;
        transfer.complete = [](weir_usb_transfer *t) { static_cast<Card *>(t->context)->completed++; };
        usb_host_submit(host.get(), &transfer);
    }

    void step()
    {
        const bool took_in = core->s_in_valid && core->s_in_ready;
        if (core->m_out_valid && !core->rst && !core->m_out_eot)
            received.push_back(core->m_out_data);
        ends += core->m_out_valid && !core->rst && core->m_out_eot;
        crc_errors += core->ev_crc_error;
        usb_pin_levels pins = {bool(core->oe), bool(core->dp_o), bool(core->dn_o), bool(core->pull_up), false,
                               false};
        usb_host_pins(host.get(), &pins, ++clock * 62500 / 3);
        core->dp_i = pins.dp_i;
        core->dn_i = pins.dn_i;
        core->clk = 1;
        core->eval();
        if (took_in)
            in_queue.pop_front();
        core->s_in_valid = !in_queue.empty();
        if (!in_queue.empty()) {
            core->s_in_data = in_queue.front();
            core->s_in_last = in_queue.size() == 1;
        }
        core->clk = 0;
        core->eval();
    }

    const usb_pins &cable() const
    {
        return *host->phy.pins;
    }

    std::unique_ptr<VerilatedContext> context;
    std::unique_ptr<Vfullspeed_core> core;
    std::unique_ptr<usb_host, void (*)(usb_host *)> host;
    uint64_t clock = 0;
    Bytes received;
    std::deque<uint8_t> in_queue;
    unsigned ends = 0, completed = 0, crc_errors = 0;
};

// Random, with runs of ones and zeros in which bits are stuffed or all change.
static Bytes random_bytes(uint64_t &state, size_t length)
{
    Bytes data(length);
    for (uint8_t &byte : data) {
        const uint64_t number = usb_random(&state);
        byte = number & 3 ? uint8_t(number >> 2) : number & 4 ? 0xFF : 0;
    }
    return data;
}

static void assert_enumerates(Card &card, uint64_t seed)
{
    if (!card.enumerate())
        fail_msg("seed %llu: %s", (unsigned long long)seed, usb_host_error(card.host.get()));
    assert_true(card.core->configured);
    assert_false(card.core->high_speed);
}

// Bytes both ways at the same time, the transfers' ends on and off packet boundaries.
static void assert_carries(Card &card, uint64_t seed, size_t length)
{
    uint64_t random = seed * 77 + 1;
    Bytes out = random_bytes(random, length), in = random_bytes(random, length), got(length + 64);
    weir_usb_transfer to, from;

    card.in_queue.assign(in.begin(), in.end());
    card.submit(to, WEIR_EP_OUT, out);
    got.resize((length + 64) / 64 * 64);
    card.submit(from, WEIR_EP_IN, got);
    if (!card.run(200 * MS, [&] { return card.completed == 2; }))
        fail_msg("seed %llu: OUT %zu of %zu, IN %zu", (unsigned long long)seed, to.actual, length,
                 from.actual);
    card.run(MS, [&] { return card.received.size() == length; });
    assert_int_equal(to.status, WEIR_USB_OK);
    assert_int_equal(from.status, WEIR_USB_OK);
    assert_int_equal(from.actual, length);
    got.resize(length);
    if (card.received != out || got != in)
        fail_msg("seed %llu: the bytes differ", (unsigned long long)seed);
}

static void assert_no_fault(const Card &card, uint64_t seed)
{
    struct weir_sim_usb_stats stats;
    usb_host_stats(card.host.get(), &stats);
    if (stats.retries || card.crc_errors || card.cable().bad_packets || card.cable().collisions ||
        card.host->late_answers || card.host->unsolicited)
        fail_msg(
            "seed %llu: %llu retries, %u packets broken for the card, %u for the host, %u collisions, %llu "
            "late answers, %llu unsolicited",
            (unsigned long long)seed, (unsigned long long)stats.retries, card.crc_errors,
            card.cable().bad_packets, card.cable().collisions, (unsigned long long)card.host->late_answers,
            (unsigned long long)card.host->unsolicited);
}

static void carries_at(const weir_usb_signal &signal)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        Card card(signal, seed);
        assert_enumerates(card, seed);
        assert_carries(card, seed, 5 * 1216 + 13 * seed);
        assert_no_fault(card, seed);
    }
}

static void it_enumerates_and_carries_bytes_on_a_clean_line(void **)
{
    carries_at(CLEAN);
}

static void it_does_so_at_the_limits_of_jitter_with_a_fast_host(void **)
{
    carries_at(FAST);
}

static void and_with_a_slow_host(void **)
{
    carries_at(SLOW);
}

static void and_with_both_clocks_off_the_opposite_way(void **)
{
    carries_at(FAST_AGAINST_SLOW);
    carries_at(SLOW_AGAINST_FAST);
}

static void broken_packets_and_lost_handshakes_are_made_good(void **)
{
    const weir_usb_faults faults = {10000, 10000, 10000};
    for (uint64_t seed = 1; seed <= 4; seed++) {
        Card card(FAST, seed, faults);
        assert_enumerates(card, seed);
        assert_carries(card, seed, 10000);
        struct weir_sim_usb_stats stats;
        usb_host_stats(card.host.get(), &stats);
        assert_in_range(stats.retries, 1, stats.faults_injected);
    }
}

// ---- What the card does to the line ----

// USB 2.0 sections 7.1.13.2.1 (SE0 of 160 to 175 ns), 7.1.13.1 (jitter 3.5 ns; the host's clock is exact
// here) and 7.1.18.1 (an answer 2 to 6.5 bit times after EOP at our pins, a cable of 26 ns away).
static void its_own_signal_and_its_answers_keep_to_the_standard(void **)
{
    Card card(CLEAN);
    assert_enumerates(card, 1);
    assert_carries(card, 1, 3000);
    const usb_pins &cable = card.cable();
    assert_in_range(cable.shortest_eop / FS_PER_PS, 160000, 175000);
    assert_in_range(cable.longest_eop / FS_PER_PS, 160000, 175000);
    assert_in_range(cable.worst_edge / FS_PER_PS, 0, 3500);
    assert_in_range(cable.earliest_answer / FS_PER_PS, 2 * 83333 + 26000, 13 * 83333 / 2 + 26000);
    assert_int_equal(card.host->late_answers, 0);
}

static void a_bus_reset_takes_the_address_back_and_the_next_enumeration_works(void **)
{
    Card card(CLEAN);
    assert_enumerates(card, 1);
    usb_host_reset(card.host.get());
    assert_true(card.run(MS, [&] { return !card.core->configured; }));
    assert_enumerates(card, 1);
    assert_carries(card, 1, 1000);
}

// The host sends nothing any more, SOF included.
static uint64_t suspend(Card &card)
{
    const uint64_t sof = card.host->next_sof;
    card.host->next_sof = card.host->event = USB_NEVER;
    card.run(3 * MS - 1000);
    assert_false(card.core->suspended);
    card.run(MS);
    assert_true(card.core->suspended);
    return sof;
}

// K, two bit times of SE0 at low speed, J; then frames as before.
static void resume(Card &card, uint64_t sof)
{
    usb_pins_drive(card.host->phy.pins, USB_LINE_K);
    card.run(20 * MS);
    usb_pins_drive(card.host->phy.pins, USB_LINE_SE0);
    card.run(64);
    usb_pins_drive(card.host->phy.pins, USB_LINE_FREE);
    card.run(100);
    while (sof <= card.host->clock)
        sof += card.host->times.microframe;
    card.host->next_sof = card.host->event = sof;
    assert_false(card.core->suspended);
    assert_true(card.core->configured);
    assert_carries(card, 1, 1000);
}

static void after_three_milliseconds_of_silence_it_sleeps_and_a_resume_wakes_it(void **)
{
    Card card(CLEAN);
    assert_enumerates(card, 1);
    resume(card, suspend(card));
}

// USB 2.0 section 7.1.7.7: K for 1 to 15 ms, not before the bus has been idle for 5 ms.
static void it_wakes_the_host_with_a_k_when_it_may(void **)
{
    Card card(CLEAN);
    assert_enumerates(card, 1);
    Bytes none;
    weir_usb_transfer transfer;
    card.submit(transfer, 0, none, {0x00, 3, 1, 0, 0, 0, 0, 0}); // SET_FEATURE(DEVICE_REMOTE_WAKEUP)
    assert_true(card.run(10 * MS, [&] { return card.completed == 1; }));
    assert_int_equal(transfer.status, WEIR_USB_OK);
    const uint64_t idle = card.clock, sof = suspend(card);
    card.core->wake_request = 1;
    assert_true(card.run(10 * MS, [&] { return card.core->oe; }));
    card.core->wake_request = 0;
    assert_true(card.clock - idle >= 5 * MS);
    const uint64_t begun = card.clock;
    card.run(MS / 100);
    assert_int_equal(card.host->phy.device, USB_LINE_K);
    assert_true(card.run(15 * MS, [&] { return !card.core->oe; }));
    assert_in_range(card.clock - begun, MS, 15 * MS);
    card.completed = 0;
    resume(card, sof);
}

#define RUN(test) cmocka_unit_test(test)

int main()
{
    const struct CMUnitTest tests[] = {
        RUN(it_enumerates_and_carries_bytes_on_a_clean_line),
        RUN(it_does_so_at_the_limits_of_jitter_with_a_fast_host),
        RUN(and_with_a_slow_host),
        RUN(and_with_both_clocks_off_the_opposite_way),
        RUN(broken_packets_and_lost_handshakes_are_made_good),
        RUN(its_own_signal_and_its_answers_keep_to_the_standard),
        RUN(a_bus_reset_takes_the_address_back_and_the_next_enumeration_works),
        RUN(after_three_milliseconds_of_silence_it_sleeps_and_a_resume_wakes_it),
        RUN(it_wakes_the_host_with_a_k_when_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
