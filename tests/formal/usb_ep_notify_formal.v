// SPDX-License-Identifier: BSD-2-Clause
//
// A message is sent unchanged until it was acknowledged, none is taken meanwhile, and the toggle moves with an ACK alone.
//
// One byte of the message, which one is arbitrary, is followed.
//% induction 2
//% quick
//% mutant-depth 10
//% mutant usb_ep_notify: if (ack) toggle <= !toggle; => if (ready) toggle <= !toggle;
//% mutant usb_ep_notify: else if (ack) ready <= 1'b0; => else ready <= 1'b0;
//% mutant usb_ep_notify: assign s_notify_ready = !ready & !rst; => assign s_notify_ready = !rst;

    (* anyconst *) wire [3:0] f_index;
    reg        f_past = 1'b0;
    reg  [7:0] f_byte;
    reg        f_long, f_waits;
    wire       f_take = s_notify_valid && s_notify_ready;
    always @(posedge clk) begin
        f_past <= 1'b1;
        if (f_take) {f_long, f_byte} <= {s_notify_long, s_notify_data[8*f_index +: 8]};
        f_waits <= !rst && (f_take || (f_waits && !ack));
    end
    always @* begin
        if (!f_past) assume(rst);
        if (ack) assume(ready && !rst);                 // usb_transaction acknowledges what it has sent
    end
    always @(posedge clk) if (f_past) begin
        assert(ready == f_waits);                                       // a message is kept from its taking to its ACK
        if (f_waits) assert(is_long == f_long && message[8*f_index +: 8] == f_byte);
        if (f_waits && $past(f_waits) && $past(offset) == f_index) assert(data == f_byte);
        if (f_waits && $past(f_waits) && !$past(ack)) assert(!$past(f_take));
        if (!$past(rst) && toggle != $past(toggle)) assert($past(ack) || $past(toggle_reset));
        if (!$past(rst) && $past(ack) && !$past(toggle_reset)) assert(toggle != $past(toggle));
        if ($past(rst)) assert(!toggle);
    end
