// SPDX-License-Identifier: BSD-2-Clause
#include "Vncm_notify.h"
#include "usb_bench.h"

namespace
{

struct Notify : Bench<Vncm_notify> {
    Notify()
    {
        dut->listens = dut->flush = dut->m_notify_ready = 0;
        dut->link = 0x0D; // up, 1000 Mb/s, full duplex
        reset();
    }
    // The messages until nothing more comes, each taken after a wait.
    std::vector<Bytes> messages()
    {
        std::vector<Bytes> seen;
        for (int quiet = 0; quiet < 10; quiet++) {
            if (dut->m_notify_valid) {
                ticks(3);
                Bytes message;
                for (unsigned i = 0; i < (dut->m_notify_long ? 16u : 8u); i++)
                    message.push_back(uint8_t(dut->m_notify_data[i / 4] >> 8 * (i % 4)));
                seen.push_back(message);
                dut->m_notify_ready = 1;
                quiet = 0;
            }
            tick();
            dut->m_notify_ready = 0;
            dut->eval();
        }
        return seen;
    }
};

Bytes speed(uint32_t rate)
{
    Bytes message = {0xA1, 0x2A, 0, 0, 0, 0, 8, 0};
    for (int i = 0; i < 8; i++)
        message.push_back(uint8_t(rate >> 8 * (i % 4)));
    return message;
}

Bytes connection(uint8_t up)
{
    return {0xA1, 0x00, up, 0, 0, 0, 0, 0};
}

void speed_and_connection_are_told_when_the_interface_opens_and_on_change_only(void **)
{
    Notify n;
    assert_true(n.messages().empty());
    n.dut->listens = 1;
    assert_true(n.messages() == (std::vector<Bytes>{speed(1000000000), connection(1)}));
    assert_true(n.messages().empty());
    n.dut->link = 0x0B;
    assert_true(n.messages() == (std::vector<Bytes>{speed(100000000), connection(1)}));
    n.dut->link = 0x00;
    assert_true(n.messages() == std::vector<Bytes>{connection(0)});
    n.dut->link = 0x01;
    assert_true(n.messages() == (std::vector<Bytes>{speed(10000000), connection(1)}));
    n.dut->listens = 0;
    n.dut->link = 0x0D;
    assert_true(n.messages().empty());
    n.dut->listens = 1;
    assert_true(n.messages() == (std::vector<Bytes>{speed(1000000000), connection(1)}));
}

void selecting_the_interface_again_tells_again_and_nothing_leaves_during_the_flush(void **)
{
    Notify n;
    n.dut->listens = 1;
    n.tick();
    n.tick();
    assert_true(n.dut->m_notify_valid);
    n.dut->flush = 1; // comes a clock after the interface, as usb_device has it
    n.dut->eval();
    assert_false(n.dut->m_notify_valid);
    n.tick();
    n.dut->flush = 0;
    n.dut->eval();
    assert_true(n.messages() == (std::vector<Bytes>{speed(1000000000), connection(1)}));
    n.dut->flush = 1;
    n.tick();
    n.dut->flush = 0;
    n.dut->eval();
    assert_true(n.messages() == (std::vector<Bytes>{speed(1000000000), connection(1)}));
}

void a_change_between_the_two_messages_is_told_behind_them(void **)
{
    Notify n;
    n.dut->listens = 1;
    n.tick();
    n.dut->link = 0;
    assert_true(n.messages() == (std::vector<Bytes>{speed(1000000000), connection(1), connection(0)}));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(speed_and_connection_are_told_when_the_interface_opens_and_on_change_only),
    cmocka_unit_test(selecting_the_interface_again_tells_again_and_nothing_leaves_during_the_flush),
    cmocka_unit_test(a_change_between_the_two_messages_is_told_behind_them),
};

} // namespace
RUN_TESTS(tests)
