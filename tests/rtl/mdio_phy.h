// SPDX-License-Identifier: BSD-2-Clause
//
// PHYs at an MDIO bus, as IEEE 802.3-2018 clause 22.2.4 and 22.3.4 have them; it also watches that the card
// keeps to the timing.
#ifndef MDIO_PHY_H
#define MDIO_PHY_H

#include "wire_bench.h"
#include <functional>
#include <map>

struct MdioBus {
    std::map<unsigned, std::map<unsigned, uint16_t>> phys; // address → register → value
    std::function<void(unsigned phy, unsigned reg, uint16_t value)> written = [](unsigned, unsigned,
                                                                                 uint16_t) {};
    std::function<void(unsigned phy, unsigned reg)> read = [](unsigned, unsigned) {};
    uint64_t output_delay = 300000; // ps from mdc's rise to the PHY's bit, 300 ns at most
    unsigned frames = 0, missed = 0;

    // The pins after a change at time `now` (ps); gives the line's level.
    bool step(uint64_t now, bool mdc, bool out, bool drives)
    {
        bool level = drives ? out : phy_level(now);
        if (mdc && !clock) {
            if (rose)
                assert_true(now - rose >= 400000); // 2.5 MHz at most
            assert_true(now - changed >= 10000);   // setup
            rose = now;
            bit(level, drives);
        }
        if (!mdc && clock)
            assert_true(now - rose >= 160000);
        if (drives != was_driven || (drives && out != was_out)) {
            assert_true(now - rose >= 10000); // hold
            changed = now;
        }
        clock = mdc;
        was_driven = drives;
        was_out = out;
        return level;
    }

  private:
    bool clock = false, was_driven = false, was_out = false;
    uint64_t rose = 0, changed = 0;
    unsigned ones = 0, place = 0; // place: bits behind the preamble
    uint32_t header = 0;
    uint16_t data = 0;
    bool answers = false, old_level = true, new_level = true;
    uint64_t put_at = 0;

    // Nobody drives: the pull-up.
    bool phy_level(uint64_t now) const
    {
        return now >= put_at ? new_level : old_level;
    }
    void put(bool level)
    {
        old_level = phy_level(rose);
        new_level = level;
        put_at = rose + output_delay;
    }
    void bit(bool level, bool driven)
    {
        if (place == 0 && level) {
            ones++;
            put(true);
            return;
        }
        if (place == 0 && ones < 32)
            missed++; // a frame without its preamble
        place++;
        bool reads;
        if (place <= 14) {
            assert_true(driven);
            header = header << 1 | level;
            data = 0;
            if (place < 14)
                return;
            reads = (header >> 10 & 3) == 2;
            unsigned phy = header >> 5 & 31, reg = header & 31;
            answers = reads && phys.count(phy);
            if (answers) {
                read(phy, reg);
                data = phys[phy][reg];
            }
            return;
        }
        reads = (header >> 10 & 3) == 2;
        assert_int_equal(driven, !reads); // the turnaround belongs to who sends data
        if (reads) {
            if (answers)
                put(place == 15 ? false : place < 32 ? data >> (31 - place) & 1 : true);
        } else if (place == 15 || place == 16) {
            assert_int_equal(level, place == 15);
        } else {
            data = (uint16_t)(data << 1 | level);
        }
        if (place < 32)
            return;
        unsigned start = header >> 12 & 3, phy = header >> 5 & 31, reg = header & 31;
        assert_int_equal(start, 1);
        if (!reads && phys.count(phy)) {
            phys[phy][reg] = data;
            written(phy, reg, data);
        }
        frames++;
        place = ones = 0;
        header = 0;
    }
};

#endif
