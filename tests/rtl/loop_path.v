// SPDX-License-Identifier: BSD-2-Clause
//
// mac_tx and mac_rx with gmii_loop between them: what gmii_loop_test drives.
`default_nettype none

module loop_path #(
    parameter CLOCKS = 2
) (
    input  wire       loop,
    input  wire       tx_clk,
    input  wire       tx_rst,
    input  wire       tx_ce,
    input  wire       s_valid,
    output wire       s_ready,
    input  wire [7:0] s_data,
    input  wire       s_last,
    output wire       gmii_tx_en,
    output wire       gmii_tx_er,
    output wire [7:0] gmii_txd,

    input  wire       rx_clk,
    input  wire       rx_rst,
    input  wire       rx_ce,
    input  wire [7:0] gmii_rxd,
    input  wire       gmii_rx_dv,
    input  wire       gmii_rx_er,
    output wire       m_valid,
    output wire [7:0] m_data,
    output wire       m_last,
    output wire       m_error
);
    wire       tx_en, tx_er, ce, rx_dv, rx_er, fcs, symbol, length, unused_start;
    wire [7:0] rxd;
    wire       sink_clk = CLOCKS == 1 ? tx_clk : rx_clk;

    mac_tx tx (
        .clk(tx_clk), .rst(tx_rst), .ce(tx_ce), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data), .s_last(s_last),
        .gmii_txd(gmii_txd), .gmii_tx_en(tx_en), .gmii_tx_er(tx_er)
    );
    gmii_loop #(.CLOCKS(CLOCKS)) gmii_loop (
        .loop(loop), .wire_tx_clk(tx_clk), .wire_tx_rst(tx_rst), .tx_ce(tx_ce), .s_txd(gmii_txd), .s_tx_en(tx_en), .s_tx_er(tx_er),
        .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er), .wire_rx_clk(sink_clk), .wire_rx_rst(rx_rst), .rx_ce(rx_ce),
        .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er),
        .m_ce(ce), .m_rxd(rxd), .m_rx_dv(rx_dv), .m_rx_er(rx_er)
    );
    mac_rx #(.MAX_FRAME(9600)) rx (
        .clk(sink_clk), .rst(rx_rst), .ce(ce), .gmii_rxd(rxd), .gmii_rx_dv(rx_dv), .gmii_rx_er(rx_er), .m_start(unused_start),
        .m_valid(m_valid), .m_data(m_data), .m_last(m_last), .m_error_fcs(fcs), .m_error_symbol(symbol), .m_error_length(length)
    );
    assign m_error = fcs | symbol | length;
endmodule

`default_nettype wire
