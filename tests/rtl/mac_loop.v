// SPDX-License-Identifier: BSD-2-Clause
//
// The MAC's two halves, back to back through the RGMII shim: what mac_loop_test drives.
`default_nettype none

module mac_loop (
    input  wire       clk,
    input  wire       rst,
    input  wire       s_valid,
    output wire       s_ready,
    input  wire [7:0] s_data,
    input  wire       s_last,
    input  wire       flip,     // turns a bit over on the wire
    output wire       m_valid,
    output wire [7:0] m_data,
    output wire       m_last,
    output wire       m_error_fcs,
    output wire       m_error_symbol,
    output wire       m_error_length,
    output wire [3:0] status
);
    wire [7:0] txd, rxd;
    wire       tx_en, tx_er, tx_ce, rx_dv, rx_er, rx_ce, ctl_rise, ctl_fall;
    wire [3:0] rise, fall;
    wire       unused_start, unused_txc_rise, unused_txc_fall;

    mac_tx tx (.clk(clk), .rst(rst), .ce(tx_ce), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data), .s_last(s_last),
               .gmii_txd(txd), .gmii_tx_en(tx_en), .gmii_tx_er(tx_er));
    rgmii shim (.speed(2'd2), .gmii_tx_ce(tx_ce), .gmii_rx_ce(rx_ce), .txc_rise(unused_txc_rise), .txc_fall(unused_txc_fall),
                .wire_tx_clk(clk), .wire_tx_rst(rst), .gmii_txd(txd), .gmii_tx_en(tx_en), .gmii_tx_er(tx_er),
                .txd_rise(rise), .txd_fall(fall), .tx_ctl_rise(ctl_rise), .tx_ctl_fall(ctl_fall),
                .wire_rx_clk(clk), .wire_rx_rst(rst), .rxd_rise(rise), .rxd_fall({fall[3:1], fall[0] ^ flip}),
                .rx_ctl_rise(ctl_rise), .rx_ctl_fall(ctl_fall),
                .gmii_rxd(rxd), .gmii_rx_dv(rx_dv), .gmii_rx_er(rx_er), .status(status));
    mac_rx rx (.clk(clk), .rst(rst), .ce(rx_ce), .gmii_rxd(rxd), .gmii_rx_dv(rx_dv), .gmii_rx_er(rx_er),
               .m_start(unused_start), .m_valid(m_valid), .m_data(m_data), .m_last(m_last), .m_error_fcs(m_error_fcs),
               .m_error_symbol(m_error_symbol), .m_error_length(m_error_length));
endmodule

`default_nettype wire
