// SPDX-License-Identifier: BSD-2-Clause
//
// The card's wire side from RMII to RMII: what rmii_path_test drives.
`default_nettype none

module rmii_path (
    input  wire        ref_clk,
    input  wire        rst,
    input  wire        speed_100,
    output wire [1:0]  rmii_txd,
    output wire        rmii_tx_en,
    input  wire [1:0]  rmii_rxd,
    input  wire        rmii_crs_dv,
    input  wire        rmii_rx_er,

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
    wire        unused_tx_frame, unused_arp_reply, unused_ready;
    wire [11:0] unused_length;

    rmii shim (
        .clk(ref_clk), .rst(rst), .speed_100(speed_100), .gmii_txd(txd), .gmii_tx_en(tx_en), .gmii_tx_er(tx_er),
        .gmii_tx_ce(tx_ce), .rmii_txd(rmii_txd), .rmii_tx_en(rmii_tx_en), .rmii_rxd(rmii_rxd), .rmii_crs_dv(rmii_crs_dv),
        .rmii_rx_er(rmii_rx_er), .gmii_rxd(rxd), .gmii_rx_dv(rx_dv), .gmii_rx_er(rx_er), .gmii_rx_ce(rx_ce)
    );
    wire_path path (
        .wire_rx_clk(ref_clk), .wire_rx_rst(rst), .gmii_rxd(rxd), .gmii_rx_dv(rx_dv), .gmii_rx_er(rx_er), .gmii_rx_ce(rx_ce),
        .cfg_valid(cfg_valid), .cfg_ready(unused_ready), .cfg_table(cfg_table), .cfg_index(cfg_index), .cfg_data(cfg_data), .events(events),
        .wire_tx_clk(ref_clk), .wire_tx_rst(rst), .gmii_txd(txd), .gmii_tx_en(tx_en), .gmii_tx_er(tx_er), .gmii_tx_ce(tx_ce),
        .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data), .s_last(s_last),
        .ev_tx_frame(unused_tx_frame), .ev_arp_reply(unused_arp_reply),
        .usb_clk(usb_clk), .usb_rst(usb_rst), .m_valid(m_valid), .m_ready(1'b1), .m_data(m_data), .m_last(m_last),
        .m_length(unused_length), .m_meta(m_meta), .usb_time(usb_time), .m_stamp(m_stamp)
    );
endmodule

`default_nettype wire
