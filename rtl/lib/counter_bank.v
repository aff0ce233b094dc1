// SPDX-License-Identifier: BSD-2-Clause
//
// Event counters of 32 bits in block RAM, 16 bits a word, read from another clock as they stood at one moment.
//
// Why a scanner: an adder a counter would cost more logic than a MAC. An event only sets a bit. A scan takes all bits at one
// moment and visits a lower half a clock; an event may come again once a scan began after it, so at least each COUNTERS + 4
// clocks. Behind the lower halves each scan visits four upper ones, the next four each time, so a round of scans visits all. What
// a lower half carries waits for its upper half in `carried`, a ring that turns with `index`:
//
//     slot   0 ............... N-1   N .. N+3 │ 0 ................ N-1   N .. N+3 │ 0
//     index  0 ............... N-1   0 ..   3 │ 4 ... N-1  0 ...   3   4 ..   7 │ 8     (N counters)
//            lower halves            upper    │ lower halves           upper
//
// Why no request for a snapshot: USB wants its answer within a few hundred ns, and the wire's clock may be slow or stand
// still. So each round copies into one half of the copy memory, alternating, and tells which half is whole: upper halves as they
// are visited, lower ones in the round's last scan. A round in which something was carried may miss it, and is not told of.
// A reader that holds freezes the half that it reads: rounds go on counting but leave both halves alone. Until the first round, and
// so for ever if the clock never runs, the copy has what it had before the reset: from power-on zeros.
//
// Why a round decides to copy only at the end of its first lower halves: a half that the reader saw as whole before its hold arrived
// here could be the next one to be overwritten. `half` turns when a round's last word is written, and hold arrives within
// three clocks.
`default_nettype none

module counter_bank #(
    parameter COUNTERS   = 16, // a multiple of 4, 8 at least
    parameter INDEX_BITS = 4   // 2^INDEX_BITS counters can be read; those that are not there are zero
) (
    input  wire                  clk,
    input  wire                  rst,       // clears the counters
    input  wire [COUNTERS-1:0]   events,    // one-clock pulses

    input  wire                  usb_clk,
    input  wire                  usb_hold,  // keep the copy; from five usb_clk after it rose, `usb_value` holds it
    input  wire [INDEX_BITS:0]   usb_index, // {counter, 1: its upper 16 bits}
    output reg  [15:0]           usb_value  // of one clock before
);
    localparam S = $clog2(COUNTERS + 4); // bits of a slot
    localparam [31:0] SLOTS = COUNTERS + 4, LAST = COUNTERS - 1, BEFORE_LAST_SCAN = COUNTERS - 5, LAST_SLOT = SLOTS - 1;

    // ---- Scan: a word is fetched, registered (a block RAM is slow), and counted up and written ----
    reg  [S-1:0]          slot;
    reg  [INDEX_BITS-1:0] index, index_1, index_2; // of the word to fetch, fetched, in `count`
    reg                   upper_1, upper_2;        // it is an upper half
    reg                   event_1, up;             // it had an event; it is to be counted up
    reg  [COUNTERS-1:0]   pending;   // events since the scan began
    reg  [COUNTERS-1:0]   taken;     // events before it
    reg  [COUNTERS-1:0]   carried;   // bit 0 is that of `count`
    reg  [15:0]           fetched, count;
    reg                   lower_cleared, upper_cleared; // since reset: memory holds counters; before, zeros are fetched from above them
    reg                   last_scan; // of the round
    wire [(1<<INDEX_BITS)-1:0] taken_by_index = {{((1<<INDEX_BITS)-COUNTERS){1'b0}}, taken};
    wire                  upper  = slot > LAST[S-1:0];
    wire                  start  = slot == LAST_SLOT[S-1:0];
    wire                  finish = upper_2 && index_2 == LAST[INDEX_BITS-1:0];
    wire [16:0]           sum    = {1'b0, count} + {16'd0, up};

    (* ram_style = "block", no_rw_check *) reg [15:0] live[0:(4 << INDEX_BITS)-1]; // the second half remains zero

    always @(posedge clk) fetched <= live[{!(upper ? upper_cleared : lower_cleared), upper, index}];
    always @(posedge clk) live[{1'b0, upper_2, index_2}] <= sum[15:0];

    always @(posedge clk) begin
        slot    <= start ? {S{1'b0}} : slot + 1'b1;
        index   <= index == LAST[INDEX_BITS-1:0] ? {INDEX_BITS{1'b0}} : index + 1'b1;
        pending <= start ? events : pending | events;
        if (start) taken <= pending;
        if (start) last_scan <= index == BEFORE_LAST_SCAN[INDEX_BITS-1:0];

        {index_2, index_1} <= {index_1, index};
        {upper_2, upper_1} <= {upper_1, upper};
        event_1 <= taken_by_index[index];
        up      <= upper_1 ? carried[1] : event_1;
        count   <= fetched;
        if (upper) lower_cleared <= 1'b1;
        if (upper && index == LAST[INDEX_BITS-1:0]) upper_cleared <= 1'b1;
        carried <= {!upper_2 && (carried[0] || sum[16]), carried[COUNTERS-1:1]};

        if (rst) begin
            slot    <= 0;
            index   <= 0;
            pending <= 0;
            taken   <= 0;
            carried <= 0;
            {upper_1, upper_2, last_scan, lower_cleared, upper_cleared} <= 5'd0;
        end
    end

    // ---- Copy: two halves ----
    (* ram_style = "block", no_rw_check *) reg [15:0] copy[0:(4 << INDEX_BITS)-1];
    reg     half;    // the half that is whole
    reg     copying; // this round writes the other one
    reg     clean;   // nothing was carried in this round
    reg     carry;   // something was, a clock before
    wire    hold;    // usb_hold in clk
    integer i;

    sync_bits hold_sync (.clk(clk), .d(usb_hold), .q(hold));

    initial begin // and nothing is copied before the first reset
        for (i = 0; i < 4 << INDEX_BITS; i = i + 1) {live[i], copy[i]} = 32'd0;
        copying = 1'b0;
        half    = 1'b0;
        slot    = 0;
        index   = 0;
    end

    always @(posedge clk) if (copying && (upper_2 || last_scan)) copy[{!half, upper_2, index_2}] <= sum[15:0];
    always @(posedge clk) begin
        if (slot == LAST[S-1:0] && index == LAST[INDEX_BITS-1:0]) copying <= !hold;
        if (finish) clean <= 1'b1;
        else if (carry) clean <= 1'b0;
        carry <= sum[16] && !upper_2;
        if (finish && copying && clean) half <= !half;
        if (rst) copying <= 1'b0; // `half` is whole still, the other one may be torn
    end

    // ---- Reader: `half` as seen here is old by two clocks, so it is followed until three clocks after hold rose ----
    wire       half_here; // half in usb_clk
    reg        read_half;
    reg  [2:0] held;

    sync_bits half_sync (.clk(usb_clk), .d(half), .q(half_here));

    always @(posedge usb_clk) begin
        held <= usb_hold ? {held[1:0], 1'b1} : 3'd0;
        if (!held[2]) read_half <= half_here;
        usb_value <= copy[{read_half, usb_index[0], usb_index[INDEX_BITS:1]}];
    end
endmodule

`default_nettype wire
