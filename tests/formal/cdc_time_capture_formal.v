// SPDX-License-Identifier: BSD-2-Clause
//
// A fresh stamp is the time at the third tick of usb_clk behind the latest event, and stands still as long as the wire's side may look.
// An event that is not taken is never fresh, one that is taken is so soon; whatever the clocks do.
//
// Four bits of time, which counts as it likes, stand for any width. Registers start with any value; the resets are reset_group's.
//% pdr
//% quick
//% clocks many
//% with cdc_time_capture sync_bits
//% mutant-depth 40
//% mutant cdc_time_capture: missed <= waits || wire_hold; => missed <= 1'b0;
//% mutant cdc_time_capture: if (!waits && !wire_hold) asked <= !asked; => if (!waits) asked <= !asked;
//% mutant cdc_time_capture: if (!waits && !wire_hold) asked <= !asked; => if (!wire_hold) asked <= !asked;
//% mutant cdc_time_capture: if (answered != asked_here) stamp <= usb_time; => stamp <= usb_time;
//% mutant cdc_time_capture: assign wire_fresh = !waits && !missed; => assign wire_fresh = !missed;
`default_nettype none

module cdc_time_capture_formal (
    input wire       wire_clk, usb_clk, wire_event, wire_hold,
    input wire [3:0] usb_time
);
    // ---- Reset: until each clock has ticked four times, then for four ticks of the own (reset_group) ----
    reg  [2:0] wire_seen = 3'd0, usb_seen = 3'd0, wire_ticks = 3'd0, usb_ticks = 3'd0;
    wire       request = wire_seen != 3'd4 || usb_seen != 3'd4;
    wire       wire_rst = wire_ticks != 3'd4, usb_rst = usb_ticks != 3'd4;
    always @(posedge wire_clk) begin
        if (wire_seen != 3'd4) wire_seen <= wire_seen + 3'd1;
        if (!request && wire_rst) wire_ticks <= wire_ticks + 3'd1;
    end
    always @(posedge usb_clk) begin
        if (usb_seen != 3'd4) usb_seen <= usb_seen + 3'd1;
        if (!request && usb_rst) usb_ticks <= usb_ticks + 3'd1;
    end

    wire       wire_fresh;
    wire [3:0] stamp;
    cdc_time_capture #(.WIDTH(4)) capture (
        .wire_clk(wire_clk), .wire_rst(wire_rst), .wire_event(wire_event), .wire_hold(wire_hold), .wire_fresh(wire_fresh),
        .usb_clk(usb_clk), .usb_rst(usb_rst), .usb_time(usb_time), .stamp(stamp));

    // ---- The monitor: events are taken when none is under way, as seen from the wire's side ----
    reg       asked = 1'b0, told = 1'b0;        // toggle with each event taken, and its third tick of usb_clk
    reg [1:0] ticks;                            // of usb_clk since the event
    reg [1:0] back = 2'd0;                      // told, one and two ticks of wire_clk later
    reg [3:0] expected;
    reg       latest_taken = 1'b0;
    wire      under_way = asked != told;
    wire      open = asked == back[1];
    always @(posedge wire_clk) if (!wire_rst) begin
        back <= {back[0], told};
        if (wire_event) begin
            latest_taken <= open && !wire_hold;
            if (open && !wire_hold) asked <= !asked;
        end
    end
    always @(posedge usb_clk) begin
        ticks <= !under_way ? 2'd0 : ticks == 2'd2 ? 2'd2 : ticks + 2'd1;
        if (under_way && ticks == 2'd2 && !usb_rst) begin
            told <= !told;
            expected <= usb_time;
            ticks <= 2'd0;
        end
    end

    reg       was_fresh = 1'b0;                 // at the wire's tick before, and no event since
    reg [3:0] was;
    always @(posedge wire_clk) begin
        was_fresh <= !wire_rst && wire_fresh && (!wire_event || wire_hold);
        was <= stamp;
    end
    always @* if (!wire_rst && !usb_rst) begin
        assert(wire_fresh == (latest_taken && open));
        if (wire_fresh) assert(stamp == expected);
        if (was_fresh) assert(stamp == was);
    end
endmodule

`default_nettype wire
