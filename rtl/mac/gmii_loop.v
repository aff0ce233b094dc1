// SPDX-License-Identifier: BSD-2-Clause
//
// Between the MAC and the GMII of the PHY's side. While `loop` is set, what mac_tx sends comes back to mac_rx instead of going out
// (IEEE 802.3-2018 clause 22.2.4.1.2's loopback, in the card), so that everything but pins, PHY and cable can be tested without a link.
//
//     mac_tx ──┬─ not while looped ── GMII out          wire_tx_clk
//              └─ async_fifo ──┐
//     mac_rx ── either one ────┴───── GMII in           wire_rx_clk
//
// The clocks may have any rates that the shims give them, with a link or without: mac_rx's byte times are then those in which the FIFO has
// one, so that it never runs dry within a frame. Where the receive clock is the slower one, bytes that the FIFO has no room for are lost,
// which the FCS tells; clocks of one nominal rate are no such case.
//
// On the way out the loop begins and ends between frames. On the way in it cuts off what is arriving when it begins, which costs that
// frame, and ends where nothing is: neither of the PHY's side nor of a frame that was looped.
`default_nettype none

module gmii_loop #(
    parameter LOOPBACK = 1,         // 0: leaves it out
    parameter CLOCKS   = 2          // 1: wire_tx_clk is wire_rx_clk, and no FIFO is needed
) (
    input  wire       loop,         // of no clock

    input  wire       wire_tx_clk,
    input  wire       wire_tx_rst,
    input  wire       tx_ce,        // a byte time of mac_tx
    input  wire [7:0] s_txd,        // from mac_tx
    input  wire       s_tx_en,
    input  wire       s_tx_er,
    output wire       gmii_tx_en,   // to the PHY's side, whose data are s_txd
    output wire       gmii_tx_er,

    input  wire       wire_rx_clk,
    input  wire       wire_rx_rst,
    input  wire       rx_ce,        // a byte time of the PHY's side
    input  wire [7:0] gmii_rxd,     // from the PHY's side
    input  wire       gmii_rx_dv,
    input  wire       gmii_rx_er,
    output wire       m_ce,         // a byte time of mac_rx
    output wire [7:0] m_rxd,        // to mac_rx
    output wire       m_rx_dv,
    output wire       m_rx_er
);
    generate
        if (LOOPBACK == 0) begin : none
            assign {gmii_tx_en, gmii_tx_er} = {s_tx_en, s_tx_er};
            assign {m_ce, m_rxd, m_rx_dv, m_rx_er} = {rx_ce, gmii_rxd, gmii_rx_dv, gmii_rx_er};
            wire unused = &{1'b0, loop, wire_tx_clk, wire_tx_rst, tx_ce, s_txd, wire_rx_clk, wire_rx_rst};
        end else begin : looped
            // ---- Out: each frame, and a byte of the gap behind it ----
            wire wanted_tx;
            reg  loop_tx, en_q;
            sync_bits to_tx (.clk(wire_tx_clk), .d(loop), .q(wanted_tx));

            wire sent = loop_tx && tx_ce && (s_tx_en || en_q);

            assign gmii_tx_en = s_tx_en && !loop_tx;
            assign gmii_tx_er = s_tx_er && !loop_tx;

            always @(posedge wire_tx_clk) begin
                if (tx_ce) begin
                    en_q <= s_tx_en;
                    if (!s_tx_en) loop_tx <= wanted_tx;
                end
                if (wire_tx_rst) begin
                    loop_tx <= 1'b0;
                    en_q    <= 1'b0;
                end
            end

            // ---- In ----
            wire       valid, er, dv, wanted_rx, loop_tx_here, unused_ready;
            wire [7:0] data;
            reg        loop_rx;
            reg        in_frame;// a frame's bytes have come, and not yet its end
            reg  [3:0] drained; // for so many clocks nothing has come or can have been sent; three are the FIFO's way

            if (CLOCKS == 1) begin : direct
                assign unused_ready = 1'b1;
                assign {valid, er, dv, data} = {sent, s_tx_er, s_tx_en, s_txd};
            end else begin : crossing
                async_fifo #(.WIDTH(10), .DEPTH_LOG2(4)) fifo (
                    .s_clk(wire_tx_clk), .s_rst(wire_tx_rst), .s_valid(sent), .s_ready(unused_ready), .s_data({s_tx_er, s_tx_en, s_txd}),
                    .m_clk(wire_rx_clk), .m_rst(wire_rx_rst), .m_valid(valid), .m_ready(1'b1), .m_data({er, dv, data})
                );
            end
            sync_bits to_rx (.clk(wire_rx_clk), .d(loop), .q(wanted_rx));
            sync_bits sent_to_rx (.clk(wire_rx_clk), .d(loop_tx), .q(loop_tx_here));

            assign m_ce    = loop_rx ? valid || !in_frame : rx_ce;
            assign m_rxd   = loop_rx ? data : gmii_rxd;
            assign m_rx_dv = loop_rx ? valid && dv : gmii_rx_dv;
            assign m_rx_er = loop_rx ? valid && er : gmii_rx_er;

            always @(posedge wire_rx_clk) begin
                drained <= valid || loop_tx_here ? 4'd0 : {drained[2:0], 1'b1};
                if (wanted_rx || loop_tx_here) loop_rx <= 1'b1;
                else if (drained[3] && rx_ce && !gmii_rx_dv) loop_rx <= 1'b0;
                if (!loop_rx) in_frame <= 1'b0;
                else if (valid) in_frame <= dv;
                if (wire_rx_rst) begin
                    loop_rx <= 1'b0;
                    in_frame <= 1'b0;
                end
            end
        end
    endgenerate
endmodule

`default_nettype wire
