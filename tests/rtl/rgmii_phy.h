// SPDX-License-Identifier: BSD-2-Clause
//
// A PHY at its RGMII, as RGMII 2.0 describes it, with an internal delay on both clocks: what benches put
// before and behind rtl/mac/rgmii.v. Towards the card a step is a period of its clock, from it half a period
// of 125 MHz.
#ifndef RGMII_PHY_H
#define RGMII_PHY_H

#include "wire_bench.h"
#include <deque>

struct RgmiiPhy {
    struct Pins {
        uint8_t rise, fall;
        bool ctl_rise, ctl_fall;
        bool first = false, last = false; // of a frame behind its SFD
    };
    unsigned speed; // 0 = 10, 1 = 100, 2 = 1000 Mb/s
    Random &random;
    uint8_t status = 0;            // told between frames
    unsigned repeats_percent = 50; // below 1000 Mb/s a nibble may come in the second half again, or not

    RgmiiPhy(unsigned link_speed, Random &source) : speed(link_speed), random(source) {}

    // ---- To the card ----
    std::deque<Pins> pins;

    uint8_t second_half(uint8_t value)
    {
        return speed == 2 || random.below(100) < repeats_percent ? value
                                                                 : (uint8_t)(value ^ (1 + random.below(15)));
    }
    void nibble(uint8_t value, bool valid, bool error) // below 1000 Mb/s the second half may be anything
    {
        pins.push_back({value, second_half(value), valid, valid != error});
    }
    void octet(uint8_t value, bool valid, bool error)
    {
        if (speed == 2) {
            pins.push_back({(uint8_t)(value & 15), (uint8_t)(value >> 4), valid, valid != error});
            return;
        }
        nibble(value & 15, valid, error);
        nibble(value >> 4, valid, error);
    }
    void idle(unsigned periods)
    {
        while (periods-- > 0)
            pins.push_back(between());
    }
    // Of the preamble so many nibbles are left, below 1000 Mb/s also an odd number.
    void put(const Bytes &frame, unsigned preamble, long error_at = -1)
    {
        if (speed == 2)
            for (unsigned i = 0; i < preamble / 2; i++)
                octet(0x55, true, false);
        else
            for (unsigned i = 0; i < preamble; i++)
                nibble(5, true, false);
        octet(0xD5, true, false);
        size_t behind_sfd = pins.size();
        for (size_t i = 0; i < frame.size(); i++)
            octet(frame[i], true, (long)i == error_at);
        pins[behind_sfd].first = pins.back().last = true;
    }
    Pins next()
    {
        if (pins.empty())
            return between();
        Pins now = pins.front();
        pins.pop_front();
        return now;
    }

    // ---- From the card ----
    struct Sent {
        Bytes bytes;
        bool error;
        uint64_t begin, end; // half periods of 125 MHz
    };
    std::vector<Sent> sent;
    std::vector<unsigned> levels; // how long txc kept each, in half periods
    uint64_t now = 0;

    void half_period(bool txc, uint8_t txd, bool ctl)
    {
        now++;
        if (txc == clock) {
            level++;
            return;
        }
        levels.push_back(level);
        level = 1;
        clock = txc;
        if (txc) {
            low = txd;
            valid = ctl;
        } else {
            period(txd, ctl != valid);
        }
    }

  private:
    bool clock = false, valid = false, was_valid = false, second = false;
    unsigned level = 0;
    uint8_t low = 0, first = 0;

    Pins between()
    {
        return {status, second_half(status), false, false};
    }
    void period(uint8_t high, bool error)
    {
        unsigned halves = speed == 2 ? 1 : speed == 1 ? 5 : 50;
        if (!valid) {
            assert_false(second); // whole bytes
            assert_false(error);
        } else if (!was_valid) {
            sent.push_back({{}, false, now - halves, 0});
        }
        was_valid = valid;
        if (!valid)
            return;
        sent.back().error |= error;
        sent.back().end = now + halves;
        if (speed == 2) {
            sent.back().bytes.push_back((uint8_t)(low | high << 4));
            return;
        }
        assert_int_equal(low, high); // a nibble stands for the whole period
        if (second)
            sent.back().bytes.push_back((uint8_t)(first | low << 4));
        first = low;
        second = !second;
    }
};

#endif
