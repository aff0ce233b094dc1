// SPDX-License-Identifier: BSD-2-Clause
//
// What the benches of the USB modules share: a clock, and packets built bit by bit as USB 2.0 chapter 8
// describes them.
#ifndef USB_BENCH_H
#define USB_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}
#include <verilated.h>
#include <memory>
#include <random>
#include <vector>

using Bytes = std::vector<uint8_t>;

enum Pid {
    OUT = 0x1,
    IN = 0x9,
    SOF = 0x5,
    SETUP = 0xD,
    PING = 0x4,
    SPLIT = 0x8,
    DATA0 = 0x3,
    DATA1 = 0xB,
    DATA2 = 0x7,
    MDATA = 0xF,
    ACK = 0x2,
    NAK = 0xA,
    STALL = 0xE,
    NYET = 0x6,
};

// A module with `clk` and `rst`, out of reset. Set inputs, look at combinational outputs after eval(), then
// tick().
template <typename Module> struct Bench {
    std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    std::unique_ptr<Module> dut{new Module(context.get())};
    uint64_t clocks = 0;

    void tick()
    {
        dut->eval();
        dut->clk = 1;
        dut->eval();
        dut->clk = 0;
        dut->eval();
        clocks++;
    }
    void ticks(uint64_t count)
    {
        while (count-- > 0)
            tick();
    }
    void reset()
    {
        dut->rst = 1;
        ticks(3);
        dut->rst = 0;
        tick();
    }
};

// Bit-serial division with the bits in sending order; the register's first bit to be sent is bit 0.
inline unsigned serial_crc(unsigned crc, unsigned polynomial, unsigned value, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++)
        crc = ((crc ^ value >> i) & 1) ? crc >> 1 ^ polynomial : crc >> 1;
    return crc;
}

inline unsigned crc5(unsigned token)
{
    return serial_crc(0x1F, 0x14, token, 11) ^ 0x1F; // 10100b is x^5 + x^2 + 1 backwards
}

inline unsigned crc16(const Bytes &data)
{
    unsigned crc = 0xFFFF;
    for (uint8_t byte : data)
        crc = serial_crc(crc, 0xA001, byte, 8);
    return crc ^ 0xFFFF;
}

inline uint8_t pid_byte(unsigned pid)
{
    return uint8_t(pid | (~pid & 15) << 4);
}

inline Bytes token_packet(Pid pid, unsigned address, unsigned endpoint)
{
    const unsigned token = address | endpoint << 7;
    return {pid_byte(pid), uint8_t(token), uint8_t(token >> 8 | crc5(token) << 3)};
}

inline Bytes data_packet(Pid pid, const Bytes &data)
{
    Bytes packet = {pid_byte(pid)};
    packet.insert(packet.end(), data.begin(), data.end());
    const unsigned crc = crc16(data);
    packet.push_back(uint8_t(crc));
    packet.push_back(uint8_t(crc >> 8));
    return packet;
}

inline Bytes random_bytes(std::mt19937 &random, size_t length)
{
    Bytes data(length);
    for (uint8_t &byte : data)
        byte = uint8_t(random());
    return data;
}

#define RUN_TESTS(tests)                                                                                     \
    int main()                                                                                               \
    {                                                                                                        \
        return cmocka_run_group_tests(tests, NULL, NULL);                                                    \
    }

#endif
