// SPDX-License-Identifier: BSD-2-Clause
//
// The MAC either way, with the loop between them: frames in, GMII out, and back.
//
//     s_ ─── stream_skid ─── mac_tx ──┬── gmii_tx        wire_tx_clk
//                                gmii_loop
//     m_ ─────────────────── mac_rx ──┴── gmii_rx        wire_rx_clk
`default_nettype none

module mac #(
    parameter MAX_FRAME   = 9600,    // bytes without FCS
    parameter LOOPBACK    = 1,       // 0: leaves the loop out
    parameter WIRE_CLOCKS = 2,       // 1: wire_tx_clk is wire_rx_clk
    parameter WIRE_CE     = 0        // 1: the wire goes by gmii_rx_ce and gmii_tx_ce; 0: a byte each clock
) (
    input  wire       loopback,      // of no clock

    input  wire       wire_tx_clk,
    input  wire       wire_tx_rst,
    input  wire       s_valid,       // a frame without padding and FCS
    output wire       s_ready,
    input  wire [7:0] s_data,
    input  wire       s_last,
    output wire [7:0] gmii_txd,
    output wire       gmii_tx_en,
    output wire       gmii_tx_er,
    input  wire       gmii_tx_ce,

    input  wire       wire_rx_clk,
    input  wire       wire_rx_rst,
    input  wire [7:0] gmii_rxd,
    input  wire       gmii_rx_dv,
    input  wire       gmii_rx_er,
    input  wire       gmii_rx_ce,
    output wire       byte_time,     // of what is received
    output wire       m_start,       // mac_rx
    output wire       m_valid,
    output wire [7:0] m_data,
    output wire       m_last,
    output wire       m_error_fcs,
    output wire       m_error_symbol,
    output wire       m_error_length
);
    wire       tx_ce = WIRE_CE == 0 || gmii_tx_ce;
    wire       rx_ce = WIRE_CE == 0 || gmii_rx_ce;
    wire       sent_en, sent_er, heard_dv, heard_er;
    wire       tx_valid, tx_ready, tx_last;
    wire [7:0] heard_data, tx_data;

    stream_skid #(.WIDTH(9)) tx_skid ( // from the shim's pace to the memories' addresses is too far for a clock
        .clk(wire_tx_clk), .rst(wire_tx_rst), .s_valid(s_valid), .s_ready(s_ready), .s_data({s_last, s_data}),
        .m_valid(tx_valid), .m_ready(tx_ready), .m_data({tx_last, tx_data})
    );
    mac_tx mac_tx (
        .clk(wire_tx_clk), .rst(wire_tx_rst), .ce(tx_ce), .s_valid(tx_valid), .s_ready(tx_ready), .s_data(tx_data), .s_last(tx_last),
        .gmii_txd(gmii_txd), .gmii_tx_en(sent_en), .gmii_tx_er(sent_er)
    );
    gmii_loop #(.LOOPBACK(LOOPBACK), .CLOCKS(WIRE_CLOCKS)) gmii_loop (
        .loop(loopback), .wire_tx_clk(wire_tx_clk), .wire_tx_rst(wire_tx_rst), .tx_ce(tx_ce), .s_txd(gmii_txd), .s_tx_en(sent_en),
        .s_tx_er(sent_er), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er), .wire_rx_clk(wire_rx_clk), .wire_rx_rst(wire_rx_rst),
        .rx_ce(rx_ce), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er),
        .m_ce(byte_time), .m_rxd(heard_data), .m_rx_dv(heard_dv), .m_rx_er(heard_er)
    );
    mac_rx #(.MAX_FRAME(MAX_FRAME)) mac_rx (
        .clk(wire_rx_clk), .rst(wire_rx_rst), .ce(byte_time), .gmii_rxd(heard_data), .gmii_rx_dv(heard_dv), .gmii_rx_er(heard_er),
        .m_start(m_start), .m_valid(m_valid), .m_data(m_data), .m_last(m_last),
        .m_error_fcs(m_error_fcs), .m_error_symbol(m_error_symbol), .m_error_length(m_error_length)
    );
endmodule

`default_nettype wire
