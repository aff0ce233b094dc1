// SPDX-License-Identifier: BSD-2-Clause
//
// An interrupt IN endpoint with one 8-byte message: it is taken, sent until the host has acknowledged it, and only then the
// next one is taken. The source decides what to send at that moment, so changes in between melt into one message.
`default_nettype none

module usb_ep_notify (
    input  wire        clk,
    input  wire        rst,             // also forgets message and toggle
    input  wire        toggle_reset,

    input  wire        s_notify_valid,
    output wire        s_notify_ready,
    input  wire [63:0] s_notify_data,   // byte 0 in bits 7..0

    output reg         ready,           // a message waits
    output reg         toggle,
    input  wire [2:0]  offset,
    output reg  [7:0]  data,            // of the offset one clock before
    input  wire        ack
);
    reg [63:0] message;

    assign s_notify_ready = !ready & !rst;

    always @(posedge clk) begin
        data <= message[{offset, 3'd0} +: 8];
        if (s_notify_valid & s_notify_ready) message <= s_notify_data;
        if (s_notify_valid & s_notify_ready) ready <= 1'b1;
        else if (ack) ready <= 1'b0;
        if (ack) toggle <= !toggle;
        if (rst | toggle_reset) toggle <= 1'b0;
        if (rst) ready <= 1'b0;
    end
endmodule

`default_nettype wire
