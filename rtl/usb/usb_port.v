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
// Defaults are the shortest times that USB 2.0 allows, in clocks of 60 MHz, with some clocks of margin.
`default_nettype none

module usb_port #(
    parameter RESET_CLOCKS  = 160,      // SE0 that is a reset: TDETRST >= 2.5 us
    parameter CHIRP_CLOCKS  = 60200,    // the device's chirp K: TUCH >= 1 ms
    parameter FILTER_CLOCKS = 155,      // a host's chirp K or J, or a resume, counts after TFILT >= 2.5 us
    parameter LISTEN_CLOCKS = 66000,    // no chirp from the host for this long: full speed. TWTFS 1 to 2.5 ms
    parameter IDLE_CLOCKS   = 180600,   // silence until suspend: TWTREV 3 to 3.125 ms
    parameter REVERT_CLOCKS = 6060,     // full-speed terminations until the line is looked at: TWTRSTHS 100 to 875 us
    parameter SLEEP_CLOCKS  = 120600,   // of suspend until sleep: TWTRSM, 5 ms of idle bus less IDLE_CLOCKS
    parameter WAKE_CLOCKS   = 120600,   // the card's K: TDRSMUP 1 to 15 ms
    parameter TEST_CLOCKS   = 66000,    // test modes begin that late, so that the status stage can end: at most 3 ms
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
    reg [TIMER_WIDTH-1:0] elapsed;      // clocks in this state
    reg [TIMER_WIDTH-1:0] stable;       // clocks since the line last changed, or a packet passed
    reg [1:0] line;                     // line_state one clock ago; `stable` belongs to it
    reg [2:0] chirps;                   // K and J of the host seen, alternating
    reg       resuming;                 // a K long enough was seen while waking
    reg       rested;                   // suspended for SLEEP_CLOCKS: may sleep, and wake the host
    reg       asked;                    // the host has been asked to wake since `wake` rose
    reg       asleep;
    reg       driving;                  // the transceiver has taken the first byte of our K: one that wakes takes its time
    wire      wake_now;                 // `wake` in this clock

    wire is_reset = line == SE0 & stable >= RESET_CLOCKS;
    wire is_chirp = line == (chirps[0] ? J : K) & stable >= FILTER_CLOCKS;
    wire is_idle = stable == IDLE_CLOCKS;

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

    task go;
        input [3:0] next;
        begin
            state <= next;
            elapsed <= 0;
            stable <= 0;
        end
    endtask

    task go_reset;
        begin
            go(HIGH_SPEED_ABLE != 0 ? CHIRP : RESET_END);
            if (HIGH_SPEED_ABLE == 0) high_speed <= 1'b0;
            bus_reset <= 1'b1;
            enabled <= 1'b0;
        end
    endtask

    task go_running;
        input fast;
        begin
            go(fast ? HIGH_SPEED : FULL_SPEED);
            high_speed <= fast;
            enabled <= 1'b1;
        end
    endtask

    always @(posedge clk) begin
        bus_reset <= 1'b0;
        line <= line_state;
        elapsed <= (state == CHIRP | state == WAKE_HOST) & !driving ? {TIMER_WIDTH{1'b0}} : elapsed + 1'b1;
        driving <= (state == CHIRP | state == WAKE_HOST) & (driving | (chirp & tx_ready));
        if (line_state != line | rx_active) stable <= 0;
        else if (!is_idle) stable <= stable + 1'b1;

        if (!suspended) rested <= 1'b0;
        if (!suspended | !wake_now) asked <= 1'b0;

        case (state)
        FULL_SPEED:
            if (is_reset) go_reset;
            else if (line == J & is_idle) go(SUSPENDED);
        CHIRP: begin
            chirps <= 3'd0;
            if (elapsed == CHIRP_CLOCKS) go(LISTEN);
        end
        LISTEN:
            if (chirps == 3'd6) go_running(1'b1);
            else if (is_chirp) begin
                chirps <= chirps + 1'b1;
                elapsed <= 0;
            end else if (elapsed == LISTEN_CLOCKS) begin
                go(RESET_END);
                high_speed <= 1'b0;
            end
        RESET_END:
            if (line != SE0) go_running(1'b0);
        HIGH_SPEED:
            if (line == SE0 & is_idle) begin   // the rest of the host's chirps is not silence
                go(REVERTED);
                enabled <= 1'b0;
            end else if (test_mode != 3'd0) go(TEST);
        REVERTED:
            if (elapsed == REVERT_CLOCKS) begin
                if (line == SE0) go_reset;
                else go(SUSPENDED);
            end
        SUSPENDED: begin
            resuming <= 1'b0;
            if (elapsed == SLEEP_CLOCKS) rested <= 1'b1;
            if (line != J) go(WAKING);
            else if (rested & wake_now & !asked) go(WAKE_HOST);
        end
        WAKE_HOST: begin
            asked <= 1'b1;
            if (elapsed == WAKE_CLOCKS) go(WAKING);
        end
        TEST:
            if (elapsed == TEST_CLOCKS) testing <= 1'b1;
        default: begin // WAKING
            if (line == K & stable >= FILTER_CLOCKS) resuming <= 1'b1;
            if (line == J) begin
                if (resuming & !high_speed) go_running(1'b0);
                else go(SUSPENDED);
            end else if (line == SE0) begin
                if (resuming) go_running(high_speed);
                else if (is_reset) go_reset;
            end
        end
        endcase

        if (rst) begin
            go(FULL_SPEED);
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
