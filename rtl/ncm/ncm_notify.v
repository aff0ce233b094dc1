// SPDX-License-Identifier: BSD-2-Clause
//
// CDC-NCM's notifications (CDC 1.2 section 6.3, NCM 1.0 section 6.3): when the host selects the data interface's alternate
// setting 1 and whenever the link changes, CONNECTION_SPEED_CHANGE (if there is a link) and then NETWORK_CONNECTION.
//
//   QUIET -- the link is not as told --> SPEED --> CONNECTION --> QUIET
`default_nettype none

module ncm_notify (
    input  wire         clk,
    input  wire         rst,
    input  wire         listens,         // the data interface is in alternate setting 1
    input  wire         flush,           // pulse: whatever was told is forgotten
    input  wire [3:0]   link,            // bits of WEIR_REG_LINK

    output wire         m_notify_valid,
    input  wire         m_notify_ready,
    output wire [127:0] m_notify_data,   // byte 0 in bits 7..0
    output wire         m_notify_long    // 16 bytes, else 8
);
    localparam [1:0] QUIET = 2'd0, SPEED = 2'd1, CONNECTION = 2'd2;
    localparam [7:0] NETWORK_CONNECTION = 8'h00, CONNECTION_SPEED_CHANGE = 8'h2A;

    reg [1:0]  state;
    reg        fresh;                    // nothing was told yet
    reg [3:0]  told;
    reg [31:0] rate;                     // bits a second

    always @* case (told[2:1])
        2'd0:    rate = 32'd10_000_000;
        2'd1:    rate = 32'd100_000_000;
        default: rate = 32'd1_000_000_000;
    endcase

    assign m_notify_valid = state != QUIET && !flush;
    assign m_notify_long  = state == SPEED;
    assign m_notify_data  = m_notify_long
        ? {rate, rate, 16'd8, 16'd0, 16'd0, CONNECTION_SPEED_CHANGE, 8'hA1}
        : {64'd0, 16'd0, 16'd0, 15'd0, told[0], NETWORK_CONNECTION, 8'hA1};

    always @(posedge clk) begin
        case (state)
            QUIET: if (listens && (fresh || link != told)) begin
                fresh <= 1'b0;
                told  <= link;
                state <= link[0] ? SPEED : CONNECTION;
            end
            SPEED:   if (m_notify_ready) state <= CONNECTION;
            default: if (m_notify_ready) state <= QUIET;
        endcase
        if (rst || flush || !listens) begin
            state <= QUIET;
            fresh <= 1'b1;
        end
    end
endmodule

`default_nettype wire
