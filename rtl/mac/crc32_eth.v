// SPDX-License-Identifier: BSD-2-Clause
//
// One byte's step of the Ethernet frame check sequence (IEEE 802.3-2018 clause 3.2.9), least significant bit first.
//
// Start with all ones, step over every byte of the frame; the FCS on the wire is the complement, bits 7..0 first. A frame
// with its own FCS behind it always ends in DEBB20E3h. The equations are the ones that eight single-bit steps of
// crc = (crc >> 1) ^ (crc[0] ^ data[i] ? EDB88320h : 0) come to; written out, since tools are slow at working them out.
`default_nettype none

module crc32_eth (
    input  wire [31:0] crc,
    input  wire [7:0]  data,
    output wire [31:0] next
);
    wire [7:0] x = crc[7:0] ^ data;

    assign next[0]  = crc[8] ^ x[2];
    assign next[1]  = crc[9] ^ x[0] ^ x[3];
    assign next[2]  = crc[10] ^ x[0] ^ x[1] ^ x[4];
    assign next[3]  = crc[11] ^ x[1] ^ x[2] ^ x[5];
    assign next[4]  = crc[12] ^ x[0] ^ x[2] ^ x[3] ^ x[6];
    assign next[5]  = crc[13] ^ x[1] ^ x[3] ^ x[4] ^ x[7];
    assign next[6]  = crc[14] ^ x[4] ^ x[5];
    assign next[7]  = crc[15] ^ x[0] ^ x[5] ^ x[6];
    assign next[8]  = crc[16] ^ x[1] ^ x[6] ^ x[7];
    assign next[9]  = crc[17] ^ x[7];
    assign next[10] = crc[18] ^ x[2];
    assign next[11] = crc[19] ^ x[3];
    assign next[12] = crc[20] ^ x[0] ^ x[4];
    assign next[13] = crc[21] ^ x[0] ^ x[1] ^ x[5];
    assign next[14] = crc[22] ^ x[1] ^ x[2] ^ x[6];
    assign next[15] = crc[23] ^ x[2] ^ x[3] ^ x[7];
    assign next[16] = crc[24] ^ x[0] ^ x[2] ^ x[3] ^ x[4];
    assign next[17] = crc[25] ^ x[0] ^ x[1] ^ x[3] ^ x[4] ^ x[5];
    assign next[18] = crc[26] ^ x[0] ^ x[1] ^ x[2] ^ x[4] ^ x[5] ^ x[6];
    assign next[19] = crc[27] ^ x[1] ^ x[2] ^ x[3] ^ x[5] ^ x[6] ^ x[7];
    assign next[20] = crc[28] ^ x[3] ^ x[4] ^ x[6] ^ x[7];
    assign next[21] = crc[29] ^ x[2] ^ x[4] ^ x[5] ^ x[7];
    assign next[22] = crc[30] ^ x[2] ^ x[3] ^ x[5] ^ x[6];
    assign next[23] = crc[31] ^ x[3] ^ x[4] ^ x[6] ^ x[7];
    assign next[24] = x[0] ^ x[2] ^ x[4] ^ x[5] ^ x[7];
    assign next[25] = x[0] ^ x[1] ^ x[2] ^ x[3] ^ x[5] ^ x[6];
    assign next[26] = x[0] ^ x[1] ^ x[2] ^ x[3] ^ x[4] ^ x[6] ^ x[7];
    assign next[27] = x[1] ^ x[3] ^ x[4] ^ x[5] ^ x[7];
    assign next[28] = x[0] ^ x[4] ^ x[5] ^ x[6];
    assign next[29] = x[0] ^ x[1] ^ x[5] ^ x[6] ^ x[7];
    assign next[30] = x[0] ^ x[1] ^ x[6] ^ x[7];
    assign next[31] = x[1] ^ x[7];
endmodule

`default_nettype wire
