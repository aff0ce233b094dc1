// SPDX-License-Identifier: BSD-2-Clause
//
// The device core with its ULPI front, as a board has them, for usb_core_test and usb_campaign_test.
`default_nettype none

module usb_core #(
    parameter NCM = 0,
    parameter CHIRP_CLOCKS  = 65536,    // as in usb_port.v; the fault campaign takes shorter ones
    parameter LISTEN_CLOCKS = 65536,
    parameter IDLE_CLOCKS   = 180224,
    parameter REVERT_CLOCKS = 8192
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [47:0] mac_address,

    input  wire [7:0]  ulpi_data_i,
    output wire [7:0]  ulpi_data_o,
    output wire        ulpi_data_oe,
    input  wire        ulpi_dir,
    input  wire        ulpi_nxt,
    output wire        ulpi_stp,

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
    input  wire [63:0] s_notify_data,
    output wire        configured,
    output wire [1:0]  configuration,
    output wire        alternate,
    output wire        high_speed,
    output wire        link_flush,
    output wire        suspended,
    input  wire        wake_request,

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
    wire       rx_active, rx_valid, rx_error, tx_valid, tx_ready, term_select, suspend_n;
    wire [7:0] rx_data, tx_data;
    wire [1:0] line_state, xcvr_select, op_mode;

    wire       unused_found;
    wire [31:0] unused_id;

    ulpi_phy phy (
        .usb_clk(clk), .rst(rst),
        .ulpi_data_i(ulpi_data_i), .ulpi_data_o(ulpi_data_o), .ulpi_data_oe(ulpi_data_oe),
        .ulpi_dir(ulpi_dir), .ulpi_nxt(ulpi_nxt), .ulpi_stp(ulpi_stp),
        .utmi_rx_active(rx_active), .utmi_rx_valid(rx_valid), .utmi_rx_data(rx_data), .utmi_rx_error(rx_error),
        .utmi_tx_valid(tx_valid), .utmi_tx_data(tx_data), .utmi_tx_ready(tx_ready),
        .utmi_line_state(line_state), .utmi_xcvr_select(xcvr_select), .utmi_term_select(term_select),
        .utmi_op_mode(op_mode), .utmi_suspend_n(suspend_n), .phy_found(unused_found), .phy_id(unused_id)
    );

    usb_device #(
        .NCM(NCM),
        .CHIRP_CLOCKS(CHIRP_CLOCKS), .LISTEN_CLOCKS(LISTEN_CLOCKS), .IDLE_CLOCKS(IDLE_CLOCKS),
        .REVERT_CLOCKS(REVERT_CLOCKS)
    ) device (
        .clk(clk), .rst(rst), .mac_address(mac_address),
        .utmi_rx_active(rx_active), .utmi_rx_valid(rx_valid), .utmi_rx_data(rx_data), .utmi_rx_error(rx_error),
        .utmi_tx_valid(tx_valid), .utmi_tx_data(tx_data), .utmi_tx_ready(tx_ready),
        .utmi_line_state(line_state), .utmi_xcvr_select(xcvr_select), .utmi_term_select(term_select),
        .utmi_op_mode(op_mode), .utmi_suspend_n(suspend_n),
        .m_out_valid(m_out_valid), .m_out_ready(m_out_ready), .m_out_data(m_out_data), .m_out_eot(m_out_eot),
        .s_in_valid(s_in_valid), .s_in_ready(s_in_ready), .s_in_data(s_in_data), .s_in_last(s_in_last),
        .in_drained(in_drained),
        .s_notify_valid(s_notify_valid), .s_notify_ready(s_notify_ready), .s_notify_data({64'd0, s_notify_data}),
        .s_notify_long(1'b0),
        .configured(configured), .configuration(configuration), .alternate(alternate), .high_speed(high_speed),
        .link_flush(link_flush), .suspended(suspended), .wake_request(wake_request),
        .ctl_setup(ctl_setup), .ctl_start(ctl_start), .ctl_accept(ctl_accept), .ctl_in_length(ctl_in_length),
        .ctl_in_address(ctl_in_address), .ctl_in_data(ctl_in_data), .ctl_out_valid(ctl_out_valid),
        .ctl_out_address(ctl_out_address), .ctl_out_data(ctl_out_data), .ctl_commit(ctl_commit),
        .ev_out_packet(ev_out_packet), .ev_in_packet(ev_in_packet), .ev_out_transfer(ev_out_transfer),
        .ev_in_transfer(ev_in_transfer), .ev_crc_error(ev_crc_error), .ev_out_nak(ev_out_nak),
        .ev_out_nyet(ev_out_nyet), .ev_in_retry(ev_in_retry), .ev_out_duplicate(ev_out_duplicate)
    );
endmodule

`default_nettype wire
