// SPDX-License-Identifier: BSD-2-Clause
//
// A full-speed USB front on plain FPGA pins, behind the same UTMI-like interface as ulpi_phy (rtl/README.md): D+ and D- through
// two resistors of 22 to 33 ohms, and 1.5 kilohms from `pull_up` to D+. No PHY, no bits but 12 Mb/s.
//
//     dp_i, dn_i ─ fullspeed_rx_bits ─ fullspeed_rx ── utmi_rx      utmi_tx ── fullspeed_tx ─ dp_o, dn_o, oe
//
// From the end of EOP on the pins to line_state it is 3 clocks, from tx_valid to SYNC on the pins 2. That leaves the
// device core 3 to 20 of the 8 to 26 clocks (2 to 6.5 bit times, USB 2.0 section 7.1.18.1) in which a device answers.
`default_nettype none

module fullspeed_phy (
    input  wire       usb_clk,          // 48 MHz, within 0.25 %
    input  wire       rst,

    // pins
    input  wire       dp_i,
    input  wire       dn_i,
    output wire       dp_o,
    output wire       dn_o,
    output wire       oe,               // drive both
    output wire       pull_up,          // drive high when 1, leave floating when 0

    // UTMI-like inner interface; there is no high speed to select and no clock to stop
    output wire       utmi_rx_active,
    output wire       utmi_rx_valid,
    output wire [7:0] utmi_rx_data,
    output wire       utmi_rx_error,
    input  wire       utmi_tx_valid,
    input  wire [7:0] utmi_tx_data,
    output wire       utmi_tx_ready,
    output wire [1:0] utmi_line_state,
    input  wire       utmi_term_select,
    input  wire [1:0] utmi_op_mode
);
    localparam [1:0] NON_DRIVING = 2'd1, RAW = 2'd2;

    wire bit_valid, bit_data, se0;

    assign pull_up = utmi_term_select & utmi_op_mode != NON_DRIVING & !rst;

    fullspeed_rx_bits rx_bits (
        .clk(usb_clk), .rst(rst), .dp_i(dp_i), .dn_i(dn_i),
        .line_state(utmi_line_state), .bit_valid(bit_valid), .bit_data(bit_data), .se0(se0)
    );
    fullspeed_rx rx (
        .clk(usb_clk), .rst(rst | oe), .bit_valid(bit_valid), .bit_data(bit_data), .se0(se0),
        .rx_active(utmi_rx_active), .rx_valid(utmi_rx_valid), .rx_data(utmi_rx_data), .rx_error(utmi_rx_error)
    );
    fullspeed_tx tx (
        .clk(usb_clk), .rst(rst), .raw(utmi_op_mode == RAW),
        .tx_valid(utmi_tx_valid & utmi_op_mode != NON_DRIVING), .tx_data(utmi_tx_data), .tx_ready(utmi_tx_ready),
        .dp_o(dp_o), .dn_o(dn_o), .oe(oe)
    );
endmodule

`default_nettype wire
