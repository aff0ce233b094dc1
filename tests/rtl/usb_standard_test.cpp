// SPDX-License-Identifier: BSD-2-Clause
//
// The module has both configurations and its own supply (usb_params.mk).
#include "Vusb_standard.h"
#include "usb_bench.h"
#include "weir_link.h"

enum State {
    DEFAULT,
    ADDRESS,
    CONFIGURED,
    NCM_IDLE,
    NCM_DATA,
    STATES
}; // the last two: alternate setting 0 and 1
static const unsigned ALL = 31, ADDRESSED = 30, WEIR = 1 << CONFIGURED, DATA = 1 << NCM_DATA,
                      NCM = 1 << NCM_IDLE | DATA, ANY_CONFIGURATION = WEIR | NCM;
static const uint16_t ANY_ADDRESS = 127, ANY_LANGUAGE = 0xFFFF;
enum { BULK_OUT = 1, BULK_IN = 2, NOTIFY = 4 };
enum { CLEAR_FEATURE = 1, SET_FEATURE = 3, SET_CONFIGURATION = 9, SET_INTERFACE = 11 };

struct Standard : Bench<Vusb_standard> {
    unsigned flushes = 0, addresses = 0, resets[3] = {};

    explicit Standard(State state = CONFIGURED)
    {
        dut->high_speed = 1;
        dut->start = dut->commit = dut->addressed = dut->testing = 0;
        reset();
        enter(state);
        forget();
    }
    void enter(State state)
    {
        dut->addressed = state != DEFAULT;
        if (state >= CONFIGURED)
            assert_true(act(0x00, SET_CONFIGURATION, state == CONFIGURED ? 1 : 2, 0));
        if (state == NCM_DATA)
            assert_true(act(0x01, SET_INTERFACE, 1, 1));
    }
    void forget()
    {
        flushes = addresses = resets[0] = resets[1] = resets[2] = 0;
    }
    void clock()
    {
        tick();
        flushes += dut->flush;
        for (int i = 0; i < 3; i++)
            resets[i] += dut->toggle_reset >> i & 1;
    }
    bool ask(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length)
    {
        dut->setup =
            type | request << 8 | uint64_t(value) << 16 | uint64_t(index) << 32 | uint64_t(length) << 48;
        dut->start = 1;
        clock();
        dut->start = 0;
        clock();
        clock();
        return dut->accept;
    }
    void commit()
    {
        dut->commit = 1;
        dut->eval();
        addresses += dut->set_address;
        clock();
        dut->commit = 0;
        clock();
        clock();
    }
    bool act(uint8_t type, uint8_t request, uint16_t value, uint16_t index)
    {
        if (!ask(type, request, value, index, 0))
            return false;
        commit();
        return true;
    }
    uint8_t byte(uint8_t offset)
    {
        dut->in_address = offset;
        clock();
        return dut->in_data;
    }
    // The answer of two bytes, or one.
    int read(uint8_t type, uint8_t request, uint16_t index)
    {
        if (!ask(type, request, 0, index, 2))
            return -1;
        return byte(0) | (dut->in_length == 2 ? byte(1) << 8 : 0);
    }
    int halted(uint16_t endpoint)
    {
        return read(0x82, 0, endpoint);
    }
};

// Every request that the card takes, and in which states; there are no others. Length: bytes offered, for
// requests that read; -1 no data stage allowed.
static const struct Row {
    uint8_t type, request;
    uint16_t value, index;
    int length;
    unsigned states;
} table[] = {
    // GET_STATUS (9.4.5): device, interfaces, endpoints
    {0x80, 0, 0, 0x00, 2, ALL},
    {0x81, 0, 0, 0x00, 2, ANY_CONFIGURATION},
    {0x81, 0, 0, 0x01, 2, NCM},
    {0x82, 0, 0, 0x00, 2, ALL},
    {0x82, 0, 0, 0x80, 2, ALL},
    {0x82, 0, 0, 0x01, 2, WEIR | DATA},
    {0x82, 0, 0, 0x81, 2, WEIR | DATA},
    {0x82, 0, 0, 0x82, 2, ANY_CONFIGURATION},
    // CLEAR_FEATURE (9.4.1): remote wake-up, halts
    {0x00, 1, 1, 0x00, -1, ALL},
    {0x02, 1, 0, 0x00, -1, ALL},
    {0x02, 1, 0, 0x80, -1, ALL},
    {0x02, 1, 0, 0x01, -1, WEIR | DATA},
    {0x02, 1, 0, 0x81, -1, WEIR | DATA},
    {0x02, 1, 0, 0x82, -1, ANY_CONFIGURATION},
    // SET_FEATURE (9.4.9): remote wake-up, test modes 1 to 4, halts but for endpoint 0
    {0x00, 3, 1, 0x0000, -1, ALL},
    {0x00, 3, 2, 0x0100, -1, ALL},
    {0x00, 3, 2, 0x0200, -1, ALL},
    {0x00, 3, 2, 0x0300, -1, ALL},
    {0x00, 3, 2, 0x0400, -1, ALL},
    {0x02, 3, 0, 0x01, -1, WEIR | DATA},
    {0x02, 3, 0, 0x81, -1, WEIR | DATA},
    {0x02, 3, 0, 0x82, -1, ANY_CONFIGURATION},
    // SET_ADDRESS (9.4.6): 0 to 127
    {0x00, 5, ANY_ADDRESS, 0, -1, ALL & ~ANY_CONFIGURATION},
    // GET_DESCRIPTOR (9.4.3); strings in any language
    {0x80, 6, 0x0100, 0, 18, ALL},
    {0x80, 6, 0x0200, 0, 39, ALL},
    {0x80, 6, 0x0201, 0, 86, ALL},
    {0x80, 6, 0x0600, 0, 10, ALL},
    {0x80, 6, 0x0700, 0, 39, ALL},
    {0x80, 6, 0x0701, 0, 86, ALL},
    {0x80, 6, 0x0F00, 0, 33, ALL},
    {0x80, 6, 0x0300, ANY_LANGUAGE, 4, ALL},
    {0x80, 6, 0x0301, ANY_LANGUAGE, 10, ALL},
    {0x80, 6, 0x0302, ANY_LANGUAGE, 36, ALL},
    {0x80, 6, 0x0303, ANY_LANGUAGE, 26, ALL},
    // GET_CONFIGURATION (9.4.2), SET_CONFIGURATION (9.4.7)
    {0x80, 8, 0, 0, 1, ALL},
    {0x00, 9, 0, 0, -1, ADDRESSED},
    {0x00, 9, 1, 0, -1, ADDRESSED},
    {0x00, 9, 2, 0, -1, ADDRESSED},
    // GET_INTERFACE (9.4.4), SET_INTERFACE (9.4.10)
    {0x81, 10, 0, 0, 1, ANY_CONFIGURATION},
    {0x81, 10, 0, 1, 1, NCM},
    {0x01, 11, 0, 0, -1, ANY_CONFIGURATION},
    {0x01, 11, 0, 1, -1, NCM},
    {0x01, 11, 1, 1, -1, NCM},
    // Microsoft's request for its descriptor set
    {0xC0, WEIR_REQ_MS_OS_20, 0, 7, 162, ALL},
};

static const Row *find(uint8_t type, uint8_t request, uint16_t value, uint16_t index)
{
    for (const Row &row : table)
        if (row.type == type && row.request == request &&
            (row.value == value || (row.value == ANY_ADDRESS && value <= ANY_ADDRESS)) &&
            (row.index == index || row.index == ANY_LANGUAGE))
            return &row;
    return nullptr;
}

static void check(Standard &s, State state, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
                  uint16_t length)
{
    const Row *row = find(type, request, value, index);
    const bool expected = row && row->states >> state & 1 && (row->length >= 0 || length == 0);
    const bool accepted = s.ask(type, request, value, index, length);
    if (accepted != expected || (accepted && row->length >= 0 && s.dut->in_length != row->length))
        fail_msg("state %d: %02X %02X %04X %04X %u: accept %d, length %d", state, type, request, value, index,
                 length, accepted, s.dut->in_length);
}

static void in_each_state_exactly_the_requests_of_the_table_are_taken(void **)
{
    static const uint16_t values[] = {0,     1,     2,     3,      4,      127,    128,   129,   255,
                                      0x100, 0x101, 0x200, 0x201,  0x202,  0x300,  0x301, 0x302, 0x303,
                                      0x304, 0x3EE, 0x400, 0x500,  0x600,  0x601,  0x700, 0x701, 0x702,
                                      0x800, 0xF00, 0xF01, 0x1000, 0x2100, 0x8000, 0xFFFF};
    static const uint16_t indices[] = {0,     1,     2,     3,     4,     7,      0x80,  0x81,  0x82,
                                       0x83,  0x84,  0xFF,  0x100, 0x101, 0x181,  0x200, 0x300, 0x400,
                                       0x401, 0x409, 0x500, 0x600, 0x700, 0x8081, 0xFF00};
    for (unsigned state = 0; state < STATES; state++) {
        Standard s{State(state)};
        // Every type with every request, then the standard requests with every value and index.
        for (unsigned type = 0; type < 256; type++)
            for (unsigned request = 0; request < 256; request++) {
                check(s, State(state), uint8_t(type), uint8_t(request), 0, 0, 0);
                if (request < 16)
                    check(s, State(state), uint8_t(type), uint8_t(request), 1, 0x81, 0);
            }
        for (uint8_t type : {0x00, 0x01, 0x02, 0x03, 0x80, 0x81, 0x82, 0x83, 0xC0, 0x40})
            for (uint8_t request : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, WEIR_REQ_MS_OS_20})
                for (uint16_t value : values)
                    for (uint16_t index : indices)
                        for (uint16_t length : {0, 2, 255})
                            check(s, State(state), type, request, value, index, length);
    }
}

static void at_full_speed_there_are_no_test_modes(void **)
{
    Standard s;
    s.dut->high_speed = 0;
    for (uint16_t selector = 0; selector < 256; selector++)
        assert_false(s.ask(0x00, SET_FEATURE, 2, uint16_t(selector << 8), 0));
}

static void set_address_takes_effect_at_its_commit(void **)
{
    Standard s(ADDRESS);
    assert_true(s.ask(0x00, 5, 5, 0, 0));
    assert_int_equal(s.addresses, 0);
    s.commit();
    assert_int_equal(s.addresses, 1);
    s.act(0x00, SET_FEATURE, 1, 0);
    assert_int_equal(s.addresses, 1);
}

static void get_configuration_tells_what_set_configuration_set(void **)
{
    static const uint8_t sequence[] = {0, 1, 2, 1, 0, 2, 2, 0, 0, 1, 1};
    Standard s(ADDRESS);
    for (uint8_t configuration : sequence) {
        assert_true(s.act(0x00, SET_CONFIGURATION, configuration, 0));
        assert_int_equal(s.read(0x80, 8, 0), configuration);
        assert_int_equal(s.dut->configuration, configuration);
        assert_int_equal(s.dut->exists, configuration == 1 ? 7 : configuration == 2 ? NOTIFY : 0);
    }
    assert_int_equal(s.flushes, sizeof sequence);
}

static void set_configuration_begins_everything_anew(void **)
{
    Standard s(NCM_DATA);
    assert_true(s.act(0x02, SET_FEATURE, 0, 0x01) && s.act(0x02, SET_FEATURE, 0, 0x81));
    assert_true(s.act(0x02, SET_FEATURE, 0, 0x82));
    assert_int_equal(s.dut->halt, 7);
    s.forget();
    assert_true(s.act(0x00, SET_CONFIGURATION, 2, 0));
    assert_true(s.flushes == 1 && s.resets[0] == 1 && s.resets[1] == 1 && s.resets[2] == 1);
    assert_true(s.dut->halt == 0 && !s.dut->alternate && s.dut->exists == NOTIFY);
}

static void set_interface_begins_that_interface_anew(void **)
{
    Standard weir(CONFIGURED);
    weir.act(0x02, SET_FEATURE, 0, 0x82);
    assert_true(weir.act(0x01, SET_INTERFACE, 0, 0));
    assert_true(weir.dut->halt == 0 && weir.flushes == 0 && weir.resets[0] == 1 && weir.resets[2] == 1);

    Standard ncm(NCM_IDLE);
    assert_true(ncm.act(0x02, SET_FEATURE, 0, 0x82));
    assert_int_equal(ncm.read(0x81, 10, 1), 0);
    assert_true(ncm.act(0x01, SET_INTERFACE, 1, 1));
    assert_true(ncm.dut->alternate && ncm.dut->exists == 7 && ncm.read(0x81, 10, 1) == 1);
    assert_int_equal(ncm.read(0x81, 10, 0), 0);
    assert_true(ncm.dut->halt == NOTIFY && ncm.flushes == 1);
    assert_true(ncm.resets[0] == 1 && ncm.resets[1] == 1 && ncm.resets[2] == 0);
    assert_true(ncm.act(0x02, SET_FEATURE, 0, 0x01));
    assert_true(ncm.act(0x01, SET_INTERFACE, 0, 0));
    assert_true(ncm.dut->halt == BULK_OUT && ncm.dut->alternate && ncm.resets[2] == 1 && ncm.resets[0] == 1);
    assert_true(ncm.act(0x01, SET_INTERFACE, 0, 1));
    assert_true(!ncm.dut->alternate && ncm.dut->exists == NOTIFY && ncm.dut->halt == 0 && ncm.flushes == 2);
}

static void a_halt_and_its_end_touch_their_endpoint_alone(void **)
{
    static const uint16_t endpoints[3] = {0x01, 0x81, 0x82};
    for (unsigned e = 0; e < 3; e++) {
        Standard s;
        assert_true(s.act(0x02, SET_FEATURE, 0, endpoints[e]));
        assert_int_equal(s.dut->halt, 1u << e);
        for (unsigned other = 0; other < 3; other++)
            assert_int_equal(s.halted(endpoints[other]), other == e);
        assert_true(s.halted(0x00) == 0 && s.halted(0x80) == 0);
        assert_true(s.resets[e] == 0);
        assert_true(s.act(0x02, CLEAR_FEATURE, 0, 0x00)); // endpoint 0 is never halted
        assert_int_equal(s.dut->halt, 1u << e);
        assert_true(s.act(0x02, CLEAR_FEATURE, 0, endpoints[e]));
        assert_int_equal(s.dut->halt, 0);
        for (unsigned other = 0; other < 3; other++)
            assert_int_equal(s.resets[other], other == e);
        assert_true(s.act(0x02, CLEAR_FEATURE, 0, endpoints[e])); // not halted: the toggle still begins anew
        assert_int_equal(s.resets[e], 2);
        assert_int_equal(s.flushes, 0);
    }
}

static void device_status_shows_own_supply_and_remote_wakeup(void **)
{
    Standard s(ADDRESS);
    assert_int_equal(s.read(0x80, 0, 0), 1);
    assert_true(s.act(0x00, SET_FEATURE, 1, 0));
    assert_true(s.dut->remote_wakeup && s.read(0x80, 0, 0) == 3);
    assert_true(s.act(0x00, SET_CONFIGURATION, 1, 0));
    assert_int_equal(s.read(0x80, 0, 0), 3);
    assert_true(s.act(0x00, CLEAR_FEATURE, 1, 0));
    assert_true(!s.dut->remote_wakeup && s.read(0x80, 0, 0) == 1);
    assert_int_equal(s.read(0x81, 0, 0), 0);
}

static void a_test_mode_is_told_at_the_commit_and_then_the_test_packet_is_read(void **)
{
    for (uint16_t mode = 1; mode <= 4; mode++) {
        Standard s(DEFAULT);
        assert_true(s.ask(0x00, SET_FEATURE, 2, uint16_t(mode << 8), 0));
        assert_int_equal(s.dut->test_mode, 0);
        s.commit();
        assert_true(s.dut->test_mode == mode && !s.dut->remote_wakeup);
    }
    Standard s;
    s.act(0x00, SET_FEATURE, 2, 0x400);
    s.dut->testing = 1;
    s.clock();
    s.clock();
    assert_true(s.byte(0) == 0x00 && s.byte(9) == 0xAA && s.byte(17) == 0xEE && s.byte(52) == 0x7E);
}

static void a_bus_reset_takes_everything_back(void **)
{
    Standard s(NCM_DATA);
    s.act(0x02, SET_FEATURE, 0, 0x81);
    s.act(0x00, SET_FEATURE, 1, 0);
    s.reset();
    assert_true(s.dut->configuration == 0 && !s.dut->alternate && s.dut->exists == 0 && s.dut->halt == 0);
    assert_true(!s.dut->remote_wakeup && s.dut->test_mode == 0);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(in_each_state_exactly_the_requests_of_the_table_are_taken),
    cmocka_unit_test(at_full_speed_there_are_no_test_modes),
    cmocka_unit_test(set_address_takes_effect_at_its_commit),
    cmocka_unit_test(get_configuration_tells_what_set_configuration_set),
    cmocka_unit_test(set_configuration_begins_everything_anew),
    cmocka_unit_test(set_interface_begins_that_interface_anew),
    cmocka_unit_test(a_halt_and_its_end_touch_their_endpoint_alone),
    cmocka_unit_test(device_status_shows_own_supply_and_remote_wakeup),
    cmocka_unit_test(a_test_mode_is_told_at_the_commit_and_then_the_test_packet_is_read),
    cmocka_unit_test(a_bus_reset_takes_everything_back),
};
RUN_TESTS(tests)
