// SPDX-License-Identifier: BSD-2-Clause
#include "Vulpi_phy.h"
#include "usb_bench.h"

static const uint8_t identity[4] = {0x24, 0x04, 0x07, 0x1F}; // vendor and product ID

// The PHY's side of the pins, clock by clock. What the link shows in a clock is looked at before its edge.
struct Link {
    std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    std::unique_ptr<Vulpi_phy> dut{new Vulpi_phy(context.get())};
    Bytes rx; // bytes since the packet's begin
    bool active = false, error = false;
    Bytes to_send; // a UTMI packet
    size_t sent = 0;

    explicit Link(bool settle = true)
    {
        dut->utmi_xcvr_select = 1;
        dut->utmi_term_select = 1;
        dut->utmi_op_mode = 0;
        dut->utmi_suspend_n = 1;
        dut->rst = 1;
        for (int i = 0; i < 3; i++)
            clock();
        dut->rst = 0;
        if (settle) {
            uint8_t address, value;
            assert_true(take_write(address, value) && address == 0x0A && value == 0x00);
            for (uint8_t i = 0; i < 4; i++)
                assert_true(give_register(i, identity[i]));
            assert_true(dut->phy_found);
            assert_true(take_write(address, value) && address == 0x04 && value == 0x45);
        }
    }
    // One clock with the pins as the PHY drives them.
    void clock(bool dir = false, bool nxt = false, uint8_t data = 0)
    {
        set(dir, nxt, data);
        if (dut->utmi_tx_valid && dut->utmi_tx_ready)
            sent++;
        dut->usb_clk = 1;
        dut->eval();
        dut->usb_clk = 0;
        dut->utmi_tx_valid = sent < to_send.size();
        if (dut->utmi_tx_valid)
            dut->utmi_tx_data = to_send[sent];
        dut->eval();
        if (dut->utmi_rx_active && !active)
            rx.clear();
        if (dut->utmi_rx_valid)
            rx.push_back(dut->utmi_rx_data);
        error |= dut->utmi_rx_error;
        active = dut->utmi_rx_active;
    }
    void set(bool dir, bool nxt, uint8_t data)
    {
        dut->ulpi_dir = dir;
        dut->ulpi_nxt = nxt;
        dut->ulpi_data_i = data;
        dut->eval();
    }
    uint8_t shown()
    {
        set(false, false, 0);
        return dut->ulpi_data_oe ? dut->ulpi_data_o : 0;
    }
    void rx_cmd(uint8_t byte)
    {
        clock(true);
        clock(true, false, byte);
        clock();
    }
    void send(const Bytes &packet)
    {
        to_send = packet;
        sent = 0;
        dut->utmi_tx_valid = 1;
        dut->utmi_tx_data = packet[0];
        dut->eval();
    }
    bool wait_command(unsigned clocks = 20)
    {
        while (shown() >> 6 == 0 && clocks-- > 0)
            clock();
        return shown() >> 6 != 0;
    }
    // Answers a register write as a PHY does.
    bool take_write(uint8_t &address, uint8_t &value)
    {
        if (!wait_command() || shown() >> 6 != 2)
            return false;
        address = shown() & 0x3F;
        clock();
        clock(false, true);
        value = shown();
        clock(false, true);
        set(false, false, 0);
        const bool stopped = dut->ulpi_stp;
        clock();
        return stopped;
    }
    // Answers a register read as a PHY does: turn-around, the value, turn-around.
    bool give_register(uint8_t address, uint8_t value)
    {
        if (!wait_command() || shown() != (0xC0 | address))
            return false;
        clock();
        clock(false, true);
        clock(true);
        clock(true, false, value);
        clock();
        return true;
    }
    // Takes a packet, with a byte in one of `period` clocks; returns it with the TX CMD first.
    Bytes take_packet(unsigned period)
    {
        Bytes packet;
        if (!wait_command())
            return packet;
        for (unsigned i = 0; i < 10000; i++) {
            set(false, false, 0);
            if (dut->ulpi_stp) {
                assert_int_equal(dut->ulpi_data_o, 0);
                clock();
                return packet;
            }
            const bool take = i % period == period - 1;
            if (take)
                packet.push_back(shown());
            clock(false, take);
        }
        return {};
    }
};

static void the_first_thing_is_to_clear_the_pull_downs_and_set_the_transceiver(void **)
{
    Link link; // the constructor looks
    assert_false(link.wait_command(100));
}

static void stp_is_held_through_reset(void **)
{
    Link link(false);
    link.dut->rst = 1;
    link.clock();
    assert_true(link.dut->ulpi_stp);
}

static void each_change_of_mode_is_written_once(void **)
{
    Link link;
    static const struct {
        uint8_t xcvr, term, op, suspend_n, value;
    } modes[] = {{0, 1, 2, 1, 0x54}, {0, 0, 0, 1, 0x40}, {1, 1, 0, 1, 0x45}, {1, 1, 1, 1, 0x4D}};
    for (const auto &mode : modes) {
        link.dut->utmi_xcvr_select = mode.xcvr;
        link.dut->utmi_term_select = mode.term;
        link.dut->utmi_op_mode = mode.op;
        link.dut->utmi_suspend_n = mode.suspend_n;
        uint8_t address = 0, value = 0;
        assert_true(link.take_write(address, value));
        assert_int_equal(address, 4);
        assert_int_equal(value, mode.value);
        assert_false(link.wait_command(50));
    }
}

// The PHY raises dir in each clock of a write in turn, with an RX CMD or a packet: the write must come again,
// whole.
static void a_write_that_dir_interrupts_in_any_clock_is_made_again(void **)
{
    for (int packet = 0; packet < 2; packet++)
        for (int at = 0; at < 5; at++) {
            Link link;
            link.dut->utmi_xcvr_select = 0;
            assert_true(link.wait_command());
            const bool nxt[5] = {false, true, true, false, false};
            for (int i = 0; i < at; i++)
                link.clock(false, nxt[i]);
            link.clock(true, packet);
            assert_false(link.dut->ulpi_data_oe);
            link.clock(true, packet, packet ? 0xA5 : 0x4D);
            link.clock();
            const bool was_done = at == 4; // stp was out
            uint8_t address = 0, value = 0;
            assert_int_equal(link.take_write(address, value), !was_done);
            if (!was_done)
                assert_true(address == 4 && value == 0x44);
            assert_false(link.wait_command(50));
        }
}

static void the_phy_is_found_by_its_ids_before_there_is_a_pull_up(void **)
{
    Link link(false);
    uint8_t address, value;
    assert_true(link.take_write(address, value) && address == 0x0A);
    for (uint8_t i = 0; i < 4; i++) {
        assert_false(link.dut->phy_found);
        assert_true(link.give_register(i, identity[i]));
    }
    assert_true(link.dut->phy_found);
    assert_int_equal(link.dut->phy_id, 0x1F070424);
    assert_int_equal(link.dut->utmi_line_state, 1); // what was read is no RX CMD
    assert_false(link.active);
    assert_true(link.take_write(address, value) && address == 4 && value == 0x45);
}

static void without_a_phy_nothing_is_found(void **)
{
    Link link(false);
    for (int i = 0; i < 1000; i++) {
        link.clock();
        assert_false(link.dut->phy_found);
    }
    for (int i = 0; i < 1000; i++) { // pins that float high
        link.clock(true, true, 0xFF);
        assert_false(link.dut->phy_found);
    }
}

// A PHY model, or a bare PHY, may know no register reads: it never takes the command, or never turns the bus round.
static void a_phy_that_tells_no_id_is_used_all_the_same(void **)
{
    for (int takes = 0; takes < 2; takes++) {
        Link link(false);
        uint8_t address = 0, value = 0;
        assert_true(link.take_write(address, value) && address == 0x0A);
        for (int i = 0; i < 400 && link.shown() != 0x84; i++)
            link.clock(false, takes && link.shown() >> 6 == 3);
        assert_true(link.take_write(address, value) && address == 4 && value == 0x45);
        assert_false(link.dut->phy_found);
        assert_int_equal(link.dut->phy_id, 0);
        assert_false(link.wait_command(300)); // nor is it asked again
        link.send({pid_byte(ACK)});
        assert_true(link.take_packet(1) == Bytes{0x42});
    }
}

// dir rises in each clock of a read in turn, with an RX CMD or a packet: what is read then is right all the same.
static void a_read_that_dir_interrupts_in_any_clock_is_made_again(void **)
{
    for (int packet = 0; packet < 2; packet++)
        for (int at = 0; at < 3; at++) { // command, nxt, where the PHY would turn the bus
            Link link(false);
            uint8_t address, value;
            assert_true(link.take_write(address, value));
            assert_true(link.wait_command());
            const bool nxt[2] = {false, true};
            for (int i = 0; i < at; i++)
                link.clock(false, nxt[i]);
            if (at == 2 && !packet)
                continue; // that is the answer itself
            link.clock(true, packet);
            link.clock(true, packet, packet ? 0xA5 : 0x4E);
            assert_int_equal(link.active, packet);
            assert_true(packet ? link.rx == Bytes{0xA5} : link.dut->utmi_line_state == 2);
            link.clock();
            for (uint8_t i = 0; i < 4; i++)
                assert_true(link.give_register(i, identity[i]));
            assert_int_equal(link.dut->phy_id, 0x1F070424);
        }
}

// A PHY that interrupts at random, in any clock in which it may, while the link reads, writes and sends: it never misses a
// register, and every packet and RX CMD comes through.
static void reads_and_writes_survive_random_interruptions(void **)
{
    std::mt19937 random(3);
    for (unsigned round = 0; round < 2000; round++) {
        Link link(false);
        uint8_t registers[64] = {identity[0], identity[1], identity[2], identity[3]};
        registers[4] = 0x41, registers[10] = 0x06;
        enum { IDLE, TAKE, READ, VALUE, STOP } state = IDLE;
        uint8_t command = 0, value = 0, line = 1;
        unsigned interruptions = 0;
        link.clock();
        for (unsigned i = 0; i < 400; i++) {
            const uint8_t shown = link.shown();
            const bool may = i < 300 && (state == IDLE || state == TAKE || (state == READ && (random() & 1)));
            if (may && random() % 5 == 0) { // a packet, or a change of line state
                const bool packet = state == READ || (random() & 1);
                const Bytes bytes = random_bytes(random, 1 + random() % 5);
                interruptions++;
                state = IDLE;
                link.clock(true, packet);
                if (packet) {
                    for (uint8_t byte : bytes)
                        link.clock(true, true, byte);
                    assert_true(link.rx == bytes);
                } else {
                    line = uint8_t(random() & 3);
                    link.clock(true, false, uint8_t(0x4C | line));
                }
                assert_int_equal(link.dut->utmi_line_state, line);
                link.clock();
                link.clock();
                continue;
            }
            switch (state) {
            case IDLE:
                link.clock();
                if (shown >> 6 >= 2 && (random() & 1))
                    state = TAKE;
                break;
            case TAKE:
                command = shown;
                link.clock(false, true);
                state = command >> 6 == 3 ? READ : VALUE;
                break;
            case READ:
                link.clock(true);
                link.clock(true, false, registers[command & 0x3F]);
                link.clock();
                state = IDLE;
                break;
            case VALUE:
                value = shown;
                link.clock(false, true);
                state = STOP;
                break;
            case STOP:
                link.set(false, false, 0);
                if (link.dut->ulpi_stp) {
                    registers[command & 0x3F] = value;
                    state = IDLE;
                }
                link.clock();
                break;
            }
        }
        if (!link.dut->phy_found || link.dut->phy_id != 0x1F070424 || registers[4] != 0x45 || registers[10] != 0)
            fail_msg("round %u of seed 3, after %u interruptions: ID %08x, Function Control %02x, OTG Control %02x", round,
                     interruptions, link.dut->phy_id, registers[4], registers[10]);
    }
}

static void rx_cmds_tell_line_state_activity_and_errors(void **)
{
    Link link;
    for (uint8_t line = 0; line < 4; line++) {
        link.rx_cmd(uint8_t(0x4C | line));
        assert_int_equal(link.dut->utmi_line_state, line);
        assert_false(link.active);
    }
    link.clock(true);
    link.clock(true, false, 0x5D); // RxActive
    assert_true(link.active && !link.error);
    link.clock(true, false, 0x7D); // RxActive and RxError
    assert_true(link.active && link.error);
    link.clock(true, false, 0x4D);
    assert_false(link.active);
    link.clock(true, false, 0x6D); // host disconnect is not activity
    assert_false(link.active);
}

static void a_packet_comes_through_with_rx_cmds_between_its_bytes(void **)
{
    std::mt19937 random(1);
    for (unsigned round = 0; round < 300; round++) {
        Link link;
        const Bytes packet = random_bytes(random, 1 + random() % 70);
        const bool by_nxt = random() & 1; // how the PHY tells the begin
        link.clock(true, by_nxt);
        if (!by_nxt)
            link.clock(true, false, 0x5D);
        assert_true(link.active);
        for (uint8_t byte : packet) {
            while (random() % 4 == 0)
                link.clock(true, false, uint8_t(0x5C | random() % 3));
            link.clock(true, true, byte);
            assert_true(link.active);
        }
        if (random() & 1)
            link.clock(true, false, 0x4D);
        else
            link.clock();
        assert_false(link.active);
        assert_true(link.rx == packet);
        assert_false(link.error);
        link.clock();
        link.clock();
    }
}

static void the_byte_of_the_turn_around_is_no_data(void **)
{
    Link link;
    link.clock(true, true, 0xFF);
    link.clock(true, true, 0xD2);
    link.clock(false, false, 0xFF);
    assert_true(link.rx == Bytes{0xD2});
}

static void a_packet_is_sent_as_tx_cmd_bytes_and_stp_at_any_pace(void **)
{
    std::mt19937 random(2);
    for (unsigned length = 1; length < 40; length++) {
        Link link;
        Bytes packet = random_bytes(random, length);
        packet[0] = pid_byte(length & 15);
        link.send(packet);
        Bytes expected = packet;
        expected[0] = 0x40 | (length & 15);
        assert_true(link.take_packet(1 + length % 4) == expected);
        assert_false(link.wait_command(20));
    }
}

static void chirp_is_a_tx_cmd_without_pid_and_zeros_until_it_ends(void **)
{
    Link link;
    link.dut->utmi_xcvr_select = 0;
    link.dut->utmi_op_mode = 2;
    link.send(Bytes(1000, 0));
    uint8_t address, value;
    assert_true(link.take_write(address, value) && value == 0x54); // the mode goes first
    const Bytes got = link.take_packet(1);
    assert_int_equal(got.size(), 1001);
    assert_int_equal(got[0], 0x40);
    for (size_t i = 1; i < got.size(); i++)
        assert_int_equal(got[i], 0);
}

static void an_rx_cmd_puts_a_packet_off(void **)
{
    Link link;
    link.send({pid_byte(ACK)});
    assert_true(link.wait_command());
    link.rx_cmd(0x4D);
    link.clock();
    assert_true(link.take_packet(3) == Bytes{0x42});
}

static void a_received_packet_makes_the_one_to_be_sent_void(void **)
{
    Link link;
    link.send({pid_byte(DATA0), 1, 2, 3});
    assert_true(link.wait_command());
    link.clock(true, true);
    link.clock(true, true, 0xA5);
    for (int i = 0; i < 10; i++)
        link.clock(true, true, 0x11);
    link.clock();
    assert_int_equal(link.sent, 4); // swallowed
    assert_false(link.wait_command(20));
    link.send({pid_byte(NAK)});
    assert_true(link.take_packet(2) == Bytes{0x4A});
}

static void a_packet_cut_off_by_the_phy_is_swallowed(void **)
{
    Link link;
    link.send({pid_byte(DATA0), 1, 2, 3, 4, 5, 6});
    assert_true(link.wait_command());
    link.clock(false, true);
    link.clock(false, true);
    link.clock(true);
    for (int i = 0; i < 10; i++)
        link.clock(true, false, 0x4D);
    link.clock();
    assert_int_equal(link.sent, 7);
    assert_false(link.wait_command(20));
}

static void nothing_is_driven_while_dir_is_high_or_turns(void **)
{
    Link link;
    link.set(true, false, 0);
    assert_false(link.dut->ulpi_data_oe);
    link.clock(true);
    link.set(false, false, 0);
    assert_false(link.dut->ulpi_data_oe);
    link.clock();
    link.set(false, false, 0);
    assert_true(link.dut->ulpi_data_oe);
}

static void a_sleeping_phy_is_woken_by_the_line_without_a_clock(void **)
{
    Link link;
    link.dut->utmi_suspend_n = 0;
    uint8_t address, value;
    assert_true(link.take_write(address, value) && value == 0x05);
    for (int i = 0; i < 20; i++) {
        link.clock(true, false, 1); // J
        assert_false(link.dut->ulpi_stp);
    }
    link.set(true, false, 2); // K, and no edge of the clock
    assert_true(link.dut->ulpi_stp);
    link.set(true, false, 0); // SE0
    assert_true(link.dut->ulpi_stp);
    for (int i = 0; i < 3; i++)
        link.clock(true, false, 2);
    assert_int_equal(link.dut->utmi_line_state, 2);
    link.dut->utmi_suspend_n = 1;
    link.clock();
    // The PHY set SuspendM itself; what it holds is written again all the same.
    assert_true(link.take_write(address, value) && address == 4 && value == 0x45);
    link.rx_cmd(0x4E);
    assert_false(link.dut->ulpi_stp);
}

// SuspendM allows the PHY to sleep; one that stays awake goes on with RX CMDs of a clock each.
static void the_line_state_of_a_phy_that_does_not_sleep_is_seen_all_the_same(void **)
{
    Link link;
    link.dut->utmi_suspend_n = 0;
    uint8_t address, value;
    for (uint8_t line : {1, 2, 0, 1}) {
        assert_true(link.take_write(address, value) && address == 4 && value == 0x05);
        for (int i = 0; i < 20; i++)
            link.clock();
        link.rx_cmd(uint8_t(0x4C | line));
        assert_int_equal(link.dut->utmi_line_state, line);
        assert_false(link.active);
    }
    assert_true(link.take_write(address, value) && value == 0x05);
    link.dut->utmi_suspend_n = 1;
    assert_true(link.take_write(address, value) && address == 4 && value == 0x45);
}

static void a_sleeping_phy_is_woken_by_the_card_without_a_clock(void **)
{
    Link link;
    link.dut->utmi_suspend_n = 0;
    uint8_t address, value;
    assert_true(link.take_write(address, value) && value == 0x05);
    for (int i = 0; i < 20; i++)
        link.clock(true, false, 1); // J
    assert_false(link.dut->ulpi_stp);
    link.dut->utmi_suspend_n = 1;
    link.set(true, false, 1); // J still, and no edge of the clock
    assert_true(link.dut->ulpi_stp);
    for (int i = 0; i < 5; i++) // the PHY's clock begins before it gives the bus back
        link.clock(true, false, 1);
    assert_true(link.dut->ulpi_stp);
    link.clock();
    assert_false(link.dut->ulpi_stp);
    assert_true(link.take_write(address, value) && address == 4 && value == 0x45);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(the_first_thing_is_to_clear_the_pull_downs_and_set_the_transceiver),
    cmocka_unit_test(stp_is_held_through_reset),
    cmocka_unit_test(each_change_of_mode_is_written_once),
    cmocka_unit_test(a_write_that_dir_interrupts_in_any_clock_is_made_again),
    cmocka_unit_test(the_phy_is_found_by_its_ids_before_there_is_a_pull_up),
    cmocka_unit_test(without_a_phy_nothing_is_found),
    cmocka_unit_test(a_phy_that_tells_no_id_is_used_all_the_same),
    cmocka_unit_test(a_read_that_dir_interrupts_in_any_clock_is_made_again),
    cmocka_unit_test(reads_and_writes_survive_random_interruptions),
    cmocka_unit_test(rx_cmds_tell_line_state_activity_and_errors),
    cmocka_unit_test(a_packet_comes_through_with_rx_cmds_between_its_bytes),
    cmocka_unit_test(the_byte_of_the_turn_around_is_no_data),
    cmocka_unit_test(a_packet_is_sent_as_tx_cmd_bytes_and_stp_at_any_pace),
    cmocka_unit_test(chirp_is_a_tx_cmd_without_pid_and_zeros_until_it_ends),
    cmocka_unit_test(an_rx_cmd_puts_a_packet_off),
    cmocka_unit_test(a_received_packet_makes_the_one_to_be_sent_void),
    cmocka_unit_test(a_packet_cut_off_by_the_phy_is_swallowed),
    cmocka_unit_test(nothing_is_driven_while_dir_is_high_or_turns),
    cmocka_unit_test(a_sleeping_phy_is_woken_by_the_line_without_a_clock),
    cmocka_unit_test(the_line_state_of_a_phy_that_does_not_sleep_is_seen_all_the_same),
    cmocka_unit_test(a_sleeping_phy_is_woken_by_the_card_without_a_clock),
};
RUN_TESTS(tests)
