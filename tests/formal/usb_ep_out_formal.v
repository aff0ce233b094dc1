// SPDX-License-Identifier: BSD-2-Clause
//
// Bulk OUT: the pointers stay in order and within the memory, what is not committed never comes out, and the toggle moves with
// an accepted packet alone. The environment keeps what usb_transaction promises (proved in usb_transaction_formal.v).
//% induction 3
//% with stream_slice
//% quick
//% mutant-depth 10
//% set OUT_ADDR_WIDTH 10
//% mutant usb_ep_out: else if (!taking) written <= committed; => else if (!taking) written <= written;
//% mutant usb_ep_out: ready <= !used[OUT_ADDR_WIDTH] & !(fast => ready <= !(fast
//% mutant usb_ep_out: whole <= longest; => whole <= 1'b0;
//% mutant usb_ep_out: wire       more = read != committed; => wire       more = read != written;
//% mutant usb_ep_out: if (commit) toggle <= !toggle; => if (taking & byte_valid) toggle <= !toggle;

    reg f_past = 1'b0;
    reg f_was_taking;
    reg f_room;                         // `ready` when the packet began, and no commit since
    always @(posedge clk) begin
        f_past <= 1'b1;
        f_was_taking <= taking & !rst;
        f_room <= rst ? 1'b0 : taking ? (f_was_taking ? f_room : ready) & !commit : 1'b0;
    end
    wire f_may_take = f_was_taking ? f_room : ready;

    always @* begin
        if (!f_past) assume(rst);
        assume(max_packet == 10'd512 || max_packet == 10'd64);
        if (taking && !rst) assume(f_may_take);         // begins with room, and ends after a commit
        if (commit) assume(taking && !byte_valid);
        if (rst) assume(!commit);
        if (commit) assume(packet_length <= max_packet);
        if (taking && !f_was_taking) assume(packet_length == 10'd0 && !byte_valid);
    end
    always @(posedge clk) begin
        if (f_past) assume(max_packet == $past(max_packet) || $past(rst));
        if (f_past && taking && f_was_taking)
            assume(packet_length == $past(packet_length) + (byte_valid && $past(packet_length) != 10'h3FF));
    end

    wire [OUT_ADDR_WIDTH:0] f_committed = committed - read, f_open = written - committed;
    wire [OUT_ADDR_WIDTH:0] f_all = written - read;
    always @(posedge clk)
        if (f_past && !$past(rst)) begin
            assert(f_all <= SIZE);                                      // nothing unread is overwritten
            assert(f_committed <= f_all);                               // read, committed, written: in this order
            assert(f_open <= {1'b0, max_packet});
            if (f_was_taking && f_room) begin
                assert(f_open == ($past(packet_length) < max_packet ? $past(packet_length) : max_packet));
                assert(whole == ($past(packet_length) >= max_packet));
            end
            if (!f_was_taking && !$past(taking, 2)) assert(f_open == 0); // what was not committed is gone
            if (f_was_taking && f_room) assert(f_committed + {1'b0, max_packet} <= SIZE);
            if (ready && !f_was_taking) assert(f_all + {1'b0, max_packet} <= SIZE || f_open != 0);
            if (toggle != $past(toggle)) assert($past(commit) || $past(toggle_reset));
            if (committed != $past(committed)) assert($past(commit));
            if (read != $past(read)) assert($past(read) != $past(committed));   // only what was committed comes out
        end
