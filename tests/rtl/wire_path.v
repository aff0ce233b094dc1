// SPDX-License-Identifier: BSD-2-Clause
//
// The card's wire side from GMII to GMII, with the receive memory: what wire_path_test drives.
`default_nettype none

module wire_path (
    input  wire        wire_rx_clk,
    input  wire        wire_rx_rst,
    input  wire [7:0]  gmii_rxd,
    input  wire        gmii_rx_dv,
    input  wire        gmii_rx_er,
    input  wire        gmii_rx_ce,
    input  wire        cfg_valid,
    output wire        cfg_ready,
    input  wire [7:0]  cfg_table,
    input  wire [7:0]  cfg_index,
    input  wire [63:0] cfg_data,
    output wire [15:0] events,

    input  wire        wire_tx_clk,
    input  wire        wire_tx_rst,
    output wire [7:0]  gmii_txd,
    output wire        gmii_tx_en,
    output wire        gmii_tx_er,
    input  wire        gmii_tx_ce,
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [7:0]  s_data,
    input  wire        s_last,
    output wire        ev_tx_frame,
    output wire        ev_arp_reply,

    input  wire        usb_clk,
    input  wire        usb_rst,
    output wire        m_valid,
    input  wire        m_ready,
    output wire [7:0]  m_data,
    output wire        m_last,
    output wire [11:0] m_length,
    output wire [7:0]  m_meta,
    input  wire [39:0] usb_time,
    output wire [39:0] m_stamp
);
    localparam A = 12;

    wire       rx_start, rx_valid, rx_last, error_fcs, error_symbol, error_length;
    wire [7:0] rx_data;
    mac_rx mac_rx (.clk(wire_rx_clk), .rst(wire_rx_rst), .ce(gmii_rx_ce), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er),
                   .m_start(rx_start), .m_valid(rx_valid), .m_data(rx_data), .m_last(rx_last), .m_error_fcs(error_fcs),
                   .m_error_symbol(error_symbol), .m_error_length(error_length));

    wire         stamp_fresh, stamp_hold;
    wire [39:0]  stamp;
    cdc_time_capture #(.WIDTH(40)) arrival (
        .wire_clk(wire_rx_clk), .wire_rst(wire_rx_rst), .wire_event(rx_start), .wire_hold(stamp_hold), .wire_fresh(stamp_fresh),
        .usb_clk(usb_clk), .usb_rst(usb_rst), .usb_time(usb_time), .stamp(stamp));

    wire         wr_en, wr_commit, wr_ready;
    wire [A-1:0] wr_offset, wr_length;
    wire [7:0]   wr_data, wr_meta;
    wire [A:0]   wr_free;
    wire         arp_en, arp_commit, arp_room;
    wire [4:0]   arp_place;
    wire [7:0]   arp_data;
    rx_parser #(.ADDR_WIDTH(A)) parser (
        .clk(wire_rx_clk), .rst(wire_rx_rst), .byte_time(gmii_rx_ce), .mac_address(48'h025745495201),
        .cfg_valid(cfg_valid), .cfg_ready(cfg_ready), .cfg_table(cfg_table), .cfg_index(cfg_index), .cfg_data(cfg_data),
        .s_valid(rx_valid), .s_data(rx_data), .s_last(rx_last), .s_error_fcs(error_fcs), .s_error_symbol(error_symbol),
        .s_error_length(error_length), .stamp_fresh(stamp_fresh), .stamp_hold(stamp_hold),
        .wr_en(wr_en), .wr_offset(wr_offset), .wr_data(wr_data), .wr_commit(wr_commit), .wr_length(wr_length),
        .wr_meta(wr_meta), .wr_free(wr_free), .wr_ready(wr_ready),
        .m_arp_en(arp_en), .m_arp_place(arp_place), .m_arp_data(arp_data), .m_arp_commit(arp_commit), .m_arp_room(arp_room),
        .events(events));

    packet_memory #(.ADDR_WIDTH(A), .META_WIDTH(48), .FRAMES_LOG2(4)) frames (
        .wr_clk(wire_rx_clk), .wr_rst(wire_rx_rst), .wr_en(wr_en), .wr_offset(wr_offset), .wr_data(wr_data),
        .wr_commit(wr_commit), .wr_length(wr_length), .wr_meta({stamp, wr_meta}), .wr_free(wr_free), .wr_ready(wr_ready),
        .rd_clk(usb_clk), .rd_rst(usb_rst), .m_valid(m_valid), .m_ready(m_ready), .m_data(m_data), .m_last(m_last),
        .m_length(m_length), .m_meta({m_stamp, m_meta}));

    wire       reply_valid, reply_ready, reply_last;
    wire [7:0] reply_data;
    arp_queue queue (
        .wire_rx_clk(wire_rx_clk), .wire_rx_rst(wire_rx_rst), .s_en(arp_en), .s_place(arp_place), .s_data(arp_data),
        .s_commit(arp_commit), .s_room(arp_room),
        .wire_tx_clk(wire_tx_clk), .wire_tx_rst(wire_tx_rst), .m_valid(reply_valid), .m_ready(reply_ready),
        .m_data(reply_data), .m_last(reply_last));

    wire       tx_valid, tx_ready, tx_last;
    wire [7:0] tx_data;
    tx_arbiter arbiter (
        .clk(wire_tx_clk), .rst(wire_tx_rst), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data), .s_last(s_last),
        .s_arp_valid(reply_valid), .s_arp_ready(reply_ready), .s_arp_data(reply_data), .s_arp_last(reply_last),
        .m_valid(tx_valid), .m_ready(tx_ready), .m_data(tx_data), .m_last(tx_last),
        .ev_tx_frame(ev_tx_frame), .ev_arp_reply(ev_arp_reply));

    mac_tx mac_tx (.clk(wire_tx_clk), .rst(wire_tx_rst), .ce(gmii_tx_ce), .s_valid(tx_valid), .s_ready(tx_ready), .s_data(tx_data), .s_last(tx_last),
                   .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er));
endmodule

`default_nettype wire
