// SPDX-License-Identifier: BSD-2-Clause
//
// The card's wire side from RGMII to RGMII, its speed by in-band status: what rgmii_path_test drives.
`default_nettype none

module rgmii_path (
    input  wire        wire_tx_clk,
    input  wire        wire_tx_rst,
    output wire        txc_rise,
    output wire        txc_fall,
    output wire [3:0]  txd_rise,
    output wire [3:0]  txd_fall,
    output wire        tx_ctl_rise,
    output wire        tx_ctl_fall,
    input  wire        wire_rx_clk,
    input  wire        wire_rx_rst,
    input  wire [3:0]  rxd_rise,
    input  wire [3:0]  rxd_fall,
    input  wire        rx_ctl_rise,
    input  wire        rx_ctl_fall,

    input  wire        cfg_valid,
    input  wire [7:0]  cfg_table,
    input  wire [7:0]  cfg_index,
    input  wire [63:0] cfg_data,
    output wire [15:0] events,
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [7:0]  s_data,
    input  wire        s_last,

    input  wire        usb_clk,
    input  wire        usb_rst,
    output wire        m_valid,
    output wire [7:0]  m_data,
    output wire        m_last,
    output wire [7:0]  m_meta,
    input  wire [39:0] usb_time,
    output wire [39:0] m_stamp
);
    wire [7:0]  txd, rxd;
    wire        tx_en, tx_er, tx_ce, rx_dv, rx_er, rx_ce;
    wire [3:0]  status;
    wire        unused_tx_frame, unused_arp_reply, unused_ready;
    wire [11:0] unused_length;
    wire        unused = &{1'b0, status[3], status[0]};

    rgmii shim (
        .speed(status[2:1]),
        .wire_tx_clk(wire_tx_clk), .wire_tx_rst(wire_tx_rst), .gmii_txd(txd), .gmii_tx_en(tx_en), .gmii_tx_er(tx_er),
        .gmii_tx_ce(tx_ce), .txc_rise(txc_rise), .txc_fall(txc_fall), .txd_rise(txd_rise), .txd_fall(txd_fall),
        .tx_ctl_rise(tx_ctl_rise), .tx_ctl_fall(tx_ctl_fall),
        .wire_rx_clk(wire_rx_clk), .wire_rx_rst(wire_rx_rst), .rxd_rise(rxd_rise), .rxd_fall(rxd_fall),
        .rx_ctl_rise(rx_ctl_rise), .rx_ctl_fall(rx_ctl_fall), .gmii_rxd(rxd), .gmii_rx_dv(rx_dv), .gmii_rx_er(rx_er),
        .gmii_rx_ce(rx_ce), .status(status)
    );
    wire_path path (
        .wire_rx_clk(wire_rx_clk), .wire_rx_rst(wire_rx_rst), .gmii_rxd(rxd), .gmii_rx_dv(rx_dv), .gmii_rx_er(rx_er), .gmii_rx_ce(rx_ce),
        .cfg_valid(cfg_valid), .cfg_ready(unused_ready), .cfg_table(cfg_table), .cfg_index(cfg_index), .cfg_data(cfg_data), .events(events),
        .wire_tx_clk(wire_tx_clk), .wire_tx_rst(wire_tx_rst), .gmii_txd(txd), .gmii_tx_en(tx_en), .gmii_tx_er(tx_er), .gmii_tx_ce(tx_ce),
        .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data), .s_last(s_last),
        .ev_tx_frame(unused_tx_frame), .ev_arp_reply(unused_arp_reply),
        .usb_clk(usb_clk), .usb_rst(usb_rst), .m_valid(m_valid), .m_ready(1'b1), .m_data(m_data), .m_last(m_last),
        .m_length(unused_length), .m_meta(m_meta), .usb_time(usb_time), .m_stamp(m_stamp)
    );
endmodule

`default_nettype wire
