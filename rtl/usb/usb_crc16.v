// SPDX-License-Identifier: BSD-2-Clause
//
// One byte's step of the data CRC (USB 2.0 section 8.3.5.2: x^16 + x^15 + x^2 + 1), bits sent from bit 0 up.
// Combinational. Start with FFFFh; the sender sends the inverted register, low byte first; a receiver that has stepped over
// the two CRC bytes as well holds B001h.
`default_nettype none

module usb_crc16 (
    input  wire [15:0] crc,
    input  wire [7:0]  data,
    output wire [15:0] next
);
    wire [7:0] x = crc[7:0] ^ data;
    wire       parity = ^x;

    assign next = {parity, 15'd0} ^ {1'b0, parity, 14'd0} ^ {15'd0, parity}
                ^ {8'd0, crc[15:8]} ^ {2'd0, x, 6'd0} ^ {1'b0, x, 7'd0};
endmodule

`default_nettype wire
