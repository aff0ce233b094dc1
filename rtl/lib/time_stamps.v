// SPDX-License-Identifier: BSD-2-Clause
//
// Device time, and the times of frames: taken where a frame arrives (`stamp`, low bits, of wire_clk), carried with it, and
// widened where it leaves (`old_time`, of usb_clk). rtl/README.md says how exact they are.
//
// Without TIMESTAMP all is zero, and no frame has a stamp.
`default_nettype none

module time_stamps #(
    parameter TIMESTAMP = 1,
    parameter WIDTH     = 40,            // bits of a stamp, under 64; a frame leaves within 2^(WIDTH-1) ns
    parameter CLOCK_MHZ = 60             // of usb_clk
) (
    input  wire             wire_clk,
    input  wire             wire_rst,
    input  wire             wire_event,  // pulse: a frame's first byte
    input  wire             wire_hold,   // the stamp is being used, and must not change
    output wire             wire_fresh,  // it is the latest event's
    output wire [WIDTH-1:0] stamp,

    input  wire             usb_clk,
    input  wire             usb_rst,
    input  wire             usb_cross_rst, // of the crossing, together with wire_rst
    output wire [63:0]      now,         // ns
    input  wire [WIDTH-1:0] old_stamp,
    output wire [63:0]      old_time
);
    generate
        if (TIMESTAMP != 0) begin : present
            cdc_time_capture #(.WIDTH(WIDTH)) arrival (
                .wire_clk(wire_clk), .wire_rst(wire_rst), .wire_event(wire_event), .wire_hold(wire_hold),
                .wire_fresh(wire_fresh), .usb_clk(usb_clk), .usb_rst(usb_cross_rst), .usb_time(now[WIDTH-1:0]), .stamp(stamp)
            );
            device_time #(.CLOCK_MHZ(CLOCK_MHZ), .STAMP_WIDTH(WIDTH)) clock (
                .clk(usb_clk), .rst(usb_rst), .now(now), .stamp(old_stamp), .stamp_wide(old_time)
            );
        end else begin : absent
            wire unused = &{1'b0, wire_clk, wire_rst, wire_event, wire_hold, usb_clk, usb_rst, usb_cross_rst, old_stamp};
            assign wire_fresh = 1'b0;
            assign stamp      = {WIDTH{1'b0}};
            assign now        = 64'd0;
            assign old_time   = 64'd0;
        end
    endgenerate
endmodule

`default_nettype wire
