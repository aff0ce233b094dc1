// SPDX-License-Identifier: BSD-2-Clause
//
// Asks for a remote wake-up when the host sleeps and the card has a frame for it.
//
// While the host sleeps usb_clk may stand still, so the wire's clock looks at what arrives. What came just before, or was
// left in the way to the host, usb_clk sees itself: it runs for 2 ms yet when the bus is suspended, longer than a
// frame takes through the memory. Either request stays until the bus is awake; together they fall only then, so the OR of
// both has no glitch. Whether the host allows it is for usb_device to say.
`default_nettype none

module wake_source (
    input  wire usb_clk,
    input  wire usb_rst,
    input  wire usb_suspended,
    input  wire usb_waiting,    // a frame, or a packet of frames, waits for the host

    input  wire wire_rx_clk,
    input  wire wire_rx_rst,
    input  wire wire_commit,    // pulse: a frame for the host is in the receive memory

    output wire wake_request    // level, of no clock
);
    reg  asleep;                // usb_suspended, without glitches
    reg  waits;
    wire asleep_there;          // in wire_rx_clk
    reg  arrived;

    always @(posedge usb_clk) begin
        asleep <= usb_suspended & !usb_rst;
        waits <= (waits | usb_waiting) & usb_suspended & !usb_rst;
    end

    sync_bits sync (.clk(wire_rx_clk), .d(asleep), .q(asleep_there));

    always @(posedge wire_rx_clk) arrived <= (arrived | wire_commit) & asleep_there & !wire_rx_rst;

    assign wake_request = waits | arrived;
endmodule

`default_nettype wire
