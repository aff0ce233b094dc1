// SPDX-License-Identifier: BSD-2-Clause
//
// Receive half of the MAC: takes frames from a GMII (IEEE 802.3-2018 clauses 3, 4.2.9 and 35), checks and strips the FCS.
//
// A frame begins behind the first SFD after rx_dv rises, however much of the preamble was lost, and ends where rx_dv falls.
// Everything with rx_dv low (gap, carrier extension, false carrier, in-band status) is not looked at, so whatever was on the
// wire before, the next frame is received. Five bytes are held back: four are the FCS when rx_dv falls, and the fifth is
// then known to be the last.
//
// A byte time is a clock with `ce` high: each clock at 1000 Mb/s; below, the pin shims (rgmii, rmii) give the pace. The GMII is
// looked at in such clocks only.
//
// Each SFD gives one frame with one m_last. What is shorter than the FCS gives one meaningless byte, marked too short; what
// is too long is cut and the rest of it skipped. The source cannot wait. At least one clock passes between m_last and the
// next m_valid.
`default_nettype none

module mac_rx #(
    parameter MAX_FRAME = 9018 // longest frame without FCS, in bytes, below 16,380
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       ce,

    input  wire [7:0] gmii_rxd,
    input  wire       gmii_rx_dv,
    input  wire       gmii_rx_er,

    output wire       m_start,        // pulse: the SFD has come, the frame's first byte is on gmii_rxd
    output reg        m_valid,
    output reg  [7:0] m_data,
    output reg        m_last,
    output reg        m_error_fcs,    // with m_last: FCS wrong
    output reg        m_error_symbol, // with m_last: the PHY saw an error
    output reg        m_error_length  // with m_last: under 64 bytes with FCS, or over MAX_FRAME without
);
    localparam [1:0] HUNT = 0, FRAME = 1, SKIP = 2;
    localparam [31:0] RESIDUE = 32'hDEBB20E3;
    localparam [31:0] LONGEST_32 = MAX_FRAME + 4;
    localparam [13:0] LONGEST = LONGEST_32[13:0];

    reg [7:0] data;
    reg       dv;
    reg       er;
    always @(posedge clk) begin
        if (ce) begin
            data <= gmii_rxd;
            dv   <= gmii_rx_dv;
            er   <= gmii_rx_er;
        end
        if (rst) dv <= 1'b1; // with SKIP below: never begin inside a frame
    end

    reg  [1:0]  state;
    reg  [13:0] count;   // bytes of the frame before the one in `data`
    reg  [39:0] held;    // the last five of them, oldest on top
    reg  [4:0]  held_valid;
    reg         symbol;  // rx_er since rx_dv rose
    reg  [31:0] crc;
    wire [31:0] crc_next;
    crc32_eth fcs (.crc(crc), .data(data), .next(crc_next));

    wire   sfd     = state == HUNT && dv && data == 8'hD5;
    assign m_start = ce && sfd;

    wire too_long = count == LONGEST && dv;
    wire ended    = state == FRAME && (!dv || too_long);

    always @(posedge clk) begin
        if (ce) begin
            if (state == FRAME) begin
                held       <= {held[31:0], data};
                held_valid <= {held_valid[3:0], 1'b1};
                count      <= count + 14'd1;
                crc        <= crc_next;
            end else begin
                held_valid <= 5'd0;
                count      <= 14'd0;
                crc        <= 32'hFFFFFFFF;
            end
            symbol <= dv && (symbol || er);

            case (state)
            HUNT:    if (sfd) state <= FRAME;
            FRAME:   if (ended) state <= too_long ? SKIP : HUNT;
            default: if (!dv) state <= HUNT;
            endcase
        end

        m_valid        <= ce && state == FRAME && (held_valid[4] || ended);
        m_data         <= held[39:32];
        m_last         <= ce && ended;
        m_error_fcs    <= crc != RESIDUE;
        m_error_symbol <= symbol;
        m_error_length <= too_long || count[13:6] == 8'd0;

        if (rst) begin
            state   <= SKIP;
            m_valid <= 1'b0;
            m_last  <= 1'b0;
        end
    end
endmodule

`default_nettype wire
