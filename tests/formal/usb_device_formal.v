// SPDX-License-Identifier: BSD-2-Clause
//
// At the UTMI pins, the card never drives the bus when not addressed: a packet of its own begins only as the answer, one and at
// once, to the packet heard last. That is an IN, or in high speed a PING, to our address with good CRC5 and for an endpoint that exists;
// or a data packet with good CRC16 right behind such an OUT or SETUP. Exceptions are the test packet, and in a test mode the
// NAK for every IN. What usb_port drives by itself (chirp) is for usb_port_formal.v, which also shows what is assumed of it here;
// which addresses are ours for usb_address_formal.v. What the endpoints do, and what they hold ready, is anything.
//% pdr
//% quick
//% with usb_transaction usb_packet_tx usb_packet_rx usb_address usb_crc16 usb_crc5
//% free usb_port usb_ep0 usb_standard usb_ep_out usb_ep_in usb_ep_notify
//% with usb_port usb_ep0 usb_standard usb_ep_out usb_ep_in usb_ep_notify
//% mutant-depth 25
//% mutant usb_device: .token_is_ours(token_is_ours | testing) => .token_is_ours(1'b1)
//% mutant usb_device: (!testing | packet_pid == PID_IN) => 1'b1
//% mutant usb_device: in_exists = 1'b0; => in_exists = 1'b1;
//% mutant usb_device: {exists[1], bulk_in_ready => {1'b1, bulk_in_ready
//% mutant usb_device: assign utmi_tx_valid = tx_valid | chirp; => assign utmi_tx_valid = tx_valid | configured;
//% mutant usb_transaction: if (rx_active) state <= IDLE;       // nor => if (1'b0) state <= IDLE; // nor
//% mutant usb_packet_rx: held == 2'd2 & crc5 == last[7:3] => held == 2'd2

    reg f_past = 1'b0, f_past_2 = 1'b0;
    reg f_enabled, f_high_speed, f_testing, f_chirp;
    reg [2:0] f_test_mode;
    reg [1:0] f_quiet;                  // clocks since rx_active, up to 3
    always @(posedge clk) begin
        f_past <= 1'b1;
        f_past_2 <= f_past;
        f_enabled <= enabled;
        f_high_speed <= high_speed;
        f_testing <= testing && !rst;
        f_chirp <= chirp && testing;
        f_test_mode <= test_mode;
        f_quiet <= utmi_rx_active ? 2'd0 : f_quiet == 2'd3 ? 2'd3 : f_quiet + 2'd1;
    end
    always @* begin
        if (!f_past_2) assume(rst);
        if (f_quiet != 2'd0 && f_quiet != 2'd3) assume(!utmi_rx_active);    // at least three clocks between two packets
        // Of usb_port:
        if (chirp) assume(!enabled && !f_enabled || testing);
        if (f_enabled && enabled) assume(high_speed == f_high_speed);
        if (f_testing) assume(testing && enabled && test_mode == f_test_mode && (!f_chirp || chirp));   // till a reset of the card
        if (chirp && testing) assume(test_mode == 3'd1 || test_mode == 3'd2);
    end

    // ---- The monitor of the pins: the packet's first three bytes, how many came (up to 4), the CRC of all behind the first ----
    reg        f_on, f_error, f_end;
    reg [2:0]  f_count;
    reg [7:0]  f_first, f_second, f_third;
    reg [15:0] f_crc;
    wire [15:0] f_crc_next;
    wire [4:0] f_crc5;
    usb_crc16 f_step (.crc(f_crc), .data(utmi_rx_data), .next(f_crc_next));
    usb_crc5 f_step5 (.token({f_third[2:0], f_second}), .crc(f_crc5));
    always @(posedge clk) begin
        f_on <= utmi_rx_active && enabled && !quiet_rst;
        f_error <= utmi_rx_active && utmi_rx_error || f_on && f_error;
        f_end <= f_on && !utmi_rx_active && f_count != 3'd0 && !quiet_rst;
        if (!f_on) f_count <= 3'd0;
        if (utmi_rx_active && utmi_rx_valid && enabled) begin
            f_count <= !f_on ? 3'd1 : f_count == 3'd4 ? 3'd4 : f_count + 3'd1;
            if (!f_on || f_count == 3'd0) f_first <= utmi_rx_data;
            else if (f_count == 3'd1) f_second <= utmi_rx_data;
            else if (f_count == 3'd2) f_third <= utmi_rx_data;
            f_crc <= !f_on || f_count == 3'd0 ? 16'hFFFF : f_crc_next;
        end
    end
    reg f_good_token, f_good_data;      // with f_end
    always @(posedge clk) begin
        f_good_token <= !f_error && f_first[7:4] == ~f_first[3:0] && f_count == 3'd3 && f_crc5 == f_third[7:3];
        f_good_data <= !f_error && f_first[7:4] == ~f_first[3:0] && f_count >= 3'd3 && f_crc == 16'hB001;
    end

    // ---- What it may answer ----
    localparam [1:0] F_NOTHING = 2'd0, F_TOKEN = 2'd1, F_ANSWER = 2'd2;
    reg  [1:0] f_debt;
    reg        f_new;                   // the token came one clock ago
    reg        f_may, f_spoke, f_test;
    wire [3:0] f_pid = f_first[3:0];
    wire [3:0] f_endpoint = {f_third[2:0], f_second[7]};
    wire       f_in = f_pid == 4'h9, f_ping = f_pid == 4'h4, f_setup = f_pid == 4'hD, f_out = f_pid == 4'h1;
    wire       f_exists = f_endpoint == 4'd0 || f_endpoint == 4'd1 && (f_in ? exists[1] : !f_setup && exists[0])
                          || f_endpoint == 4'd2 && f_in && exists[2] || f_in && testing;
    wire       f_for_us = f_end && f_good_token && (testing ? f_in : token_is_ours)
                          && (f_in || f_out || f_setup || f_ping && high_speed);
    always @(posedge clk) begin
        f_new <= f_for_us && !quiet_rst;
        if (f_for_us) f_debt <= f_out || f_setup ? F_TOKEN : F_ANSWER;
        else if (f_end) f_debt <= f_debt == F_TOKEN && f_good_data && (f_pid == 4'h3 || f_pid == 4'hB) ? F_ANSWER : F_NOTHING;
        else if (f_new && !f_exists || utmi_rx_active && f_debt == F_ANSWER) f_debt <= F_NOTHING;
        if (quiet_rst || tx_start) f_debt <= F_NOTHING;
        f_may <= f_debt == F_ANSWER && !utmi_rx_active;
        f_spoke <= utmi_tx_valid && !chirp;
        f_test <= test_packet;
    end

    always @* if (f_past_2) begin
        if (utmi_tx_valid && !chirp && !f_spoke) assert(f_may || f_test);
        if (f_end && f_good_token) assert({token_endpoint, token_address} == {f_third[2:0], f_second});
    end
