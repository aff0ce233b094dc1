// SPDX-License-Identifier: BSD-2-Clause
//
// Puts packets on D+ and D- at full speed: SYNC, bytes with stuffed bits in NRZI, EOP (USB 2.0 sections 7.1.8 to 7.1.10 and
// 7.1.13.2); a bit is four clocks. Between packets the pins are not driven.
//
// With `raw` (a resume) there is neither SYNC nor EOP nor NRZI: a byte of zeros is K, any other J, as long as `tx_valid` is high.
//
//     IDLE ── tx_valid ──> SYNC ── 8 bits ──> BYTES ── byte over, tx_valid low ──> EOP ── SE0 SE0 J ──> IDLE
//       └── tx_valid and raw ──> RAW ── tx_valid low ──> IDLE
`default_nettype none

module fullspeed_tx (
    input  wire       clk,              // 48 MHz
    input  wire       rst,

    input  wire       raw,
    input  wire       tx_valid,
    input  wire [7:0] tx_data,
    output wire       tx_ready,         // takes the byte; with tx_valid low, the packet ends instead

    output reg        dp_o,
    output reg        dn_o,
    output reg        oe
);
    localparam [2:0] IDLE = 3'd0, SYNC = 3'd1, BYTES = 3'd2, EOP = 3'd3, RAW = 3'd4;
    localparam [7:0] SYNC_BYTE = 8'h80;

    reg [2:0] state;
    reg [1:0] phase;                    // clocks of this bit
    reg [7:0] bits;                     // of this byte, the next one in bit 0
    reg [2:0] left;                     // of them, behind the next one; in EOP the bit that is due, SE0, SE0, J
    reg [2:0] ones;                     // in a row, at most 6

    wire next_bit = phase == 2'd3;
    wire in_packet = state == SYNC | state == BYTES;
    wire stuff = ones == 3'd6;
    wire value = bits[0] & !stuff;
    wire byte_over = in_packet & next_bit & left == 3'd0 & !stuff;

    // The last bit of a byte is put on the pins while the next byte is taken.
    assign tx_ready = byte_over | state == RAW;

    always @(posedge clk) begin
        phase <= state == IDLE ? 2'd3 : phase + 1'b1;

        case (state)
        IDLE: begin
            {dp_o, dn_o} <= 2'b10;
            oe <= 1'b0;
            bits <= SYNC_BYTE;
            left <= 3'd7;
            ones <= 3'd0;
            if (tx_valid) state <= raw ? RAW : SYNC;
        end
        SYNC, BYTES:
            if (next_bit) begin
                oe <= 1'b1;
                if (!value) {dp_o, dn_o} <= {dn_o, dp_o};
                ones <= value ? ones + 1'b1 : 3'd0;
                if (!stuff) begin
                    bits <= {1'b0, bits[7:1]};
                    left <= left - 1'b1;
                end
                if (byte_over) begin
                    bits <= tx_data;
                    state <= tx_valid ? BYTES : EOP;
                end
            end
        EOP:
            // Six ones at the very end are followed by a zero, too.
            if (next_bit & stuff) begin
                {dp_o, dn_o} <= {dn_o, dp_o};
                ones <= 3'd0;
            end else if (next_bit) begin
                left <= left - 1'b1;
                {dp_o, dn_o} <= {left[2:1] == 2'b10, 1'b0};
                oe <= left != 3'd4;
                if (left == 3'd4) state <= IDLE;
            end
        default: begin // RAW
            oe <= tx_valid;
            {dp_o, dn_o} <= {tx_data != 8'h00, tx_data == 8'h00};
            if (!tx_valid) state <= IDLE;
        end
        endcase

        if (rst) begin
            state <= IDLE;
            oe <= 1'b0;
        end
    end
endmodule

`default_nettype wire
