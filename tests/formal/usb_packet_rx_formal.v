// SPDX-License-Identifier: BSD-2-Clause
//
// A packet is called good exactly when its bytes on the UTMI pins were a whole token, data packet or handshake with the right check.
// The address and endpoint are the token's; the data bytes handed on are the packet's, in their order.
//% induction 3
//% quick
//% with usb_crc16 usb_crc5
//% mutant-depth 12
//% mutant usb_packet_rx: held == 2'd2 & crc5 == last[7:3] => held == 2'd2
//% mutant usb_packet_rx: held == 2'd2 & crc5 == last[7:3] => crc5 == last[7:3]
//% mutant usb_packet_rx: held[1] & crc == CRC16_GOOD => held[1]
//% mutant usb_packet_rx: if (rx_data[7:4] != ~rx_data[3:0]) broken <= 1'b1; =>
//% mutant usb_packet_rx: if (rx_active & rx_error) broken <= 1'b1; =>
//% mutant usb_packet_rx: data_good : held == 2'd0; => data_good : 1'b1;
//% mutant usb_packet_rx: data <= before_last; => data <= last;

    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @* if (!f_past) assume(rst);

    // ---- The monitor: the packet's first three bytes, how many came (up to 4), and the CRC of all behind the first ----
    reg        f_on, f_error;
    reg [2:0]  f_count;
    reg [7:0]  f_first, f_second, f_third, f_newest, f_newest_but_1, f_newest_but_2;
    reg [15:0] f_crc;
    wire [15:0] f_crc_next;
    wire [4:0] f_crc5;
    wire       f_byte = rx_active && rx_valid && enable;
    wire       f_begins = !f_on;
    usb_crc16 f_step (.crc(f_crc), .data(rx_data), .next(f_crc_next));
    usb_crc5 f_step5 (.token({f_third[2:0], f_second}), .crc(f_crc5));
    always @(posedge clk) begin
        f_on <= rx_active && enable && !rst;
        f_error <= rx_active && rx_error || !f_begins && f_error;
        if (f_begins) f_count <= 3'd0;
        if (f_byte) begin
            f_newest <= rx_data;
            f_newest_but_1 <= f_newest;
            f_newest_but_2 <= f_newest_but_1;
            f_count <= f_begins ? 3'd1 : f_count == 3'd4 ? 3'd4 : f_count + 3'd1;
            if (f_begins || f_count == 3'd0) f_first <= rx_data;
            else if (f_count == 3'd1) f_second <= rx_data;
            else if (f_count == 3'd2) f_third <= rx_data;
            if (f_begins || f_count == 3'd0) f_crc <= 16'hFFFF;
            else f_crc <= f_crc_next;
        end
    end
    wire f_token = f_first[1:0] == 2'b01 || f_first[3:0] == 4'h4;
    wire f_good = !f_error && f_first[7:4] == ~f_first[3:0]
        && (f_token ? f_count == 3'd3 && f_crc5 == f_third[7:3]
            : f_first[1:0] == 2'b11 ? f_count >= 3'd3 && f_crc == 16'hB001
            : f_first[1:0] == 2'b10 && f_count == 3'd1);

    always @(posedge clk) if (f_past && !$past(rst)) begin
        assert(packet_end == $past(f_on && !rx_active && f_count != 3'd0));
        assert((packet_end && packet_good) == $past(f_on && !rx_active && f_count != 3'd0 && f_good));
        if (packet_end) assert(pid == f_first[3:0]);
        if (packet_end && packet_good && f_token) assert({token_endpoint, token_address} == {f_third[2:0], f_second});
        if (data_valid) assert(f_first[1:0] == 2'b11 && $past(f_byte && f_count >= 3'd3) && data == f_newest_but_2);
    end

    // ---- What induction needs to know ----
    always @* if (f_past) begin
        assert(f_on == active_before);
        if (f_on) begin
            assert(have_pid == (f_count != 3'd0) && f_count <= 3'd4);
            if (f_count != 3'd0) begin
                assert(pid == f_first[3:0] && broken == (f_error || f_first[7:4] != ~f_first[3:0]));
                assert(crc == f_crc && held == f_count[1:0] - 2'd1);
            end else assert(broken == f_error && held == 2'd0 && crc == 16'hFFFF);
            if (f_count >= 3'd2) assert(last == f_newest);
            if (f_count >= 3'd3) assert(before_last == f_newest_but_1);
            if (f_count == 3'd1) assert(f_crc == 16'hFFFF);
            if (f_count == 3'd2) assert(f_second == f_newest);
            if (f_count == 3'd3) assert(f_third == f_newest && f_second == f_newest_but_1);
        end
    end
