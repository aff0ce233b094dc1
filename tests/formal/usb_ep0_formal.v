// SPDX-License-Identifier: BSD-2-Clause
//
// Endpoint 0's toggles move with accepted packets and SETUP alone, and a request is carried out once at most, only when accepted, and
// if the host writes, only with as many bytes as it has announced. Bytes are handed on to the place that they have in the data.
//
// The environment keeps what usb_transaction promises (usb_transaction_formal.v).
//% induction 3
//% quick
//% with usb_ep0
//% mutant-depth 40
//% mutant usb_ep0: in_toggle <= !in_toggle; => in_toggle <= in_toggle;
//% mutant usb_ep0: if (in_sent & !committed) begin => if (in_sent) begin
//% mutant usb_ep0: state <= !accept ? STALLED : => state <=
//% mutant usb_ep0: if (packet_length[6:0] != data_length) state <= STALLED; =>
//% mutant usb_ep0: if (in_token) state <= STALLED; =>
//% mutant usb_ep0: length_before[9:6] == 4'd0 & =>

    reg f_past = 1'b0;
    reg f_done;                         // this request has been carried out
    reg f_setup;                        // a SETUP token has come, and its data not
    reg [16:0] f_bytes;                 // of good packets since it has
    always @(posedge clk) begin
        f_past <= 1'b1;
        if (setup_token || rst || (commit && is_setup)) f_done <= 1'b0;
        else if (standard_commit || ctl_commit) f_done <= 1'b1;
        f_setup <= !rst && (setup_token || f_setup && !commit);
        if (commit) f_bytes <= is_setup ? 17'd0 : f_bytes + {7'd0, packet_length};
    end
    always @* begin
        if (!f_past) assume(rst && !taking);
        if (commit) assume(taking && !byte_valid && !rst);
        if (setup_token) assume(is_setup && !commit && !in_ack && !in_sent);
        if (in_ack || in_sent) assume(!commit);
        if (in_token) assume(!commit && !is_setup && !setup_token);
        if (is_setup && taking && !rst) assume(f_setup || setup_token || !(byte_valid || commit));
        if (commit) assume(packet_length <= 10'd64 && (is_setup || !f_setup && out_ready));
    end
    always @(posedge clk) if (f_past) begin
        if (taking && $past(taking)) assume(packet_length == $past(packet_length) + (byte_valid && $past(packet_length) != 10'h3FF));
        if (taking && !$past(taking)) assume(!byte_valid);
        if (byte_valid && taking) assume(!setup_token);
    end
    always @(posedge clk) if (f_past && !$past(rst)) begin
        if (ctl_out_valid) assert($past(packet_length) <= 10'd64 && ctl_out_data == $past(byte_data)
                                  && {1'b0, ctl_out_address[5:0]} + 7'd1 == $past(packet_length[6:0]) && ctl_out_address[9:6] == $past(packet));
        if ($past(state) == DATA_OUT && $past(in_token)) assert(state == STALLED);
        if (in_toggle != $past(in_toggle)) assert($past(in_ack) || $past(commit && is_setup));
        if (out_toggle != $past(out_toggle)) assert($past(commit));
        if ($past(in_ack) && $past(state) == DATA_IN && !$past(setup_token)) assert(in_toggle != $past(in_toggle));
        if ($past(commit && is_setup)) assert(in_toggle && out_toggle && state == DECIDE);
        if (standard_start || ctl_start) assert($past(commit && is_setup));
        if (state != $past(state) && $past(state) == DECIDE && !$past(setup_token) && !$past(commit)) assert(($past(accept)) || state == STALLED);
        if (standard_commit || ctl_commit)
            assert($past(state) == STATUS_IN || $past(state) == DATA_IN || $past(state) == STATUS_OUT);
        if (($past(state) == IDLE || $past(state) == STALLED) && !$past(commit && is_setup)) assert(state == IDLE || state == STALLED);
    end
    always @* if (f_past && !rst) begin
        assert(state <= STALLED);
        if (in_ready) assert(in_length <= 10'd64);
        if (in_stall) assert(!in_ready);
        if (out_stall) assert(in_stall);
        if (f_setup) assert(state == IDLE);
        if (state == DATA_IN || state == STATUS_OUT) assert(is_in && wanted != 16'd0);
        if (state == DATA_OUT) assert(!is_in && left != 16'd0 && f_bytes + {1'b0, left} == {1'b0, wanted} && f_bytes[9:0] == {packet, 6'd0});
        if (state == DECIDE) assert(f_bytes == 17'd0);
        if ((state == STATUS_IN || standard_commit || ctl_commit) && !is_in && !f_setup) assert(f_bytes == {1'b0, wanted});
        if (standard_commit || ctl_commit) assert(!f_done && !(standard_commit && ctl_commit));
        if (state == STATUS_IN && (f_done || standard_commit || ctl_commit)) assert(committed);
        if (state == DATA_IN || state == DATA_OUT || state == STATUS_OUT) assert(!committed);
        if (state != STATUS_IN && state != IDLE && state != STALLED) assert(!f_done && !standard_commit && !ctl_commit);
    end
