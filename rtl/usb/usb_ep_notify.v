// SPDX-License-Identifier: BSD-2-Clause
//
// An interrupt IN endpoint with one message of 8 or 16 bytes: it is taken, sent until the host has acknowledged it, and only then the
// next one is taken. The source decides what to send at that moment, so changes in between melt into one message.
`default_nettype none

module usb_ep_notify (
    input  wire        clk,
    input  wire        rst,             // also forgets message and toggle
    input  wire        toggle_reset,

    input  wire        s_notify_valid,
    output wire        s_notify_ready,
    input  wire [127:0] s_notify_data,  // byte 0 in bits 7..0
    input  wire        s_notify_long,   // 16 bytes, else the first 8

    output reg         ready,           // a message waits
    output reg         toggle,
    output reg         is_long,         // the message has 16 bytes
    input  wire [3:0]  offset,
    output reg  [7:0]  data,            // of the offset one clock before
    input  wire        ack
);
    reg [127:0] message;

    assign s_notify_ready = !ready & !rst;

    always @(posedge clk) begin
        data <= message[{offset, 3'd0} +: 8];
        if (s_notify_valid & s_notify_ready) {is_long, message} <= {s_notify_long, s_notify_data};
        if (s_notify_valid & s_notify_ready) ready <= 1'b1;
        else if (ack) ready <= 1'b0;
        if (ack) toggle <= !toggle;
        if (rst | toggle_reset) toggle <= 1'b0;
        if (rst) ready <= 1'b0;
    end
endmodule

`default_nettype wire
