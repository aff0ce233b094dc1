// SPDX-License-Identifier: BSD-2-Clause
//
// Takes the time of an event in wire_clk from a counter in usb_clk.
//
// The event crosses as a toggle; when usb_clk sees it, it copies the time into `stamp`, which stands still from then on, and
// answers. `stamp` is the time of the second usb_clk edge behind the one of wire_clk that took the event: one to two
// usb_clk late (17 to 33 ns at 60 MHz, 21 to 42 at 48), or 1.5 give or take 0.5. The answer is there at most three usb_clk and three
// wire_clk after the event: 11 byte times at 1000 Mb/s, 4 at 10 and 100, of the 64 that a frame lasts at least.
//
// wire_clk may look at `stamp` without another crossing: it changes only between an event that was taken and its answer.
// `wire_fresh` says that the answer to the latest event is there. An event is not taken while the one before waits for its answer,
// which it does as long as usb_clk stands still, nor while `wire_hold` asks for `stamp` to stay as it is: then
// `stamp` is not of the latest event, and wire_fresh stays low until one is taken again.
`default_nettype none

module cdc_time_capture #(
    parameter WIDTH = 40
) (
    input  wire             wire_clk,
    input  wire             wire_rst,
    input  wire             wire_event, // pulse
    input  wire             wire_hold,  // no event is taken
    output wire             wire_fresh, // `stamp` is that of the latest event

    input  wire             usb_clk,
    input  wire             usb_rst,
    input  wire [WIDTH-1:0] usb_time,
    output reg  [WIDTH-1:0] stamp
);
    reg  asked;          // toggles with each event that is taken
    reg  missed;         // the latest one was not
    reg  answered;       // follows `asked` when the time was taken
    wire asked_here;     // `asked` in usb_clk
    wire answered_there; // `answered` in wire_clk
    wire waits = asked != answered_there;

    sync_bits to_usb (.clk(usb_clk), .d(asked), .q(asked_here));
    sync_bits to_wire (.clk(wire_clk), .d(answered), .q(answered_there));

    assign wire_fresh = !waits && !missed;

    always @(posedge wire_clk) begin
        if (wire_event) begin
            missed <= waits || wire_hold;
            if (!waits && !wire_hold) asked <= !asked;
        end
        if (wire_rst) begin
            asked  <= 1'b0;
            missed <= 1'b1;
        end
    end

    always @(posedge usb_clk) begin
        answered <= asked_here;
        if (answered != asked_here) stamp <= usb_time;
        if (usb_rst) answered <= 1'b0;
    end
endmodule

`default_nettype wire
