// SPDX-License-Identifier: BSD-2-Clause
//
// A PHY at its RMII, as RMII 1.2 describes it: what benches put before and behind rtl/mac/rmii.v. A step is a
// clock of REF_CLK.
#ifndef RMII_PHY_H
#define RMII_PHY_H

#include "wire_bench.h"
#include <deque>

struct RmiiPhy {
    struct Pins {
        uint8_t rxd;
        bool crs_dv, rx_er;
        bool first = false, last = false; // of a frame behind its SFD
    };
    unsigned clocks; // a dibit: 1 at 100 Mb/s, 10 at 10
    Random &random;

    RmiiPhy(bool fast, Random &source) : clocks(fast ? 1 : 10), random(source)
    {
        sample_at = random.below(clocks);
    }

    // ---- To the card ----
    std::deque<Pins> pins; // what comes next

    void dibits(unsigned count, uint8_t rxd, bool crs_dv, bool rx_er = false)
    {
        pins.insert(pins.end(), count * clocks, {rxd, crs_dv, rx_er});
    }
    void idle(unsigned byte_times)
    {
        dibits(4 * byte_times, 0, false);
    }
    // CRS_DV rises before there is data, in step with nothing; of the preamble any part may be lost. The
    // carrier ends `early` nibbles before the data does. error_at is a byte of the frame behind the SFD.
    void put(const Bytes &frame, unsigned preamble, unsigned early = 0, long error_at = -1)
    {
        if (random.one_in(2))
            for (unsigned i = random.below(40 * clocks); i > 0; i--)
                pins.push_back({0, true, false});
        dibits(preamble, 1, true);
        dibits(3, 1, true);
        dibits(1, 3, true);
        size_t behind_sfd = pins.size();
        unsigned error_dibit = random.below(4);
        for (size_t i = 0; i < frame.size(); i++)
            for (unsigned dibit = 0; dibit < 4; dibit++) {
                bool over = 2 * i + dibit / 2 + early >= 2 * frame.size();
                dibits(1, frame[i] >> (2 * dibit) & 3, !over || dibit % 2,
                       (long)i == error_at && dibit == error_dibit);
            }
        pins[behind_sfd].first = pins.back().last = true;
    }
    void false_carrier(unsigned dibit_times)
    {
        dibits(dibit_times, 2, true, random.one_in(2));
        dibits(1 + random.below(8), 0, false);
    }
    Pins next()
    {
        if (pins.empty())
            return {0, false, false};
        Pins now = pins.front();
        pins.pop_front();
        return now;
    }

    // ---- From the card: at 10 Mb/s any one clock of ten will do ----
    struct Sent {
        Bytes bytes;
        uint64_t begin, end; // clocks
    };
    std::vector<Sent> sent;
    unsigned sample_at;
    uint64_t now = 0;

    void sample(uint8_t txd, bool tx_en)
    {
        if (now++ % clocks != sample_at)
            return;
        if (!tx_en) {
            assert_int_equal(count % 4, 0); // whole bytes
            count = 0;
            return;
        }
        if (count == 0)
            sent.push_back({{}, now, now});
        if (count % 4 == 0)
            sent.back().bytes.push_back(0);
        sent.back().bytes.back() |= (uint8_t)(txd << (2 * (count % 4)));
        sent.back().end = now + clocks;
        count++;
    }

    // The latest of `sent` has not ended.
    bool sending() const
    {
        return count != 0;
    }

  private:
    unsigned count = 0; // dibits of the frame so far
};

#endif
