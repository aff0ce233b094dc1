// SPDX-License-Identifier: BSD-2-Clause
//
// Sixteen 32-bit event counters in RAM, read from another clock as they stood at one moment.
//
// Why a scanner: sixteen adders would cost more logic than a MAC. An event only sets a bit. A scan takes all bits at one
// moment and then visits a counter a clock; an event may come again once a scan began after it, so at least each 20 clocks.
//
// Why no request for a snapshot: USB wants its answer within a few hundred ns, and the wire's clock may be slow or stand
// still. So each scan copies what it writes into one half of the copy memory, alternating, and tells which half is whole.
// A reader that holds freezes that half: scans go on counting but leave both halves alone. Until the first scan, and so for ever if
// the clock never runs, the copy has what it had before the reset: from power-on zeros.
//
// Why four idle clocks between scans: a half that the reader saw as whole before its hold arrived here could be the next one
// to be overwritten. `half` turns at a scan's end, and hold arrives within three clocks, before the next scan begins.
`default_nettype none

module counter_bank (
    input  wire        clk,
    input  wire        rst,       // clears the counters
    input  wire [15:0] events,    // one-clock pulses

    input  wire        usb_clk,
    input  wire        usb_hold,  // keep the copy; from five usb_clk after it rose, `usb_value` holds it
    input  wire [3:0]  usb_index,
    output reg  [31:0] usb_value  // counter `usb_index` of one clock before
);
    localparam LAST_SLOT = 5'd19;

    // ---- Scan: slot n reads counter n; two clocks later its new value is written ----
    reg  [4:0]  slot;
    reg  [15:0] pending;    // events since the scan began
    reg  [15:0] taken;      // events before it, shifted by one a slot
    reg  [31:0] live[0:15];
    reg  [31:0] count;      // counter slot - 1
    reg         count_up;
    reg         cleared;    // a whole scan since reset: memory holds counters
    reg  [3:0]  write_slot; // slot - 1
    reg         write;
    wire [31:0] sum = (cleared ? count : 32'd0) + {31'd0, count_up};
    wire        start  = slot == LAST_SLOT;
    wire        finish = write && write_slot == 4'd15;

    always @(posedge clk) begin
        slot    <= start ? 5'd0 : slot + 1'b1;
        pending <= start ? events : pending | events;
        taken   <= start ? pending : {1'b0, taken[15:1]};

        count      <= live[slot[3:0]];
        count_up   <= taken[0];
        write_slot <= slot[3:0];
        write      <= !slot[4];
        if (write) live[write_slot] <= sum;
        if (finish) cleared <= 1'b1;

        if (rst) begin
            slot    <= 5'd0;
            pending <= 16'd0;
            taken   <= 16'd0;
            write   <= 1'b0;
            cleared <= 1'b0;
        end
    end

    // ---- Copy: two halves of sixteen ----
    reg  [31:0] copy[0:31];
    reg         half;    // the half that is whole
    reg         copying; // this scan writes the other one
    wire        hold;    // usb_hold in clk
    integer     i;
    initial for (i = 0; i < 32; i = i + 1) copy[i] = 32'd0;

    sync_bits hold_sync (.clk(clk), .d(usb_hold), .q(hold));

    always @(posedge clk) begin
        if (write && copying) copy[{!half, write_slot}] <= sum;
        if (finish && copying) half <= !half;
        if (start) copying <= !hold;
        if (rst) begin
            half    <= 1'b0;
            copying <= 1'b0;
        end
    end

    // ---- Reader: `half` as seen here is old by two clocks, so it is followed until three clocks after hold rose ----
    wire       half_here; // half in usb_clk
    reg        read_half;
    reg  [2:0] held;

    sync_bits half_sync (.clk(usb_clk), .d(half), .q(half_here));

    always @(posedge usb_clk) begin
        held <= usb_hold ? {held[1:0], 1'b1} : 3'd0;
        if (!held[2]) read_half <= half_here;
        usb_value <= copy[{read_half, usb_index}];
    end
endmodule

`default_nettype wire
