// SPDX-License-Identifier: BSD-2-Clause
//
// Everything of the card that is not a stream of frames: requests on endpoint 0, notifications on endpoint 2, the tables' way
// to the receiver, and the counters.
//
//     ctl_, m_notify_ ─── ncm_control ─── control ─┬─ in_timeout, ack_hold, rx_mode, loopback
//                              │                   ├─ counters ── events of the three clocks
//                              │                   └─ mdio_access ── phy_link, in the board's clock
//                              └─ table_queue ─ cdc_message ── cfg_, to rx_parser
//
// It stands on four clocks; only cdc_message, cdc_call and counter_bank, within, cross between them.
`default_nettype none
`include "weir_link.vh"

module card_control #(
    parameter FEATURES       = 0,     // WEIR_CAP_ bits
    parameter MAX_SUPERFRAME = 65791, // bytes
    parameter MAX_FRAME      = 9600,  // bytes, without FCS
    parameter MAC_ENTRIES    = 20,
    parameter ARP_ENTRIES    = 4,
    parameter TX_MEMORY      = 32768, // bytes
    parameter RX_MEMORY      = 65536, // bytes
    parameter NCM            = 1,     // 0: no configuration 2
    parameter COALESCE       = 1,     // 0: no counters of receive coalescing
    parameter WIRE_CLOCKS    = 2,     // 1: wire_tx_clk is wire_rx_clk
    parameter QUEUE_TABLES   = 1,     // 0: no table_queue
    parameter MDIO           = 1      // 0: no mdio_access
) (
    input  wire         usb_clk,
    input  wire         usb_rst,
    input  wire         usb_cross_rst, // of the crossings, together with those of the wire's clocks; may last longer than usb_rst
    input  wire         link_flush,   // pulse: the host starts anew
    input  wire         ncm,          // configuration 2 is selected
    input  wire         listens,      // and its data interface is open
    input  wire [47:0]  mac_address,  // constant; first byte on the wire in bits 47..40
    input  wire [31:0]  phy_id,       // WEIR_REG_PHY, constant
    input  wire [3:0]   link_status,  // bits of WEIR_REG_LINK, of no clock
    input  wire [63:0]  device_time,  // ns

    // What registers set, and the link's state, settled
    output wire         link_up,
    output wire [15:0]  in_timeout,   // microseconds
    output wire [15:0]  ack_hold,     // microseconds
    output wire [1:0]   rx_mode,      // WEIR_RX_MODE_ bits
    output wire         loopback,     // WEIR_LOOPBACK_MAC

    // Vendor and class requests, and interrupt messages, as usb_device has them
    input  wire [63:0]  ctl_setup,
    input  wire         ctl_start,
    output wire         ctl_accept,
    output wire [15:0]  ctl_in_length,
    input  wire [9:0]   ctl_in_address,
    output wire [7:0]   ctl_in_data,
    input  wire         ctl_out_valid,
    input  wire [9:0]   ctl_out_address,
    input  wire [7:0]   ctl_out_data,
    input  wire         ctl_commit,
    output wire         m_notify_valid,
    input  wire         m_notify_ready,
    output wire [127:0] m_notify_data,
    output wire         m_notify_long,

    // Events: bit n is counter 32 + n, 48 + n, n, 16 + n
    input  wire [15:0]  usb_events,
    input  wire [3:0]   flow_events,

    input  wire         wire_rx_clk,
    input  wire         wire_rx_rst,
    output wire         cfg_valid,    // pulse: an entry of a table changes
    input  wire         cfg_ready,    // it may come with the next clock
    output wire [79:0]  cfg,          // {table, entry, value}; with cfg_valid, and two clocks longer
    input  wire [15:0]  wire_rx_events,

    input  wire         wire_tx_clk,
    input  wire         wire_tx_rst,
    input  wire [1:0]   wire_tx_events,

    input  wire         phy_clk,      // phy_link's, with its s_ ports
    input  wire         phy_rst,
    output wire         mdio_valid,
    output wire [22:0]  mdio_request,
    input  wire         mdio_done,
    input  wire [16:0]  mdio_answer
);
    wire [3:0]  link;
    wire        table_valid, table_ready, next_valid, next_ready, conflict;
    wire [79:0] table_data, next_data;
    wire        unused_ready, unused_data;
    wire        counters_hold;
    wire        answer_accept, message_valid, message_ready, write_valid, write_ready;
    wire [15:0] answer_length;
    wire [7:0]  answer_data;
    wire [63:0] message_data;
    wire [79:0] write_data;
    wire [6:0]  counters_index;
    wire [15:0] counters_value;
    wire        access_valid, access_busy;
    wire [21:0] access_request;
    wire [16:0] access_answer;

    assign link_up = link[0];

    control #(
        .FEATURES(FEATURES), .MAX_SUPERFRAME(MAX_SUPERFRAME), .MAX_FRAME(MAX_FRAME), .MAC_ENTRIES(MAC_ENTRIES),
        .ARP_ENTRIES(ARP_ENTRIES), .TX_MEMORY(TX_MEMORY), .RX_MEMORY(RX_MEMORY)
    ) control (
        .clk(usb_clk), .rst(usb_rst), .link_flush(link_flush), .mac_address(mac_address), .link_status(link_status),
        .phy_id(phy_id), .arp_conflict(conflict), .link(link), .in_timeout(in_timeout), .ack_hold(ack_hold), .rx_mode(rx_mode),
        .loopback(loopback), .device_time(device_time), .ctl_setup(ctl_setup), .ctl_start(ctl_start), .ctl_accept(answer_accept), .ctl_in_length(answer_length),
        .ctl_in_address(ctl_in_address), .ctl_in_data(answer_data), .ctl_out_valid(ctl_out_valid),
        .ctl_out_address(ctl_out_address), .ctl_out_data(ctl_out_data), .ctl_commit(ctl_commit),
        .m_notify_valid(message_valid), .m_notify_ready(message_ready), .m_notify_data(message_data),
        .m_table_valid(write_valid), .m_table_ready(write_ready), .m_table_data(write_data),
        .m_mdio_valid(access_valid), .m_mdio_request(access_request), .mdio_busy(access_busy), .mdio_answer(access_answer),
        .counters_hold(counters_hold), .counters_index(counters_index), .counters_value(counters_value)
    );
    ncm_control #(.NCM(NCM)) ncm_control (
        .clk(usb_clk), .rst(usb_rst), .ncm(ncm), .listens(listens), .link_flush(link_flush), .link(link),
        .ctl_setup(ctl_setup), .ctl_start(ctl_start), .ctl_accept(ctl_accept),
        .ctl_in_length(ctl_in_length), .ctl_in_address(ctl_in_address), .ctl_in_data(ctl_in_data),
        .ctl_commit(ctl_commit), .s_answer_accept(answer_accept), .s_answer_length(answer_length),
        .s_answer_data(answer_data), .s_notify_valid(message_valid), .s_notify_ready(message_ready),
        .s_notify_data(message_data), .s_table_valid(write_valid), .s_table_ready(write_ready),
        .s_table_data(write_data), .m_notify_valid(m_notify_valid), .m_notify_ready(m_notify_ready),
        .m_notify_data(m_notify_data), .m_notify_long(m_notify_long), .m_table_valid(table_valid),
        .m_table_ready(table_ready), .m_table_data(table_data)
    );
    // What goes into a crossing in reset is lost.
    wire crossing_ready = next_ready && !usb_cross_rst;
    generate
        if (QUEUE_TABLES != 0) begin : queued
            table_queue waiting (
                .clk(usb_clk), .rst(usb_rst), .s_valid(table_valid), .s_ready(table_ready), .s_data(table_data),
                .m_valid(next_valid), .m_ready(crossing_ready), .m_data(next_data)
            );
        end else begin : direct
            assign table_ready = crossing_ready;
            assign next_valid  = table_valid;
            assign next_data   = table_data;
        end
    endgenerate
    cdc_message #(.WIDTH(80), .STORE(QUEUE_TABLES == 0)) tables (
        .s_clk(usb_clk), .s_rst(usb_cross_rst), .s_valid(next_valid), .s_ready(next_ready), .s_data(next_data),
        .m_clk(wire_rx_clk), .m_rst(wire_rx_rst), .m_ready(cfg_ready), .m_valid(cfg_valid), .m_data(cfg)
    );
    cdc_message #(.WIDTH(1)) conflicts (
        .s_clk(wire_rx_clk), .s_rst(wire_rx_rst), .s_valid(wire_rx_events[`WEIR_CNT_RX_ARP_CONFLICT]), .s_ready(unused_ready),
        .s_data(1'b0), .m_clk(usb_clk), .m_rst(usb_cross_rst), .m_ready(1'b1), .m_valid(conflict), .m_data(unused_data)
    );

    mdio_access #(.MDIO(MDIO)) mdio_access (
        .clk(usb_clk), .rst(usb_rst), .link_flush(link_flush), .s_valid(access_valid), .s_request(access_request),
        .busy(access_busy), .answer(access_answer), .phy_clk(phy_clk), .phy_rst(phy_rst), .mdio_valid(mdio_valid),
        .mdio_request(mdio_request), .mdio_done(mdio_done), .mdio_answer(mdio_answer)
    );
    counters #(.WIRE_CLOCKS(WIRE_CLOCKS), .COALESCE(COALESCE)) counters (
        .wire_rx_clk(wire_rx_clk), .wire_rx_rst(wire_rx_rst), .wire_rx_events(wire_rx_events),
        .wire_tx_clk(wire_tx_clk), .wire_tx_rst(wire_tx_rst), .wire_tx_events(wire_tx_events),
        .usb_clk(usb_clk), .usb_rst(usb_rst), .usb_events(usb_events), .flow_events(flow_events),
        .usb_hold(counters_hold), .usb_index(counters_index), .usb_value(counters_value)
    );
endmodule

`default_nettype wire
