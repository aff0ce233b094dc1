// SPDX-License-Identifier: BSD-2-Clause
//
// All counters of weir_link.vh: a bank for each clock, and a second of usb_clk for receive coalescing.
//
// Five usb_clk after usb_hold has risen, usb_value is, a clock after its index, half of what a counter was at that moment. Events
// are pulses of their clocks, bit n of a bank counter n of it; lib/counter_bank.v says how close they may come.
`default_nettype none

module counters #(
    parameter WIRE_CLOCKS = 2, // 1: wire_tx_clk is wire_rx_clk, and one bank counts for both
    parameter COALESCE    = 1  // 0: the fourth bank is zero
) (
    input  wire        wire_rx_clk,
    input  wire        wire_rx_rst,
    input  wire [15:0] wire_rx_events,

    input  wire        wire_tx_clk,
    input  wire        wire_tx_rst,
    input  wire [1:0]  wire_tx_events,

    input  wire        usb_clk,
    input  wire        usb_rst,
    input  wire [15:0] usb_events,
    input  wire [3:0]  flow_events,

    input  wire        usb_hold,
    input  wire [6:0]  usb_index,  // {counter, 1: its upper 16 bits}
    output reg  [15:0] usb_value
);
    wire [15:0] rx_count, tx_count, usb_count, flow_count;
    reg  [1:0]  bank;

    generate
        if (WIRE_CLOCKS == 1) begin : one_wire
            counter_bank #(.COUNTERS(20), .INDEX_BITS(5)) wire_bank (
                .clk(wire_rx_clk), .rst(wire_rx_rst), .events({2'd0, wire_tx_events, wire_rx_events}),
                .usb_clk(usb_clk), .usb_hold(usb_hold), .usb_index(usb_index[5:0]), .usb_value(rx_count)
            );
            wire unused = &{1'b0, wire_tx_clk, wire_tx_rst};
            assign tx_count = rx_count;
        end else begin : two_wires
            counter_bank rx (
                .clk(wire_rx_clk), .rst(wire_rx_rst), .events(wire_rx_events),
                .usb_clk(usb_clk), .usb_hold(usb_hold), .usb_index(usb_index[4:0]), .usb_value(rx_count)
            );
            counter_bank #(.COUNTERS(8)) tx (
                .clk(wire_tx_clk), .rst(wire_tx_rst), .events({6'd0, wire_tx_events}),
                .usb_clk(usb_clk), .usb_hold(usb_hold), .usb_index(usb_index[4:0]), .usb_value(tx_count)
            );
        end
    endgenerate
    counter_bank usb (
        .clk(usb_clk), .rst(usb_rst), .events(usb_events),
        .usb_clk(usb_clk), .usb_hold(usb_hold), .usb_index(usb_index[4:0]), .usb_value(usb_count)
    );
    generate
        if (COALESCE != 0) begin : flow_bank
            counter_bank #(.COUNTERS(8)) flow (
                .clk(usb_clk), .rst(usb_rst), .events({4'd0, flow_events}),
                .usb_clk(usb_clk), .usb_hold(usb_hold), .usb_index(usb_index[4:0]), .usb_value(flow_count)
            );
        end else begin : no_flow_bank
            wire unused = &{1'b0, flow_events};
            assign flow_count = 16'd0;
        end
    endgenerate

    always @(posedge usb_clk) bank <= usb_index[6:5];
    always @* case (bank)
        2'd0:    usb_value = rx_count;
        2'd1:    usb_value = tx_count;
        2'd2:    usb_value = usb_count;
        default: usb_value = flow_count;
    endcase
endmodule

`default_nettype wire
