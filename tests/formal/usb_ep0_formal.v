// SPDX-License-Identifier: BSD-2-Clause
//
// Endpoint 0's toggles move with accepted packets and SETUP alone, and a request is carried out once at most and only when accepted.
//
// The environment keeps what usb_transaction promises (usb_transaction_formal.v).
//% induction 2
//% quick
//% with usb_ep0
//% mutant-depth 40
//% mutant usb_ep0: in_toggle <= !in_toggle; => in_toggle <= in_toggle;
//% mutant usb_ep0: if (in_sent & !committed) begin => if (in_sent) begin
//% mutant usb_ep0: state <= !accept ? STALLED : => state <=
//% mutant usb_ep0: byte_valid & received != MAX_PACKET => byte_valid

    reg f_past = 1'b0;
    reg f_done;                         // this request has been carried out
    always @(posedge clk) begin
        f_past <= 1'b1;
        if (setup_token || rst || (commit && is_setup)) f_done <= 1'b0;
        else if (standard_commit || ctl_commit) f_done <= 1'b1;
    end
    always @* begin
        if (!f_past) assume(rst && !taking);
        if (commit) assume(taking && !byte_valid && !rst);
        if (setup_token) assume(is_setup && !commit && !in_ack && !in_sent);
        if (in_ack || in_sent) assume(!commit);
    end
    always @(posedge clk) if (f_past && !$past(rst)) begin
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
    always @* if (f_past) assert(received <= MAX_PACKET);
    always @* if (f_past && !rst) begin
        assert(state <= STALLED);
        if (in_ready) assert(in_length <= {3'd0, MAX_PACKET});
        if (stall) assert(!in_ready);
        if (standard_commit || ctl_commit) assert(!f_done && !(standard_commit && ctl_commit));
        if (state == STATUS_IN && (f_done || standard_commit || ctl_commit)) assert(committed);
        if (state == DATA_IN || state == DATA_OUT || state == STATUS_OUT) assert(!committed);
        if (state != STATUS_IN && state != IDLE && state != STALLED) assert(!f_done && !standard_commit && !ctl_commit);
    end
