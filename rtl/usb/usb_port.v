// SPDX-License-Identifier: BSD-2-Clause
//
// The upstream port: attach at full speed, bus reset with the chirp handshake to high speed, suspend, resume by the host or by
// the card, test modes (USB 2.0 sections 7.1.7.3 to 7.1.7.7, 7.1.20 and appendix C.2). It sets the transceiver's modes and says
// when packets may flow.
//
// A high-speed bus at rest and a reset look alike, so after 3 ms of silence the port goes back to full-speed terminations and
// looks again: SE0 is a reset, J is suspend. Waking from suspend: K is a resume (over at the next SE0), SE0 is a reset.
//
//     FULL_SPEED ── SE0 2.5 us ──> CHIRP ── 1 ms of K ──> LISTEN ── K-J three times ──────> HIGH_SPEED
//        │   ^                       ^                      └─ silence ─> RESET_END ── line not SE0 ──> FULL_SPEED
//        │   └ resumed, was full     ├─────────── SE0 ───── REVERTED <── 3 ms silence ── HIGH_SPEED
//        └ 3 ms J ─> SUSPENDED <─────│──────────── J ──────────┘                            ^
//                     │  └─ not J ─> WAKING ── K, then SE0, was high speed ─────────────────┘
//                     └─ wake ─> WAKE_HOST ── 2 ms of K ──> WAKING       HIGH_SPEED ── test mode ──> TEST, for good
//
// Once it has been suspended for 2 ms, so 5 ms after the bus went idle, the PHY may sleep and stop its clock, and the card may
// wake the host: `wake` is therefore of no clock, and raises suspend_n by itself. The card asks once; as long as the host does
// not answer, only a new request makes it ask again.
//
// A timer counts from 0, so it has first reached a time when every bit that is one in the time is one in it: that is all that is
// looked at. So a time with few ones costs few gates, and the defaults, in clocks of 60 MHz, are the next such ones above the
// shortest that USB 2.0 allows.
`default_nettype none

module usb_port #(
    parameter RESET_CLOCKS  = 160,      // SE0 that is a reset: TDETRST >= 2.5 us. Up to 255
    parameter FILTER_CLOCKS = 160,      // a host's chirp K or J, or a resume, counts after TFILT >= 2.5 us. Up to 255
    parameter CHIRP_CLOCKS  = 65536,    // the device's chirp K: TUCH >= 1 ms
    parameter LISTEN_CLOCKS = 65536,    // no chirp from the host for this long: full speed. TWTFS 1 to 2.5 ms
    parameter IDLE_CLOCKS   = 180224,   // silence until suspend: TWTREV 3 to 3.125 ms
    parameter REVERT_CLOCKS = 8192,     // full-speed terminations until the line is looked at: TWTRSTHS 100 to 875 us
    parameter SLEEP_CLOCKS  = 131072,   // of suspend until sleep: TWTRSM, 5 ms of idle bus less IDLE_CLOCKS
    parameter WAKE_CLOCKS   = 131072,   // the card's K: TDRSMUP 1 to 15 ms
    parameter TEST_CLOCKS   = 65536,    // test modes begin that late, so that the status stage can end: at most 3 ms
    parameter HIGH_SPEED_ABLE = 1       // 0: no chirp
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       wake,             // level, of no clock: wake the host when it sleeps
    input  wire [2:0] test_mode,        // USB 2.0 table 9-7; 0: none

    // transceiver
    input  wire [1:0] line_state,       // bit 0 D+, bit 1 D-; in high speed 0 is silence
    input  wire       rx_active,
    output reg  [1:0] xcvr_select,      // 0 high speed, 1 full speed
    output reg        term_select,
    output reg  [1:0] op_mode,          // 0 normal, 2 raw (chirp)
    output wire       suspend_n,
    output reg        chirp,            // send bytes of chirp_j: with op_mode 2 zeros are K and ones J
    output wire       chirp_j,
    input  wire       tx_ready,         // the transceiver takes one of them

    // device core
    output reg        enabled,          // packets may flow; low from a reset's begin to its end
    output reg        high_speed,
    output reg        bus_reset,        // pulse, when a reset was recognised
    output wire       suspended,        // until the bus works again
    output reg        testing           // the test mode has begun
);
    localparam [1:0] SE0 = 2'b00, J = 2'b01, K = 2'b10;
    localparam [3:0] FULL_SPEED = 4'd0, CHIRP = 4'd1, LISTEN = 4'd2, RESET_END = 4'd3, HIGH_SPEED = 4'd4,
                     REVERTED = 4'd5, SUSPENDED = 4'd6, WAKING = 4'd7, WAKE_HOST = 4'd8, TEST = 4'd9;
    localparam [2:0] TEST_J = 3'd1, TEST_K = 3'd2;
    localparam TIMER_WIDTH = 18;

    reg [3:0] state;
    reg [TIMER_WIDTH-1:0] timer;        // clocks in this state; while packets may flow, since the line was last busy
    reg [7:0] stable;                   // clocks since the line last changed, or a packet passed
    reg [1:0] line;                     // line_state one clock ago; `stable` belongs to it
    reg [2:0] chirps;                   // K and J of the host seen, alternating
    reg       resuming;                 // a K long enough was seen while waking
    reg       rested;                   // suspended for SLEEP_CLOCKS: may sleep, and wake the host
    reg       asked;                    // the host has been asked to wake since `wake` rose
    reg       asleep;
    reg       driving;                  // the transceiver has taken the first byte of our K: one that wakes takes its time
    wire      wake_now;                 // `wake` in this clock

    function reached;
        input [TIMER_WIDTH-1:0] now, time_to_reach;
        reached = (now & time_to_reach) == time_to_reach;
    endfunction

    wire is_reset = line == SE0 & reached({{TIMER_WIDTH-8{1'b0}}, stable}, RESET_CLOCKS);
    wire is_long = reached({{TIMER_WIDTH-8{1'b0}}, stable}, FILTER_CLOCKS);
    wire is_chirp = line == (chirps[0] ? J : K) & is_long;
    wire is_idle = reached(timer, IDLE_CLOCKS);

    sync_bits wake_sync (.clk(clk), .d(wake), .q(wake_now));

    wire drives_test = testing & (test_mode == TEST_J | test_mode == TEST_K);

    assign suspend_n = !asleep | (wake & !asked);
    assign suspended = state == SUSPENDED | state == WAKING | state == WAKE_HOST;
    assign chirp_j = testing & test_mode == TEST_J;

    // Each state's transceiver modes, one clock later.
    always @(posedge clk) begin
        xcvr_select <= {1'b0, !(state == CHIRP | state == LISTEN | state == HIGH_SPEED | state == TEST)};
        term_select <= state != HIGH_SPEED & state != TEST;
        op_mode <= {state == CHIRP | state == LISTEN | state == WAKE_HOST | drives_test, 1'b0};
        chirp <= (state == CHIRP | state == WAKE_HOST | drives_test) & !rst;
        asleep <= state == SUSPENDED & rested & !rst;
    end

    // ---- Where to from here ----
    reg [3:0] next;
    reg       leaves, resets, runs;     // to another state; a reset begins; packets may flow again
    reg       fast;                     // at high speed then

    always @* begin
        next = state;
        {leaves, resets, runs} = 3'b000;
        fast = high_speed;
        case (state)
        FULL_SPEED: begin
            resets = is_reset;
            if (line == J & is_idle) {leaves, next} = {1'b1, SUSPENDED};
        end
        CHIRP:
            if (reached(timer, CHIRP_CLOCKS)) {leaves, next} = {1'b1, LISTEN};
        LISTEN:
            if (chirps == 3'd6) {runs, fast} = 2'b11;
            else if (!is_chirp & reached(timer, LISTEN_CLOCKS)) {leaves, next} = {1'b1, RESET_END};
        RESET_END:
            if (line != SE0) {runs, fast} = 2'b10;
        HIGH_SPEED:
            if (line == SE0 & is_idle) {leaves, next} = {1'b1, REVERTED}; // the rest of the host's chirps is not silence
            else if (test_mode != 3'd0) {leaves, next} = {1'b1, TEST};
        REVERTED:
            if (reached(timer, REVERT_CLOCKS)) begin
                resets = line == SE0;
                {leaves, next} = {1'b1, SUSPENDED};
            end
        SUSPENDED:
            if (line != J) {leaves, next} = {1'b1, WAKING};
            else if (rested & wake_now & !asked) {leaves, next} = {1'b1, WAKE_HOST};
        WAKE_HOST:
            if (reached(timer, WAKE_CLOCKS)) {leaves, next} = {1'b1, WAKING};
        WAKING:
            if (line == J) begin
                runs = resuming & !high_speed;
                {leaves, next} = {1'b1, SUSPENDED};
            end else if (line == SE0) begin
                runs = resuming;
                resets = !resuming & is_reset;
            end
        default: ; // TEST
        endcase
        if (runs) {leaves, next} = {1'b1, fast ? HIGH_SPEED : FULL_SPEED};
        if (resets) {leaves, next} = {1'b1, HIGH_SPEED_ABLE != 0 ? CHIRP : RESET_END};
    end

    wire our_k = state == CHIRP | state == WAKE_HOST;
    wire busy = line_state != line | rx_active;
    wire starts_anew = ((state == FULL_SPEED | state == HIGH_SPEED) & busy) | (our_k & !driving) | (state == LISTEN & is_chirp);

    always @(posedge clk) begin
        state <= next;
        timer <= leaves | starts_anew ? {TIMER_WIDTH{1'b0}} : timer + 1'b1;
        stable <= leaves | busy ? 8'd0 : stable + 1'b1;
        line <= line_state;
        bus_reset <= resets;
        if (runs) enabled <= 1'b1;
        else if (resets | (state == HIGH_SPEED & next == REVERTED)) enabled <= 1'b0;
        if (runs) high_speed <= fast;
        else if (next == RESET_END) high_speed <= 1'b0;

        if (state == CHIRP) chirps <= 3'd0;
        else if (state == LISTEN & is_chirp) chirps <= chirps + 1'b1;
        driving <= our_k & (driving | (chirp & tx_ready));
        if (state == SUSPENDED) resuming <= 1'b0;
        else if (state == WAKING & line == K & is_long) resuming <= 1'b1;
        if (!suspended) rested <= 1'b0;
        else if (state == SUSPENDED & reached(timer, SLEEP_CLOCKS)) rested <= 1'b1;
        if (!suspended | !wake_now) asked <= 1'b0;
        else if (state == WAKE_HOST) asked <= 1'b1;
        if (state == TEST & reached(timer, TEST_CLOCKS)) testing <= 1'b1;

        if (rst) begin
            state <= FULL_SPEED;
            timer <= 0;
            stable <= 8'd0;
            high_speed <= 1'b0;
            enabled <= 1'b0;
            bus_reset <= 1'b0;
            testing <= 1'b0;
            rested <= 1'b0;
            line <= J;
        end
    end
endmodule

`default_nettype wire
