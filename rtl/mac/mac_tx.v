// SPDX-License-Identifier: BSD-2-Clause
//
// Transmit half of the MAC: puts frames on a GMII (IEEE 802.3-2018 clauses 3, 4.2.8 and 35).
//
// Adds the preamble, zeros up to 60 bytes (never what an earlier frame left behind), the FCS, and keeps 12 bytes of gap.
// Two steps a byte: the state machine picks what comes next, then the FCS is stepped and the pins are driven, so that the
// source's logic and the FCS equations do not add up in one clock.
//
//     IDLE ─valid→ PREAMBLE ─8 bytes→ DATA ─last→ PAD ─60 bytes→ FCS ─4 bytes→ GAP ─12 bytes→ IDLE
//
// A byte time is a clock with `ce` high: each clock at 1000 Mb/s; below, the pin shims (rgmii, rmii) give the pace. Outputs
// stand still between, and a byte is taken from the source in such a clock only.
//
// Full duplex: nothing here looks for a carrier or a collision.
//
// The source must not let s_valid fall inside a frame. Should it, the frame goes out with gmii_tx_er, so that nobody takes
// it for a good one.
`default_nettype none

module mac_tx (
    input  wire       clk,
    input  wire       rst,
    input  wire       ce,

    input  wire       s_valid,
    output wire       s_ready,
    input  wire [7:0] s_data,
    input  wire       s_last,

    output reg  [7:0] gmii_txd,
    output reg        gmii_tx_en,
    output reg        gmii_tx_er
);
    localparam [2:0] IDLE = 0, PREAMBLE = 1, DATA = 2, PAD = 3, FCS = 4, GAP = 5;

    localparam [5:0] MIN_BYTES = 60; // without FCS
    localparam [3:0] GAP_BYTES = 12;

    reg  [2:0] state;
    reg  [3:0] count; // bytes of preamble, FCS or gap so far
    reg  [5:0] bytes; // of the frame so far; stops at MIN_BYTES - 1

    wire       long_enough = bytes == MIN_BYTES - 6'd1; // with the byte at hand

    assign s_ready = state == DATA && ce;

    // ---- Step one: what comes next ----
    reg  [7:0] byte_q;
    reg        active_q; // something is on the wire
    reg        frame_q;  // a byte that the FCS covers
    reg        fcs_q;
    reg        error_q;

    always @(posedge clk) begin
        if (ce) begin
            count    <= count + 4'd1;
            byte_q   <= 8'h00;
            active_q <= 1'b1;
            frame_q  <= 1'b0;
            fcs_q    <= 1'b0;
            error_q  <= 1'b0;
            case (state)
            IDLE: begin
                bytes    <= 0;
                count    <= 4'd1;
                byte_q   <= 8'h55;
                active_q <= s_valid;
                if (s_valid) state <= PREAMBLE;
            end
            PREAMBLE: begin
                byte_q <= count == 4'd7 ? 8'hD5 : 8'h55;
                if (count == 4'd7) state <= DATA;
            end
            DATA, PAD: begin
                frame_q <= 1'b1;
                error_q <= state == DATA && !s_valid;
                if (state == DATA) byte_q <= s_data;
                if (!long_enough) bytes <= bytes + 6'd1;
                if (state == PAD || (s_valid && s_last)) state <= long_enough ? FCS : PAD;
                count <= 0;
            end
            FCS: begin
                fcs_q <= 1'b1;
                if (count == 4'd3) begin
                    state <= GAP;
                    count <= 0;
                end
            end
            default: begin // GAP
                active_q <= 1'b0;
                if (count == GAP_BYTES - 4'd1) state <= IDLE;
            end
            endcase
        end
        if (rst) begin
            state    <= GAP;
            count    <= 0;
            active_q <= 1'b0;
        end
    end

    // ---- Step two: FCS and pins ----
    reg  [31:0] crc;
    wire [31:0] crc_next;
    crc32_eth fcs (.crc(crc), .data(byte_q), .next(crc_next));

    always @(posedge clk) begin
        if (ce) begin
            if (frame_q)    crc <= crc_next;
            else if (fcs_q) crc <= {8'hFF, crc[31:8]};
            else            crc <= 32'hFFFFFFFF;

            gmii_txd   <= !active_q ? 8'h00 : fcs_q ? ~crc[7:0] : byte_q;
            gmii_tx_en <= active_q;
            gmii_tx_er <= error_q;
        end
        if (rst) begin
            gmii_tx_en <= 1'b0;
            gmii_tx_er <= 1'b0;
        end
    end
endmodule

`default_nettype wire
