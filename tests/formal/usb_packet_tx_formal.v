// SPDX-License-Identifier: BSD-2-Clause
//
// The transmitter speaks from `start` on alone, and then sends exactly that packet: PID, `length` bytes in order, their CRC.
// However long the PHY lets it wait, no byte is lost or sent twice, and between two bytes `tx_valid` never falls.
//
// One byte of the source, arbitrary, is followed.
//% induction 4
//% quick
//% with usb_crc16
//% mutant-depth 25
//% mutant usb_packet_tx: if (fetched) kept <= data; => kept <= data;
//% mutant usb_packet_tx: kept_valid <= keeps; => kept_valid <= fetched;
//% mutant usb_packet_tx: state == DATA & room & (kept_valid | fetched) => state == DATA & (kept_valid | fetched)
//% mutant usb_packet_tx: if (left == 10'd1) state <= CRC_LOW; => if (left == 10'd2) state <= CRC_LOW;
//% mutant usb_packet_tx: other = ~crc_now[7:0]; => other = crc_now[7:0];
//% mutant usb_packet_tx: took <= take; => took <= 1'b0;

    (* anyconst *) wire [8:0] f_index;
    (* anyconst *) wire [7:0] f_value;
    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @* begin
        if (!f_past) assume(rst);
        if (busy) assume(!start);
        if (start) assume(length <= 10'd512);                           // 9 bits of offset
    end
    always @(posedge clk) if (f_past && $past(offset) == f_index) assume(data == f_value);

    // ---- The monitor: the packet that was asked for, and the bytes that the PHY has taken ----
    wire        f_take = tx_valid && tx_ready;
    reg  [3:0]  f_pid;
    reg  [10:0] f_length, f_taken;
    reg  [15:0] f_crc;
    wire [15:0] f_crc_next;
    wire        f_data = f_pid[1:0] == 2'b11;
    usb_crc16 f_step (.crc(f_crc), .data(tx_data), .next(f_crc_next));
    always @(posedge clk) begin
        if (start && !busy) begin
            f_pid <= pid;
            f_length <= {1'b0, length};
            f_taken <= 11'd0;
            f_crc <= 16'hFFFF;
        end else if (f_take) begin
            f_taken <= f_taken + 11'd1;
            if (f_taken != 11'd0 && f_taken <= f_length) f_crc <= f_crc_next;
        end
    end

    always @* if (f_past) begin
        assert(tx_valid == busy);
        if (tx_valid) begin
            assert(f_taken <= (f_data ? f_length + 11'd2 : 11'd0));
            if (f_taken == 11'd0) assert(tx_data == {~f_pid, f_pid});
            else if (f_taken <= f_length) begin
                if (f_taken - 11'd1 == {2'd0, f_index}) assert(tx_data == f_value);
            end else if (f_taken == f_length + 11'd1) assert(tx_data == ~f_crc[7:0]);
            else assert(tx_data == ~f_crc[15:8]);
        end
    end
    always @(posedge clk) if (f_past && !$past(rst)) begin
        if (tx_valid && !$past(tx_valid)) assert($past(start));
        if ($past(start)) assert(tx_valid);
        if ($past(tx_valid) && !tx_valid) assert($past(f_take && f_taken == (f_data ? f_length + 11'd2 : 11'd0)));
        if ($past(tx_valid && !tx_ready)) assert(tx_data == $past(tx_data));
    end

    // ---- What induction needs to know: the byte in tx_data is number f_taken, of length + 3 ----
    wire [15:0] f_crc_with = f_taken == 11'd0 ? 16'hFFFF : f_crc_next;  // of the bytes before and the one in tx_data
    wire [10:0] f_head = f_length - {1'b0, left};
    always @* if (f_past) begin
        assert(state <= LAST);
        if (state == IDLE) assert(offset == 9'd0 && !fetched);
        if (busy) assert(f_length <= 11'd512 && (f_taken != 11'd0 || f_crc == 16'hFFFF));
        if (state == DATA) begin
            assert(f_data && left != 10'd0 && {1'b0, left} <= f_length && f_taken == f_head && crc_now == f_crc_with);
            assert((kept_valid || fetched) && offset == f_head[8:0] + {8'd0, kept_valid} + {8'd0, fetched});
            if (kept_valid && f_head == {2'd0, f_index}) assert(kept == f_value);
        end
        if (state == CRC_LOW) assert(f_data && f_taken == f_length && crc_now == f_crc_with);
        if (state == CRC_HIGH) assert(f_data && f_taken == f_length + 11'd1 && crc_now == f_crc);
        if (state == LAST) assert(f_taken == (f_data ? f_length + 11'd2 : 11'd0));
    end
    always @(posedge clk) if (f_past && state == DATA && fetched) assert($past(offset) + 9'd1 == offset);
