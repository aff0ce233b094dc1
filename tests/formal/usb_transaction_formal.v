// SPDX-License-Identifier: BSD-2-Clause
//
// The transaction layer against a monitor that is told nothing but what packets came: the device speaks only when
// a good token to its address asks it to, before anything else is heard, once a token, and in the right kind; nothing is committed but a good, new data packet
// that fits; nothing counts as arrived without the host's ACK.
//% induction 4
//% quick
//% mutant-depth 12
//% mutant usb_transaction: wire new_token = good & token_is_ours => wire new_token = good
//% mutant usb_transaction: wire new_token = good & token_is_ours => wire new_token = packet_end & token_is_ours
//% mutant usb_transaction: wire good_data = good & => wire good_data = packet_end &
//% mutant usb_transaction: data_reply == PID_ACK & (is_new | is_setup); => data_reply == PID_ACK;
//% mutant usb_transaction: out_taking <= 1'b0;         // what => // what
//% mutant usb_transaction: in_ack <= good & packet_pid == PID_ACK; => in_ack <= packet_end;
//% mutant usb_transaction: out_taking <= out_exists & out_ready & !out_stall; => out_taking <= out_exists & !out_stall;
//% mutant usb_transaction: state <= out_exists ? WAIT_DATA : IDLE; => state <= WAIT_DATA;
//% mutant usb_transaction: wire may_answer = !rx_active & (high_speed | quiet >= TURN_FULL); => wire may_answer = 1'b1;
//% mutant usb_transaction: if (rx_active) state <= IDLE;       // nor => if (1'b0) state <= IDLE; // nor

    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @* begin
        if (!f_past) assume(rst);
        if (packet_good) assume(packet_end);
        if (endpoint == 4'd0) assume(!out_nyet);                        // usb_device: bulk alone
    end
    always @(posedge clk)
        if (f_past && $past(packet_end)) assume(!packet_end && !rx_active);     // three clocks between two packets at least
    always @* if (packet_end) assume(!rx_active);

    // ---- The monitor ----
    // What the host may be told, from the packets alone: 1 an OUT or SETUP token came, 2 and its data, 3 an IN or PING token.
    localparam [1:0] F_NOTHING = 2'd0, F_TOKEN = 2'd1, F_DATA = 2'd2, F_ASKED = 2'd3;
    reg  [1:0] f_debt;
    reg  [3:0] f_token, f_endpoint;
    reg        f_sent_data;             // our data packet was the last thing on the bus
    wire f_good = packet_end && packet_good;
    wire f_is_token = packet_pid == PID_OUT || packet_pid == PID_SETUP || packet_pid == PID_IN
                      || (packet_pid == PID_PING && high_speed);
    wire f_for_us = f_good && f_is_token && token_is_ours;
    wire f_is_data = f_good && (packet_pid == PID_DATA0 || packet_pid == PID_DATA1);

    always @(posedge clk) begin
        if (f_for_us && (state == IDLE || state == WAIT_DATA || state == WAIT_ACK)) begin
            f_debt <= packet_pid == PID_OUT || packet_pid == PID_SETUP ? F_TOKEN : F_ASKED;
            f_token <= packet_pid;
            f_endpoint <= token_endpoint;
        end else if (tx_start) f_debt <= F_NOTHING;
        else if (rx_active && (f_debt == F_DATA || f_debt == F_ASKED)) f_debt <= F_NOTHING;  // too late
        else if (packet_end && f_debt == F_TOKEN) f_debt <= f_is_data ? F_DATA : F_NOTHING;
        if (rst) f_debt <= F_NOTHING;
        f_sent_data <= !rst && (tx_start ? tx_pid[1:0] == 2'b11 : f_sent_data && !(packet_end && state != SENDING));
    end

    // ---- Properties ----
    always @* if (f_past && !rst) begin
        if (tx_start) begin
            assert(f_debt == F_DATA || f_debt == F_ASKED);
            assert(endpoint == f_endpoint);
            assert(!rx_active);
            if (tx_pid[1:0] == 2'b11) assert(f_token == PID_IN);
            if (f_token == PID_IN) assert(tx_pid[1:0] == 2'b11 || tx_pid == PID_NAK || tx_pid == PID_STALL);
            if (f_token == PID_SETUP) assert(tx_pid == PID_ACK);
            if (tx_pid == PID_NYET) assert(f_token == PID_OUT && high_speed);
        end
        if (in_ack) assert(!out_commit && !tx_start);
    end

    always @(posedge clk)
        if (f_past && !$past(rst) && !rst) begin
            if (out_commit) begin
                assert($past(f_is_data) && $past(packet_length) <= $past(out_max));
                assert($past(f_debt) == F_TOKEN && $past(out_taking));
                if (!is_setup) assert($past(packet_pid[3]) == $past(out_toggle) && !$past(out_stall));
                if (is_setup) assert(endpoint == 4'd0 && $past(packet_length) == 10'd8);
            end
            if (in_ack) assert($past(f_good) && $past(packet_pid) == PID_ACK && $past(f_sent_data));
            if (out_taking && !$past(out_taking)) assert($past(state) == LOOK);
            if (out_taking && !$past(out_taking) && !is_setup) assert($past(out_ready && out_exists && !out_stall));
            if ($past(state) == LOOK && state != IDLE)                  // never for an endpoint that is not there
                assert($past(token == PID_SETUP ? endpoint == 4'd0 : token == PID_IN ? in_exists : out_exists));
            if ($past(out_commit)) assert(!out_taking);                 // which usb_ep_out relies on for its room
            if (setup_token) assert(endpoint == 4'd0 && is_setup);
        end

    // ---- What induction needs to know ----
    always @* if (f_past && !rst) begin
        assert(state <= WAIT_ACK);
        if (state != IDLE && state != SENDING && state != WAIT_ACK) assert(f_endpoint == endpoint && f_token == token);
        if (state == LOOK) assert(f_debt == (token == PID_OUT || token == PID_SETUP ? F_TOKEN : F_ASKED));
        if (state != IDLE) assert(token == PID_OUT || token == PID_SETUP || token == PID_IN || token == PID_PING);
        if (state != IDLE) assert(is_setup == (token == PID_SETUP));
        if (state == WAIT_DATA) assert(f_debt == F_TOKEN && (token == PID_OUT || token == PID_SETUP));
        if (state == WAIT_DATA && is_setup) assert(endpoint == 4'd0);
        if (state == REPLY_DATA) assert(token == PID_IN && reply[1:0] == 2'b11 && f_debt == F_ASKED && !may_nyet);
        if (state == REPLY) assert(f_debt == (token == PID_OUT || token == PID_SETUP ? F_DATA : F_ASKED));
        if (state == REPLY) assert(reply == PID_ACK || reply == PID_NAK || reply == PID_STALL);
        if (state == REPLY && is_setup) assert(reply == PID_ACK && !may_nyet);
        if (state == REPLY && may_nyet) assert(token == PID_OUT && reply == PID_ACK && high_speed);
        if (state == REPLY && token == PID_IN) assert(reply != PID_ACK);
        if (state == WAIT_ACK) assert(f_sent_data);
        if (state == SENDING) assert(f_sent_data == (reply[1:0] == 2'b11) && (!may_nyet || reply == PID_ACK));
    end
    always @(posedge clk)
        if (f_past) assume(high_speed == $past(high_speed) || $past(rst));      // changes with a bus reset alone
