// SPDX-License-Identifier: BSD-2-Clause
//
// The USB 2.0 device core behind a UTMI-like interface: endpoint 0, bulk OUT and IN on endpoint 1, interrupt IN on endpoint 2.
//
//     utmi ─┬─ usb_port            reset, chirp, suspend
//           ├─ usb_packet_rx ─┐                            ┌─ usb_ep0 ─┬─ usb_standard ─ usb_descriptors
//           └─ usb_packet_tx ─┴─ usb_transaction ─ (mux) ──┤           └─ ctl_: vendor and class requests
//                                                          ├─ usb_ep_out ── m_out_
//                                                          ├─ usb_ep_in ─── s_in_
//                                                          └─ usb_ep_notify s_notify_
//
// Both configurations use the same three endpoints: what their bytes mean is up to what is behind m_out_, s_in_ and s_notify_,
// which looks at `configuration`. A further endpoint is one more module and one more line in the multiplexer below.
`default_nettype none

module usb_device #(
    parameter OUT_ADDR_WIDTH = 11,      // bulk OUT FIFO of 2^OUT_ADDR_WIDTH bytes
    parameter IN_SLOTS_LOG2  = 2,       // bulk IN buffer of 2^IN_SLOTS_LOG2 packets
    parameter NCM            = 0,       // 1: configuration 2, CDC-NCM, is there
    parameter HIGH_SPEED     = 1,       // 0: the front knows full speed only
    parameter SELF_POWERED   = 0,       // 1: the board has its own supply
    parameter MAX_POWER      = 500,     // mA from the bus, even
    parameter CLOCK_MHZ      = 60,      // of clk; 48 behind fullspeed_phy
    // Times in clocks; usb_port.v says what they are. The defaults are the shortest of USB 2.0 at 60 MHz, or a little more; at
    // 48 MHz, and a quarter longer, those that full speed has are as good.
    parameter RESET_CLOCKS   = 160,
    parameter CHIRP_CLOCKS   = 65536,
    parameter FILTER_CLOCKS  = 160,
    parameter LISTEN_CLOCKS  = 65536,
    parameter IDLE_CLOCKS    = 180224,
    parameter REVERT_CLOCKS  = 8192,
    parameter SLEEP_CLOCKS   = 131072,
    parameter WAKE_CLOCKS    = 131072,
    parameter TEST_CLOCKS    = 65536
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [47:0] mac_address,     // for the serial number; first byte on the wire in bits 47..40

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

    output wire        m_out_valid,
    input  wire        m_out_ready,
    output wire [7:0]  m_out_data,
    output wire        m_out_eot,

    input  wire        s_in_valid,
    output wire        s_in_ready,
    input  wire [7:0]  s_in_data,
    input  wire        s_in_last,
    output wire        in_drained,

    input  wire        s_notify_valid,
    output wire        s_notify_ready,
    input  wire [127:0] s_notify_data,
    input  wire        s_notify_long,   // 16 bytes, else the first 8

    output wire        configured,
    output wire [1:0]  configuration,   // 0: not configured
    output wire        alternate,       // configuration 2: the data interface's alternate setting
    output wire        high_speed,
    output reg         link_flush,      // pulse: bus reset, SET_CONFIGURATION, or SET_INTERFACE of NCM's data interface

    output wire        suspended,
    input  wire        wake_request,    // level, of no clock: wake the host, if it sleeps and allows it

    // vendor and class requests
    output wire [63:0] ctl_setup,
    output wire        ctl_start,
    input  wire        ctl_accept,
    input  wire [15:0] ctl_in_length,
    output wire [9:0]  ctl_in_address,
    input  wire [7:0]  ctl_in_data,
    output wire        ctl_out_valid,
    output wire [9:0]  ctl_out_address,
    output wire [7:0]  ctl_out_data,
    output wire        ctl_commit,

    // events of the bulk endpoints; CRC errors of all packets
    output wire        ev_out_packet,
    output wire        ev_in_packet,
    output wire        ev_out_transfer,
    output wire        ev_in_transfer,
    output wire        ev_crc_error,
    output wire        ev_out_nak,
    output wire        ev_out_nyet,
    output wire        ev_in_retry,
    output wire        ev_out_duplicate
);
    wire [9:0] bulk_max = high_speed ? 10'd512 : 10'd64;

    // ---- Port ----
    wire enabled, bus_reset, chirp;
    wire flush;
    wire quiet_rst = rst | !enabled;                        // packets
    wire state_rst = rst | bus_reset;                       // what a bus reset clears
    wire [2:0] exists, halt, toggle_reset;                  // bit 0 bulk OUT, 1 bulk IN, 2 interrupt
    reg        notify_flush;                                // SET_INTERFACE of the data interface is no business of interrupts
    wire [2:0] endpoint_rst = {rst | notify_flush, {2{rst | link_flush}}} | ~exists;
    wire       remote_wakeup, testing, chirp_j;
    wire [2:0] test_mode;

    assign configured = configuration != 2'd0;

    always @(posedge clk) begin
        link_flush <= (bus_reset | flush) & !rst;
        notify_flush <= bus_reset | flush & toggle_reset[2];
    end

    usb_port #(
        .RESET_CLOCKS(RESET_CLOCKS), .CHIRP_CLOCKS(CHIRP_CLOCKS), .FILTER_CLOCKS(FILTER_CLOCKS),
        .LISTEN_CLOCKS(LISTEN_CLOCKS), .IDLE_CLOCKS(IDLE_CLOCKS), .REVERT_CLOCKS(REVERT_CLOCKS),
        .SLEEP_CLOCKS(SLEEP_CLOCKS), .WAKE_CLOCKS(WAKE_CLOCKS), .TEST_CLOCKS(TEST_CLOCKS), .HIGH_SPEED_ABLE(HIGH_SPEED)
    ) port (
        .clk(clk), .rst(rst), .wake(wake_request & remote_wakeup), .test_mode(test_mode),
        .line_state(utmi_line_state), .rx_active(utmi_rx_active),
        .xcvr_select(utmi_xcvr_select), .term_select(utmi_term_select), .op_mode(utmi_op_mode),
        .suspend_n(utmi_suspend_n), .chirp(chirp), .chirp_j(chirp_j), .tx_ready(utmi_tx_ready), .enabled(enabled), .high_speed(high_speed),
        .bus_reset(bus_reset), .suspended(suspended), .testing(testing)
    );

    // ---- Packets ----
    wire [3:0] packet_pid, token_endpoint;
    wire [6:0] token_address;
    wire [7:0] byte_data;
    wire [9:0] packet_length;
    wire       byte_valid, packet_end, packet_good;

    usb_packet_rx packet_rx (
        .clk(clk), .rst(quiet_rst), .enable(enabled),
        .rx_active(utmi_rx_active), .rx_valid(utmi_rx_valid), .rx_data(utmi_rx_data), .rx_error(utmi_rx_error),
        .pid(packet_pid), .data_valid(byte_valid), .data(byte_data), .length(packet_length),
        .packet_end(packet_end), .packet_good(packet_good),
        .token_address(token_address), .token_endpoint(token_endpoint), .ev_crc_error(ev_crc_error)
    );

    // In a test mode there is nothing but IN tokens, all answered with NAK, and the test packet (USB 2.0 section 7.1.20).
    localparam [3:0] PID_IN = 4'h9, PID_DATA0 = 4'h3;
    localparam [2:0] TEST_PACKET = 3'd4;
    wire test_packet = testing & test_mode == TEST_PACKET;

    wire       tx_start, tx_busy, tx_valid;
    wire [3:0] tx_pid;
    wire [7:0] tx_data;
    wire [8:0] in_offset;
    reg  [9:0] in_length;
    wire [7:0] in_data;

    usb_packet_tx packet_tx (
        .clk(clk), .rst(quiet_rst), .start(test_packet ? test_start : tx_start),
        .pid(test_packet ? PID_DATA0 : tx_pid), .length(test_packet ? 10'd53 : in_length), .busy(tx_busy),
        .offset(in_offset), .data(in_data),
        .tx_valid(tx_valid), .tx_data(tx_data), .tx_ready(utmi_tx_ready & !chirp)
    );
    assign utmi_tx_valid = tx_valid | chirp;
    assign utmi_tx_data = chirp ? {8{chirp_j}} : tx_data;

    // Between two test packets the bus is idle for 64 clocks, less what the PHY needs for SYNC and EOP.
    reg  [5:0] test_gap;
    wire       test_start = test_gap == 6'd63;
    always @(posedge clk) test_gap <= tx_busy | test_start | !test_packet ? 6'd0 : test_gap + 1'b1;

    // ---- Transactions ----
    wire [3:0] endpoint;
    wire at_control = endpoint == 4'd0;
    wire at_bulk = endpoint == 4'd1;
    wire at_notify = endpoint == 4'd2;
    wire       token_is_ours, is_setup, setup_token, in_token, taking, commit, in_sent, in_ack;
    wire       out_nak, out_nyet, out_duplicate, in_retry;
    reg        out_exists, out_ready, out_stall, out_toggle;
    reg        in_exists, in_ready, in_stall, in_toggle;

    usb_transaction #(.TIMEOUT_FULL(84 * CLOCK_MHZ / 60)) transaction (
        .clk(clk), .rst(quiet_rst), .high_speed(high_speed), .line_is_j(utmi_line_state == 2'b01),
        .rx_active(utmi_rx_active), .packet_end(packet_end),
        .packet_good(packet_good & (!testing | packet_pid == PID_IN)), .packet_pid(packet_pid),
        .packet_length(packet_length), .token_is_ours(token_is_ours | testing), .token_endpoint(token_endpoint),
        .tx_start(tx_start), .tx_pid(tx_pid), .tx_busy(tx_busy),
        .endpoint(endpoint), .is_setup(is_setup),
        .out_exists(out_exists), .out_ready(out_ready), .out_stall(out_stall), .out_toggle(out_toggle),
        .out_nyet(at_bulk), .out_max(at_bulk ? bulk_max : 10'd64),
        .in_exists(in_exists), .in_ready(in_ready), .in_stall(in_stall), .in_toggle(in_toggle),
        .setup_token(setup_token), .in_token(in_token), .out_taking(taking), .out_commit(commit), .in_sent(in_sent), .in_ack(in_ack),
        .ev_out_nak(out_nak), .ev_out_nyet(out_nyet), .ev_out_duplicate(out_duplicate), .ev_in_retry(in_retry)
    );

    // ---- Which endpoint ----
    wire       control_out_ready, control_out_stall, control_in_stall, control_out_toggle, control_in_ready, control_in_toggle;
    wire       bulk_out_ready, bulk_out_toggle, bulk_in_ready, bulk_in_toggle, notify_ready, notify_toggle, notify_long;
    wire [9:0] control_in_length, bulk_in_length;
    wire [7:0] control_in_data, bulk_in_data, notify_data;

    always @* begin
        {out_exists, out_ready, out_stall, out_toggle} = {1'b1, control_out_ready, control_out_stall, control_out_toggle};
        {in_exists, in_ready, in_stall, in_toggle} = {1'b1, control_in_ready, control_in_stall, control_in_toggle};
        in_length = control_in_length;
        case (endpoint)
        4'd0: ;
        4'd1: begin
            {out_exists, out_ready, out_stall, out_toggle} = {exists[0], bulk_out_ready, halt[0], bulk_out_toggle};
            {in_exists, in_ready, in_stall, in_toggle} = {exists[1], bulk_in_ready, halt[1], bulk_in_toggle};
            in_length = bulk_in_length;
        end
        4'd2: begin
            out_exists = 1'b0;
            {in_exists, in_ready, in_stall, in_toggle} = {exists[2], notify_ready, halt[2], notify_toggle};
            in_length = notify_long ? 10'd16 : 10'd8;
        end
        default: begin
            out_exists = 1'b0;
            in_exists = 1'b0;
        end
        endcase
        if (testing) {in_exists, in_ready, in_stall} = 3'b100;
    end

    // Bytes come late in the clock out of memories, so whose they are is found out one before.
    reg [2:0] in_from;
    always @(posedge clk) in_from <= test_packet ? 3'b001 : {at_notify, at_bulk, at_control};
    assign in_data = (control_in_data & {8{in_from[0]}}) | (bulk_in_data & {8{in_from[1]}}) | (notify_data & {8{in_from[2]}});

    assign ev_out_nak = out_nak & at_bulk;
    assign ev_out_nyet = out_nyet & at_bulk;
    assign ev_out_duplicate = out_duplicate & at_bulk;
    assign ev_in_retry = in_retry & at_bulk;

    // ---- Endpoint 0 ----
    wire       standard_start, standard_accept, standard_commit, status_ack;
    wire [7:0] standard_in_length, standard_in_data;
    wire       set_address, addressed;

    usb_ep0 ep0 (
        .clk(clk), .rst(state_rst), .setup_token(setup_token), .is_setup(is_setup),
        .taking(taking & at_control), .byte_valid(byte_valid), .byte_data(byte_data), .packet_length(packet_length),
        .commit(commit & at_control), .in_token(in_token & at_control), .in_sent(in_sent & at_control), .in_ack(in_ack & at_control),
        .out_ready(control_out_ready), .out_stall(control_out_stall), .in_stall(control_in_stall), .out_toggle(control_out_toggle),
        .in_ready(control_in_ready), .in_toggle(control_in_toggle), .in_length(control_in_length),
        .in_offset(in_offset[5:0]), .in_data(control_in_data), .status_ack(status_ack), .setup(ctl_setup),
        .standard_start(standard_start), .standard_accept(standard_accept), .standard_in_length(standard_in_length),
        .standard_in_data(standard_in_data), .standard_commit(standard_commit),
        .ctl_start(ctl_start), .ctl_accept(ctl_accept), .ctl_in_length(ctl_in_length), .ctl_in_data(ctl_in_data),
        .ctl_commit(ctl_commit), .in_address(ctl_in_address),
        .ctl_out_valid(ctl_out_valid), .ctl_out_address(ctl_out_address), .ctl_out_data(ctl_out_data)
    );

    usb_standard #(
        .NCM(NCM), .HIGH_SPEED(HIGH_SPEED), .SELF_POWERED(SELF_POWERED), .MAX_POWER(MAX_POWER)
    ) standard (
        .clk(clk), .rst(state_rst), .high_speed(high_speed), .mac_address(mac_address),
        .start(standard_start), .setup(ctl_setup), .accept(standard_accept), .in_length(standard_in_length),
        .in_address(ctl_in_address[7:0]), .in_data(standard_in_data), .commit(standard_commit),
        .set_address(set_address), .addressed(addressed), .configuration(configuration), .alternate(alternate),
        .exists(exists), .halt(halt), .toggle_reset(toggle_reset), .flush(flush), .remote_wakeup(remote_wakeup),
        .test_mode(test_mode), .testing(testing)
    );

    usb_address device_address (
        .clk(clk), .rst(state_rst), .change(set_address), .new_address(ctl_setup[22:16]), .status_ack(status_ack),
        .token_address(token_address), .token_is_ours(token_is_ours), .token_taken(setup_token), .addressed(addressed)
    );

    // ---- The other endpoints ----
    usb_ep_out #(.OUT_ADDR_WIDTH(OUT_ADDR_WIDTH)) ep_out (
        .clk(clk), .rst(endpoint_rst[0]), .toggle_reset(toggle_reset[0]), .max_packet(bulk_max),
        .taking(taking & at_bulk), .byte_valid(byte_valid), .byte_data(byte_data), .packet_length(packet_length),
        .commit(commit & at_bulk), .ready(bulk_out_ready), .toggle(bulk_out_toggle),
        .m_out_valid(m_out_valid), .m_out_ready(m_out_ready), .m_out_data(m_out_data), .m_out_eot(m_out_eot),
        .ev_out_packet(ev_out_packet), .ev_out_transfer(ev_out_transfer)
    );

    usb_ep_in #(.SLOTS_LOG2(IN_SLOTS_LOG2)) ep_in (
        .clk(clk), .rst(endpoint_rst[1]), .toggle_reset(toggle_reset[1]), .max_packet(bulk_max),
        .s_in_valid(s_in_valid), .s_in_ready(s_in_ready), .s_in_data(s_in_data), .s_in_last(s_in_last),
        .in_drained(in_drained), .ready(bulk_in_ready), .toggle(bulk_in_toggle), .length(bulk_in_length),
        .offset(in_offset), .data(bulk_in_data), .ack(in_ack & at_bulk),
        .ev_in_packet(ev_in_packet), .ev_in_transfer(ev_in_transfer)
    );

    usb_ep_notify ep_notify (
        .clk(clk), .rst(endpoint_rst[2]), .toggle_reset(toggle_reset[2]),
        .s_notify_valid(s_notify_valid), .s_notify_ready(s_notify_ready), .s_notify_data(s_notify_data),
        .s_notify_long(s_notify_long), .ready(notify_ready), .toggle(notify_toggle), .is_long(notify_long), .offset(in_offset[3:0]), .data(notify_data),
        .ack(in_ack & at_notify)
    );
endmodule

`default_nettype wire
