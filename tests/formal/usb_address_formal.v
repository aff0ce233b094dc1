// SPDX-License-Identifier: BSD-2-Clause
//
// After a reset the address is 0; another becomes ours only when a SET_ADDRESS has named it and its status packet has been sent,
// and the one before stays ours until the host is known to use the new one.
//
// One address, arbitrary, is followed.
//% induction 3
//% quick
//% mutant-depth 12
//% mutant usb_address: wire       is_next = moving & token_address => wire       is_next = token_address
//% mutant usb_address: address <= 7'd0; =>

    (* anyconst *) wire [6:0] f_address;
    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @* if (!f_past) assume(rst);

    // ---- The monitor: the last address known to both, and what SET_ADDRESS named since, unless the host came back to it ----
    reg f_named;            // a SET_ADDRESS named this address since the reset
    reg f_sent;             // a SET_ADDRESS to f_last was the last thing heard of the host
    reg [6:0] f_last;
    reg f_surely;           // the host is known to use it, and no other
    reg f_surely_not;       // the host is known to use another
    always @(posedge clk) begin
        if (change && new_address == f_address) f_named <= 1'b1;
        if (change) f_last <= new_address;
        f_sent <= change || f_sent && !status_ack && !token_taken;
        if (rst) {f_named, f_sent} <= 2'b00;
        // A status stage that the host has ended, or a SETUP to it: this is the address. Until the next change.
        if (change) begin
            f_surely <= f_surely && new_address == f_address;
            f_surely_not <= f_surely_not && new_address != f_address;
        end else if (f_sent && status_ack) begin
            f_surely <= f_last == f_address;
            f_surely_not <= f_last != f_address;
        end else if (token_taken) begin
            f_surely <= token_address == f_address;
            f_surely_not <= token_address != f_address;
        end
        if (rst) begin
            f_surely <= f_address == 7'd0;
            f_surely_not <= f_address != 7'd0;
        end
    end
    always @* if (token_taken) assume(token_is_ours);                   // usb_transaction: none but ours

    always @* if (f_past && !rst) begin
        if (token_is_ours && token_address == f_address && f_address != 7'd0) assert(f_named);
        if (f_surely && token_address == f_address) assert(token_is_ours);
        if (f_surely_not && token_address == f_address) assert(!token_is_ours);
        if (address == f_address && f_address != 7'd0) assert(f_named);
        if (moving && next_address == f_address) assert(f_named);
        assert(moving == f_sent && (!moving || next_address == f_last));
        if (f_surely) assert(address == f_address || moving && next_address == f_address);
        if (f_surely_not) assert(address != f_address && !(moving && next_address == f_address));
    end
    always @(posedge clk) if (f_past && !$past(rst) && !rst) begin
        // A new one comes with `change` alone; the old one goes with a sign from the host alone.
        if (moving && !$past(moving)) assert($past(change));
        if (address != $past(address)) assert($past(status_ack || token_taken) && !$past(change) && address == $past(next_address));
    end
    always @(posedge clk) if (f_past && $past(rst)) assert(!addressed && token_is_ours == (token_address == 7'd0));
