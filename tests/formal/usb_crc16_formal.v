// SPDX-License-Identifier: BSD-2-Clause
//
// CRC16 over packets of any length: the sender's register and the receiver's, while the cable changes bits in at most two
// neighbouring bytes. Unchanged, the residue is B001h; changed, it never is, however many bytes follow.
//% induction 2
//% quick
//% with usb_crc16
//% mutant usb_crc16: {2'd0, x, 6'd0} => {3'd0, x[7:1], 6'd0}
//% mutant usb_crc16: {15'd0, parity} => 16'd0
`default_nettype none

module usb_crc16_formal (
    input wire        clk,
    input wire [7:0]  data,
    input wire [7:0]  flips,
    input wire [15:0] end_flips         // in the CRC's own two bytes
);
    reg  [15:0] sent = 16'hFFFF, heard = 16'hFFFF;
    reg  [1:0]  phase = 2'd0;           // 0 nothing wrong yet, 1 the byte before may be wrong, 2 all wrong bytes have passed
    reg  [7:0]  first = 8'd0;
    wire [15:0] sent_next, heard_next;
    wire        may_flip = phase != 2'd2;
    wire [7:0]  flipped = may_flip ? flips : 8'd0;

    usb_crc16 step_sent (.crc(sent), .data(data), .next(sent_next));
    usb_crc16 step_heard (.crc(heard), .data(data ^ flipped), .next(heard_next));

    // The CRC is linear: the difference of the registers is the CRC of the wrong bits alone.
    wire [15:0] difference_first;
    usb_crc16 linear (.crc(16'd0), .data(first), .next(difference_first));

    always @(posedge clk) begin
        sent <= sent_next;
        heard <= heard_next;
        if (phase == 2'd1) phase <= 2'd2;
        else if (phase == 2'd0 && flips != 8'd0) phase <= 2'd1;
        if (phase == 2'd0) first <= flips;
    end

    // The packet may end at any time: the sender's inverted register, low byte first.
    wire [15:0] middle, residue;
    usb_crc16 low (.crc(heard), .data(~sent[7:0] ^ end_flips[7:0]), .next(middle));
    usb_crc16 high (.crc(middle), .data(~sent[15:8] ^ end_flips[15:8]), .next(residue));

    always @* begin
        assert(phase != 2'd3);
        if (phase == 2'd0) assert(sent == heard);
        if (phase == 2'd1) assert(first != 8'd0 && (sent ^ heard) == difference_first);
        if (phase != 2'd0) assert(sent != heard);
        if (end_flips == 16'd0) assert((residue == 16'hB001) == (phase == 2'd0));
        else if (phase == 2'd0) assert(residue != 16'hB001);
    end
endmodule

`default_nettype wire
