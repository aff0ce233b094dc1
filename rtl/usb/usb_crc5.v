// SPDX-License-Identifier: BSD-2-Clause
//
// CRC of a token's 11 bits (USB 2.0 section 8.3.5.1: x^5 + x^2 + 1), as it stands in bits 15..11 of the token's two bytes.
// Combinational: the polynomial division written out for bits sent from bit 0 up, start value all ones, result inverted.
`default_nettype none

module usb_crc5 (
    input  wire [10:0] token,
    output wire [4:0]  crc
);
    assign crc[0] = token[0] ^ token[1] ^ token[2] ^ token[5] ^ token[6] ^ token[8];
    assign crc[1] = ~(token[0] ^ token[1] ^ token[2] ^ token[3] ^ token[6] ^ token[7] ^ token[9]);
    assign crc[2] = token[0] ^ token[1] ^ token[2] ^ token[3] ^ token[4] ^ token[7] ^ token[8] ^ token[10];
    assign crc[3] = token[0] ^ token[3] ^ token[4] ^ token[6] ^ token[9];
    assign crc[4] = token[0] ^ token[1] ^ token[4] ^ token[5] ^ token[7] ^ token[10];
endmodule

`default_nettype wire
