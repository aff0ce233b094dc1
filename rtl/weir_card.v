// SPDX-License-Identifier: BSD-2-Clause
//
// The card, from the UTMI-like inside of a USB front to the GMII of an Ethernet PHY: rtl/README.md's picture in code.
//
// Three clocks meet here, and only modules of lib/ (and arp/arp_queue) stand on two of them. A reset of any clock resets
// all, since a crossing with one side reset would lose count, and however short it is, lasts until each clock has ticked eight times;
// a USB bus reset is none. Without a clock of the wire USB works all the same: only what touches a crossing waits in reset for the
// other side; the host's frames are dropped meanwhile, and what is written into the receiver's tables waits.
`default_nettype none
`include "weir_link.vh"

module weir_card #(
    parameter TX_ADDR_WIDTH  = 15,   // 2^TX_ADDR_WIDTH bytes of frames to the wire
    parameter RX_ADDR_WIDTH  = 16,   // 2^RX_ADDR_WIDTH bytes of frames to the host
    parameter TX_FRAMES_LOG2 = 6,    // and 2^TX_FRAMES_LOG2 of those frames at most
    parameter RX_FRAMES_LOG2 = 8,    // the same
    parameter QUEUE_TABLES   = 1,    // 0: while the wire has no clock, a host that writes a table gets a STALL; saves a block RAM
    parameter OUT_ADDR_WIDTH = 11,   // 2^OUT_ADDR_WIDTH bytes between the bulk OUT endpoint and the segmenter
    parameter SELF_POWERED   = 0,    // 1: the board has its own supply
    parameter MAX_POWER      = 500,  // mA that it takes from the bus, even
    parameter IN_SLOTS_LOG2  = 2,    // 2^IN_SLOTS_LOG2 packets between the records and the bulk IN endpoint
    parameter MAX_FRAME      = 9600, // bytes without FCS, both ways; at most the memory to the wire, and half of the other
    parameter MAC_ENTRIES    = 20,   // addresses in the filter
    parameter ARP_ENTRIES    = 4,    // addresses answered for
    parameter NCM            = 1,    // 1: configuration 2, CDC-NCM; 0 leaves it out
    parameter TIMESTAMP      = 1,    // 1: frames can go up with the time of their arrival; 0 leaves it out
    parameter COALESCE       = 1,    // 1: receive coalescing; 0 leaves it out
    parameter LOOPBACK       = 1,    // 1: the MAC can be looped back; 0 leaves it out
    parameter MDIO           = 1,    // 1: the host has access to the PHY's registers; 0 leaves it out
    parameter WIRE_CLOCKS    = 2,    // 1: wire_tx_clk is wire_rx_clk, as with RMII
    parameter WIRE_CE        = 0,    // 1: the wire goes by gmii_rx_ce and gmii_tx_ce; 0: a byte each clock, for 1000 Mb/s alone
    parameter HIGH_SPEED     = 1,    // 0: the USB front knows full speed only
    parameter USB_CLOCK_MHZ  = 60    // of usb_clk; 48 behind fullspeed_phy
) (
    input  wire        usb_clk,
    input  wire        usb_rst,
    input  wire [31:0] phy_id,       // WEIR_REG_PHY
    input  wire        utmi_rx_active,
    input  wire        utmi_rx_valid,
    input  wire [7:0]  utmi_rx_data,
    input  wire        utmi_rx_error,
    output wire        utmi_tx_valid,
    output wire [7:0]  utmi_tx_data,
    input  wire        utmi_tx_ready,
    input  wire [1:0]  utmi_line_state,
    output wire [1:0]  utmi_xcvr_select,
    output wire        utmi_term_select,
    output wire [1:0]  utmi_op_mode,
    output wire        utmi_suspend_n,

    input  wire        wire_rx_clk,  // 125 MHz at 1000 Mb/s; below, what the pin shim has
    input  wire        wire_rx_rst,
    input  wire [7:0]  gmii_rxd,
    input  wire        gmii_rx_dv,
    input  wire        gmii_rx_er,
    input  wire        gmii_rx_ce,   // with WIRE_CE: a byte time in wire_rx_clk, by which mac_rx goes

    input  wire        wire_tx_clk,
    input  wire        wire_tx_rst,
    output wire [7:0]  gmii_txd,
    output wire        gmii_tx_en,
    output wire        gmii_tx_er,
    input  wire        gmii_tx_ce,   // with WIRE_CE: a byte time in wire_tx_clk, by which mac_tx goes

    input  wire        phy_clk,      // phy_link's, with what the host asks of it: its s_ ports
    input  wire        phy_rst,
    output wire        mdio_valid,
    output wire [22:0] mdio_request,
    input  wire        mdio_done,
    input  wire [16:0] mdio_answer,
    input  wire [3:0]  link_status,  // bits of WEIR_REG_LINK, of no clock
    input  wire [47:0] mac_address,  // the card's own, constant; first byte on the wire in bits 47..40
    output wire [3:0]  led           // link, activity, configured, error
);
    localparam FEATURES = `WEIR_CAP_TX_CSUM | `WEIR_CAP_TSO4 | `WEIR_CAP_TSO6 | `WEIR_CAP_USO | `WEIR_CAP_IP_ID_FIXED |
                          `WEIR_CAP_RX_CSUM | `WEIR_CAP_ARP | (MAX_FRAME > 1518 ? `WEIR_CAP_JUMBO : 0) | (NCM != 0 ? `WEIR_CAP_NCM : 0) |
                          (TIMESTAMP != 0 ? `WEIR_CAP_TIMESTAMP : 0) | (COALESCE != 0 ? `WEIR_CAP_COALESCE : 0) |
                          (LOOPBACK != 0 ? `WEIR_CAP_LOOPBACK : 0) | (MDIO != 0 ? `WEIR_CAP_MDIO : 0);
    localparam MAX_SUPERFRAME = 65536 + 255; // the payload that Linux makes at most, behind the longest header
    localparam STAMP = TIMESTAMP != 0 ? 40 : 1; // bits of a time stamp in the receive memory: 2^40 ns are 18 minutes

    // ---- Resets ----
    wire reset = usb_rst | wire_rx_rst | wire_tx_rst;
    wire rst, cross_rst; // usb_clk; the latter of what touches a crossing
    wire rx_rst, tx_rst; // wire_rx_clk, wire_tx_clk

    reset_group resets (.request(reset), .clk({usb_clk, wire_rx_clk, wire_tx_clk}), .rst({cross_rst, rx_rst, tx_rst}));
    reset_core usb_reset (.clk(usb_clk), .request(usb_rst), .group(cross_rst), .rst(rst));

    // ---- USB (usb_clk) ----
    wire        out_valid, out_ready, out_eot;
    wire [7:0]  out_data;
    wire        in_valid, in_ready, in_last, in_drained;
    wire [7:0]  in_data;
    wire        notify_valid, notify_ready, notify_long;
    wire [127:0] notify_data;
    wire        configured, high_speed, link_flush;
    wire [63:0] ctl_setup;
    wire        ctl_start, ctl_accept, ctl_out_valid, ctl_commit;
    wire [15:0] ctl_in_length;
    wire [9:0]  ctl_in_address, ctl_out_address;
    wire [7:0]  ctl_in_data, ctl_out_data;
    wire [1:0]  configuration;
    wire        alternate, suspended, wake_request;
    wire        ncm = configuration == 2'd2;  // CDC-NCM
    wire        listens = ncm & alternate;    // and its data interface is open
    wire [15:0] usb_events; // bit n: counter 32 + n

    usb_device #(
        .SELF_POWERED(SELF_POWERED), .MAX_POWER(MAX_POWER),
        .OUT_ADDR_WIDTH(OUT_ADDR_WIDTH), .IN_SLOTS_LOG2(IN_SLOTS_LOG2), .NCM(NCM),
        .HIGH_SPEED(HIGH_SPEED), .CLOCK_MHZ(USB_CLOCK_MHZ)
    ) usb (
        .clk(usb_clk), .rst(rst), .mac_address(mac_address),
        .utmi_rx_active(utmi_rx_active), .utmi_rx_valid(utmi_rx_valid), .utmi_rx_data(utmi_rx_data),
        .utmi_rx_error(utmi_rx_error), .utmi_tx_valid(utmi_tx_valid), .utmi_tx_data(utmi_tx_data),
        .utmi_tx_ready(utmi_tx_ready), .utmi_line_state(utmi_line_state), .utmi_xcvr_select(utmi_xcvr_select),
        .utmi_term_select(utmi_term_select), .utmi_op_mode(utmi_op_mode), .utmi_suspend_n(utmi_suspend_n),
        .m_out_valid(out_valid), .m_out_ready(out_ready), .m_out_data(out_data), .m_out_eot(out_eot),
        .s_in_valid(in_valid), .s_in_ready(in_ready), .s_in_data(in_data), .s_in_last(in_last), .in_drained(in_drained),
        .s_notify_valid(notify_valid), .s_notify_ready(notify_ready), .s_notify_data(notify_data),
        .s_notify_long(notify_long),
        .configured(configured), .configuration(configuration), .alternate(alternate),
        .high_speed(high_speed), .link_flush(link_flush), .suspended(suspended), .wake_request(wake_request),
        .ctl_setup(ctl_setup), .ctl_start(ctl_start), .ctl_accept(ctl_accept), .ctl_in_length(ctl_in_length),
        .ctl_in_address(ctl_in_address), .ctl_in_data(ctl_in_data), .ctl_out_valid(ctl_out_valid),
        .ctl_out_address(ctl_out_address), .ctl_out_data(ctl_out_data), .ctl_commit(ctl_commit),
        .ev_out_packet(usb_events[6]), .ev_in_packet(usb_events[7]), .ev_out_transfer(usb_events[8]),
        .ev_in_transfer(usb_events[9]), .ev_crc_error(usb_events[10]), .ev_out_nak(usb_events[11]),
        .ev_out_nyet(usb_events[12]), .ev_in_retry(usb_events[13]), .ev_out_duplicate(usb_events[14])
    );

    // ---- Host to wire: records or NTBs, segments, memory (usb_clk to wire_tx_clk), arbiter, MAC ----
    wire        rec_valid, rec_ready, body_valid, body_ready, body_last, body_abort;
    wire [7:0]  rec_flags, rec_hdr_len, body_data;
    wire [3:0]  rec_gso_type;
    wire [15:0] rec_gso_size, rec_csum_start, rec_csum_offset;
    wire [17:0] rec_length;

    link_out #(.NCM(NCM), .MAX_LENGTH(MAX_SUPERFRAME)) link_out (
        .clk(usb_clk), .rst(rst), .link_flush(link_flush), .ncm(ncm),
        .s_valid(out_valid), .s_ready(out_ready), .s_data(out_data), .s_eot(out_eot),
        .m_rec_valid(rec_valid), .m_rec_ready(rec_ready), .m_rec_flags(rec_flags), .m_rec_gso_type(rec_gso_type),
        .m_rec_gso_size(rec_gso_size), .m_rec_hdr_len(rec_hdr_len), .m_rec_csum_start(rec_csum_start),
        .m_rec_csum_offset(rec_csum_offset), .m_rec_length(rec_length),
        .m_valid(body_valid), .m_ready(body_ready), .m_data(body_data), .m_last(body_last), .m_abort(body_abort),
        .ev_bad_transfer(usb_events[4])
    );

    wire                     seg_en, seg_commit, seg_ready, tx_en, tx_commit, tx_ready;
    wire [TX_ADDR_WIDTH-1:0] seg_offset, seg_length;
    wire [7:0]               seg_data;
    wire [TX_ADDR_WIDTH:0]   seg_free, tx_free;

    segmenter #(.MAX_FRAME(MAX_FRAME), .ADDR_WIDTH(TX_ADDR_WIDTH)) segmenter (
        .clk(usb_clk), .rst(rst),
        .s_rec_valid(rec_valid), .s_rec_ready(rec_ready), .s_rec_flags(rec_flags), .s_rec_gso_type(rec_gso_type),
        .s_rec_gso_size(rec_gso_size), .s_rec_hdr_len(rec_hdr_len), .s_rec_csum_start(rec_csum_start),
        .s_rec_csum_offset(rec_csum_offset), .s_rec_length(rec_length),
        .s_valid(body_valid), .s_ready(body_ready), .s_data(body_data), .s_last(body_last), .s_abort(body_abort),
        .wr_en(seg_en), .wr_offset(seg_offset), .wr_data(seg_data), .wr_commit(seg_commit), .wr_length(seg_length),
        .wr_free(seg_free), .wr_ready(seg_ready),
        .ev_superframe(usb_events[0]), .ev_segment(usb_events[1]), .ev_csum_inserted(usb_events[2]),
        .ev_bad_record(usb_events[3])
    );

    frame_gate #(.ADDR_WIDTH(TX_ADDR_WIDTH)) tx_gate (
        .clk(usb_clk), .rst(rst), .memory_rst(cross_rst), .s_en(seg_en), .s_commit(seg_commit), .s_free(seg_free),
        .s_ready(seg_ready), .m_en(tx_en), .m_commit(tx_commit), .m_free(tx_free), .m_ready(tx_ready)
    );

    wire                     host_valid, host_ready, host_last, unused_meta;
    wire [7:0]               host_data;
    wire [TX_ADDR_WIDTH-1:0] unused_length;

    packet_memory #(.ADDR_WIDTH(TX_ADDR_WIDTH), .META_WIDTH(1), .FRAMES_LOG2(TX_FRAMES_LOG2)) tx_memory (
        .wr_clk(usb_clk), .wr_rst(cross_rst), .wr_en(tx_en), .wr_offset(seg_offset), .wr_data(seg_data),
        .wr_commit(tx_commit), .wr_length(seg_length), .wr_meta(1'b0), .wr_free(tx_free), .wr_ready(tx_ready),
        .rd_clk(wire_tx_clk), .rd_rst(tx_rst), .m_valid(host_valid), .m_ready(host_ready), .m_data(host_data),
        .m_last(host_last), .m_length(unused_length), .m_meta(unused_meta)
    );

    wire       arp_tx_valid, arp_tx_ready, arp_tx_last, mac_valid, mac_ready, mac_last;
    wire [7:0] arp_tx_data, mac_data, got_data;
    wire       ev_tx_frame, ev_arp_reply, loopback; // the latter of usb_clk

    tx_arbiter arbiter (
        .clk(wire_tx_clk), .rst(tx_rst),
        .s_valid(host_valid), .s_ready(host_ready), .s_data(host_data), .s_last(host_last),
        .s_arp_valid(arp_tx_valid), .s_arp_ready(arp_tx_ready), .s_arp_data(arp_tx_data), .s_arp_last(arp_tx_last),
        .m_valid(mac_valid), .m_ready(mac_ready), .m_data(mac_data), .m_last(mac_last),
        .ev_tx_frame(ev_tx_frame), .ev_arp_reply(ev_arp_reply)
    );

    // ---- Wire to host: MAC, parser (wire_rx_clk), memory (to usb_clk), records or NTBs ----
    wire       byte_time, got_start, got_valid, got_last, got_error_fcs, got_error_symbol, got_error_length;

    mac #(.MAX_FRAME(MAX_FRAME), .LOOPBACK(LOOPBACK), .WIRE_CLOCKS(WIRE_CLOCKS), .WIRE_CE(WIRE_CE)) mac (
        .loopback(loopback), .wire_tx_clk(wire_tx_clk), .wire_tx_rst(tx_rst), .s_valid(mac_valid), .s_ready(mac_ready),
        .s_data(mac_data), .s_last(mac_last), .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er),
        .gmii_tx_ce(gmii_tx_ce), .wire_rx_clk(wire_rx_clk), .wire_rx_rst(rx_rst), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv),
        .gmii_rx_er(gmii_rx_er), .gmii_rx_ce(gmii_rx_ce), .byte_time(byte_time), .m_start(got_start), .m_valid(got_valid),
        .m_data(got_data), .m_last(got_last), .m_error_fcs(got_error_fcs), .m_error_symbol(got_error_symbol),
        .m_error_length(got_error_length)
    );

    wire                     cfg_valid, cfg_ready;
    wire [79:0]              cfg; // {table, entry, value}
    wire                     rx_en, rx_commit, rx_ready;
    wire [RX_ADDR_WIDTH-1:0] rx_offset, rx_length;
    wire [7:0]               rx_data, rx_flags;
    wire [RX_ADDR_WIDTH:0]   rx_free;
    wire                     arp_rx_en, arp_rx_commit, arp_rx_room, stamp_fresh, stamp_hold;
    wire [4:0]               arp_rx_place;
    wire [7:0]               arp_rx_data;
    wire [15:0]              rx_events; // bit n: counter n

    rx_parser #(.ADDR_WIDTH(RX_ADDR_WIDTH), .MAC_ENTRIES(MAC_ENTRIES), .ARP_ENTRIES(ARP_ENTRIES)) rx_parser (
        .clk(wire_rx_clk), .rst(rx_rst), .byte_time(byte_time), .mac_address(mac_address),
        .cfg_valid(cfg_valid), .cfg_ready(cfg_ready), .cfg_table(cfg[79:72]), .cfg_index(cfg[71:64]), .cfg_data(cfg[63:0]),
        .s_valid(got_valid), .s_data(got_data), .s_last(got_last), .s_error_fcs(got_error_fcs),
        .s_error_symbol(got_error_symbol), .s_error_length(got_error_length),
        .stamp_fresh(stamp_fresh), .stamp_hold(stamp_hold),
        .wr_en(rx_en), .wr_offset(rx_offset), .wr_data(rx_data), .wr_commit(rx_commit), .wr_length(rx_length),
        .wr_meta(rx_flags), .wr_free(rx_free), .wr_ready(rx_ready),
        .m_arp_en(arp_rx_en), .m_arp_place(arp_rx_place), .m_arp_data(arp_rx_data), .m_arp_commit(arp_rx_commit),
        .m_arp_room(arp_rx_room), .events(rx_events)
    );
    arp_queue arp_queue (
        .wire_rx_clk(wire_rx_clk), .wire_rx_rst(rx_rst), .s_en(arp_rx_en), .s_place(arp_rx_place),
        .s_data(arp_rx_data), .s_commit(arp_rx_commit), .s_room(arp_rx_room),
        .wire_tx_clk(wire_tx_clk), .wire_tx_rst(tx_rst), .m_valid(arp_tx_valid), .m_ready(arp_tx_ready),
        .m_data(arp_tx_data), .m_last(arp_tx_last)
    );

    wire                     frame_valid, frame_ready, frame_last;
    wire [7:0]               frame_data, frame_flags;
    wire [RX_ADDR_WIDTH-1:0] frame_length;
    wire [15:0]              in_timeout, ack_hold;
    wire [3:0]               flow_events; // bit n: counter 48 + n
    wire [STAMP-1:0]         stamp, frame_stamp, leaving_stamp; // device time of a frame's arrival, low bits
    wire [63:0]              device_time, leaving_time;
    wire [1:0]               rx_mode;

    received_frames #(.TIMESTAMP(TIMESTAMP), .STAMP_WIDTH(STAMP), .ADDR_WIDTH(RX_ADDR_WIDTH), .FRAMES_LOG2(RX_FRAMES_LOG2)) rx_memory (
        .wr_clk(wire_rx_clk), .wr_rst(rx_rst), .wr_en(rx_en), .wr_offset(rx_offset), .wr_data(rx_data), .wr_commit(rx_commit),
        .wr_length(rx_length), .wr_flags(rx_flags), .wr_stamp(stamp), .wr_free(rx_free), .wr_ready(rx_ready),
        .rd_clk(usb_clk), .rd_rst(cross_rst), .m_valid(frame_valid), .m_ready(frame_ready), .m_data(frame_data),
        .m_last(frame_last), .m_length(frame_length), .m_flags(frame_flags), .m_stamp(frame_stamp)
    );
    time_stamps #(.TIMESTAMP(TIMESTAMP), .WIDTH(STAMP), .CLOCK_MHZ(USB_CLOCK_MHZ)) time_stamps (
        .wire_clk(wire_rx_clk), .wire_rst(rx_rst), .wire_event(got_start), .wire_hold(stamp_hold), .wire_fresh(stamp_fresh),
        .stamp(stamp), .usb_clk(usb_clk), .usb_rst(rst), .usb_cross_rst(cross_rst), .now(device_time), .old_stamp(leaving_stamp), .old_time(leaving_time)
    );
    link_in #(
        .NCM(NCM), .COALESCE(COALESCE), .ADDR_WIDTH(RX_ADDR_WIDTH), .STAMP_WIDTH(STAMP), .CLOCKS_PER_US(USB_CLOCK_MHZ)
    ) link_in (
        .clk(usb_clk), .rst(rst), .link_flush(link_flush), .ncm(ncm), .listens(listens), .high_speed(high_speed),
        .in_timeout(in_timeout), .timestamps(TIMESTAMP != 0 && |(rx_mode & `WEIR_RX_MODE_TIMESTAMP)),
        .coalesce(|(rx_mode & `WEIR_RX_MODE_COALESCE)), .ack_hold(ack_hold), .out_packet(usb_events[6]),
        .s_valid(frame_valid), .s_ready(frame_ready), .s_data(frame_data), .s_last(frame_last),
        .s_length(frame_length), .s_flags(frame_flags), .s_stamp(frame_stamp),
        .leaving_stamp(leaving_stamp), .leaving_time(leaving_time),
        .m_valid(in_valid), .m_ready(in_ready), .m_data(in_data), .m_last(in_last), .in_drained(in_drained),
        .ev_record(usb_events[5]), .ev_too_long(usb_events[15]),
        .ev_head(flow_events[0]), .ev_continued(flow_events[1]), .ev_pure_ack(flow_events[2]), .ev_held(flow_events[3])
    );

    wake_source wake_source (
        .usb_clk(usb_clk), .usb_rst(rst), .usb_suspended(suspended), .usb_waiting(frame_valid | !in_drained),
        .wire_rx_clk(wire_rx_clk), .wire_rx_rst(rx_rst), .wire_commit(rx_commit), .wake_request(wake_request)
    );

    // ---- Requests, tables, notifications, counters ----
    wire link_up, active_led, error_led;
    card_control #(
        .FEATURES(FEATURES), .MAX_SUPERFRAME(MAX_SUPERFRAME), .MAX_FRAME(MAX_FRAME), .MAC_ENTRIES(MAC_ENTRIES),
        .ARP_ENTRIES(ARP_ENTRIES), .TX_MEMORY(1 << TX_ADDR_WIDTH), .RX_MEMORY(1 << RX_ADDR_WIDTH), .NCM(NCM),
        .COALESCE(COALESCE), .WIRE_CLOCKS(WIRE_CLOCKS), .QUEUE_TABLES(QUEUE_TABLES), .MDIO(MDIO)
    ) card_control (
        .usb_clk(usb_clk), .usb_rst(rst), .usb_cross_rst(cross_rst), .link_flush(link_flush), .ncm(ncm), .listens(listens),
        .mac_address(mac_address), .phy_id(phy_id), .link_status(link_status), .device_time(device_time),
        .link_up(link_up), .in_timeout(in_timeout), .ack_hold(ack_hold), .rx_mode(rx_mode), .loopback(loopback),
        .ctl_setup(ctl_setup), .ctl_start(ctl_start), .ctl_accept(ctl_accept), .ctl_in_length(ctl_in_length),
        .ctl_in_address(ctl_in_address), .ctl_in_data(ctl_in_data), .ctl_out_valid(ctl_out_valid),
        .ctl_out_address(ctl_out_address), .ctl_out_data(ctl_out_data), .ctl_commit(ctl_commit),
        .m_notify_valid(notify_valid), .m_notify_ready(notify_ready), .m_notify_data(notify_data),
        .m_notify_long(notify_long), .usb_events(usb_events), .flow_events(flow_events),
        .wire_rx_clk(wire_rx_clk), .wire_rx_rst(rx_rst), .cfg_valid(cfg_valid), .cfg_ready(cfg_ready), .cfg(cfg), .wire_rx_events(rx_events),
        .wire_tx_clk(wire_tx_clk), .wire_tx_rst(tx_rst), .wire_tx_events({ev_arp_reply, ev_tx_frame}),
        .phy_clk(phy_clk), .phy_rst(phy_rst), .mdio_valid(mdio_valid), .mdio_request(mdio_request), .mdio_done(mdio_done), .mdio_answer(mdio_answer)
    );

    led_stretch #(.LEDS(2)) leds (
        .clk(usb_clk), .rst(rst), .event_in({|usb_events[4:3] || usb_events[10], |usb_events[5:0]}), .led({error_led, active_led})
    );
    assign led = {error_led, configured, active_led, link_up};
endmodule

`default_nettype wire
