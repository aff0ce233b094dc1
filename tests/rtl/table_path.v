// SPDX-License-Identifier: BSD-2-Clause
//
// The tables behind the crossing that brings what is written into them, as in card_control and rx_parser: what table_path_test drives.
`default_nettype none

module table_path (
    input  wire        usb_clk,
    input  wire        usb_rst,
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [79:0] s_data,   // {table, entry, value}

    input  wire        wire_clk,
    input  wire        wire_rst,
    input  wire        frame_valid,
    input  wire [7:0]  frame_data,
    input  wire [5:0]  frame_position,
    input  wire        frame_ended,
    output wire        ours,

    input  wire        ip_valid,
    input  wire [7:0]  ip_data,
    input  wire        ip_last,
    output wire        ip_hit
);
    wire        cfg_valid, cfg_ready, unused_group, unused_station;
    wire [79:0] cfg;
    wire [7:0]  unused_byte;

    cdc_message #(.WIDTH(80)) crossing (
        .s_clk(usb_clk), .s_rst(usb_rst), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data),
        .m_clk(wire_clk), .m_rst(wire_rst), .m_ready(cfg_ready), .m_valid(cfg_valid), .m_data(cfg)
    );
    address_filter filter (
        .clk(wire_clk), .rst(wire_rst), .mac_address(48'h025745495201), .cfg_valid(cfg_valid), .cfg_ready(cfg_ready),
        .cfg_table(cfg[79:72]), .cfg_index(cfg[71:64]), .cfg_data(cfg[63:0]), .s_valid(frame_valid), .s_data(frame_data),
        .s_position(frame_position), .ended(frame_ended), .ours(ours), .group(unused_group),
        .sender_is_station(unused_station), .station_byte(unused_byte)
    );
    arp_table addresses (
        .clk(wire_clk), .rst(wire_rst), .cfg_valid(cfg_valid), .cfg_table(cfg[79:72]), .cfg_index(cfg[71:64]),
        .cfg_data(cfg[63:0]), .s_valid(ip_valid), .s_data(ip_data), .s_last(ip_last), .hit(ip_hit)
    );
endmodule

`default_nettype wire
