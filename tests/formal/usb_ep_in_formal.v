// SPDX-License-Identifier: BSD-2-Clause
//
// Bulk IN: never more packets than slots, a packet's length within bounds, a slot that is full or waits is not written, and
// packet and toggle move on with the host's ACK alone.
//% induction 3
//% quick
//% mutant-depth 10
//% set SLOTS_LOG2 1
//% mutant usb_ep_in: assign s_in_ready = !full & !owe_empty & !rst; => assign s_in_ready = !owe_empty & !rst;
//% mutant usb_ep_in: if (ack) toggle <= !toggle; => if (ready) toggle <= !toggle;
//% mutant usb_ep_in: wire close_empty = owe_empty & !full; => wire close_empty = owe_empty;

    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @* begin
        if (!f_past) assume(rst);
        assume(max_packet == 10'd512 || max_packet == 10'd64);
        if (ack) assume(ready && !rst);                 // usb_transaction acknowledges what it has sent
    end
    always @(posedge clk)
        if (f_past) assume(max_packet == $past(max_packet) || $past(rst));

    always @(posedge clk)
        if (f_past && !$past(rst)) begin
            assert(used <= SLOTS);
            assert(filled < max_packet);                                // so the open slot is not overrun
            if (full || owe_empty) assert(filled == 10'd0);                  // and is none that waits for the host
            if (sending != $past(sending)) assert($past(ack));
            if (filling != $past(filling)) assert($past(close_bytes) || $past(close_empty));
            if (toggle != $past(toggle)) assert($past(ack) || $past(toggle_reset));
        end
