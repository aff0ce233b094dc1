// SPDX-License-Identifier: BSD-2-Clause
//
// The upstream port: attach at full speed, bus reset with the chirp handshake to high speed, suspend and resume by the host
// (USB 2.0 sections 7.1.7.3 to 7.1.7.7 and appendix C.2). It sets the transceiver's modes and says when packets may flow.
//
// A high-speed bus at rest and a reset look alike, so after 3 ms of silence the port goes back to full-speed terminations and
// looks again: SE0 is a reset, J is suspend. Waking from suspend: K is a resume (over at the next SE0), SE0 is a reset.
//
//     FULL_SPEED ── SE0 2.5 us ──> CHIRP ── 1 ms of K ──> LISTEN ── K-J three times ──────> HIGH_SPEED
//        │   ^                       ^                      └─ silence ─> RESET_END ── line not SE0 ──> FULL_SPEED
//        │   └ resumed, was full     ├─────────── SE0 ───── REVERTED <── 3 ms silence ── HIGH_SPEED
//        └ 3 ms J ─> SUSPENDED <─────│──────────── J ──────────┘                            ^
//                        └─ not J ─> WAKING ── K, then SE0, was high speed ─────────────────┘
//
// Defaults are the shortest times that USB 2.0 allows, in clocks of 60 MHz, with some clocks of margin.
`default_nettype none

module usb_port #(
    parameter FULL_SPEED_ONLY = 0,      // the front has no high speed: never chirp
    parameter RESET_CLOCKS  = 160,      // SE0 that is a reset: TDETRST >= 2.5 us
    parameter CHIRP_CLOCKS  = 60200,    // the device's chirp K: TUCH >= 1 ms
    parameter FILTER_CLOCKS = 155,      // a host's chirp K or J, or a resume, counts after TFILT >= 2.5 us
    parameter LISTEN_CLOCKS = 66000,    // no chirp from the host for this long: full speed. TWTFS 1 to 2.5 ms
    parameter IDLE_CLOCKS   = 180600,   // silence until suspend: TWTREV 3 to 3.125 ms
    parameter REVERT_CLOCKS = 6060      // full-speed terminations until the line is looked at: TWTRSTHS 100 to 875 us
) (
    input  wire       clk,
    input  wire       rst,

    // transceiver
    input  wire [1:0] line_state,       // bit 0 D+, bit 1 D-; in high speed 0 is silence
    input  wire       rx_active,
    output reg  [1:0] xcvr_select,      // 0 high speed, 1 full speed
    output reg        term_select,
    output reg  [1:0] op_mode,          // 0 normal, 2 raw (chirp)
    output reg        suspend_n,
    output reg        chirp,            // send zeros: with op_mode 2 they are K

    // device core
    output reg        enabled,          // packets may flow; low from a reset's begin to its end
    output reg        high_speed,
    output reg        bus_reset         // pulse, when a reset was recognised
);
    localparam [1:0] SE0 = 2'b00, J = 2'b01, K = 2'b10;
    localparam [2:0] FULL_SPEED = 3'd0, CHIRP = 3'd1, LISTEN = 3'd2, RESET_END = 3'd3,
                     HIGH_SPEED = 3'd4, REVERTED = 3'd5, SUSPENDED = 3'd6, WAKING = 3'd7;
    localparam TIMER_WIDTH = 18;

    reg [2:0] state;
    reg [TIMER_WIDTH-1:0] elapsed;      // clocks in this state
    reg [TIMER_WIDTH-1:0] stable;       // clocks since the line last changed, or a packet passed
    reg [1:0] line;                     // line_state one clock ago; `stable` belongs to it
    reg [2:0] chirps;                   // K and J of the host seen, alternating
    reg       resuming;                 // a K long enough was seen while waking

    wire is_reset = line == SE0 & stable >= RESET_CLOCKS;
    wire is_chirp = line == (chirps[0] ? J : K) & stable >= FILTER_CLOCKS;
    wire is_idle = stable == IDLE_CLOCKS;

    // Each state's transceiver modes, one clock later.
    always @(posedge clk) begin
        xcvr_select <= {1'b0, !(state == CHIRP | state == LISTEN | state == HIGH_SPEED)};
        term_select <= state != HIGH_SPEED;
        op_mode <= {state == CHIRP | state == LISTEN, 1'b0};
        suspend_n <= state != SUSPENDED;
        chirp <= state == CHIRP & !rst;
    end

    task go;
        input [2:0] next;
        begin
            state <= next;
            elapsed <= 0;
            stable <= 0;
        end
    endtask

    task go_reset;
        begin
            go(FULL_SPEED_ONLY != 0 ? RESET_END : CHIRP);
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
        elapsed <= elapsed + 1'b1;
        if (line_state != line | rx_active) stable <= 0;
        else if (!is_idle) stable <= stable + 1'b1;

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
            end
        REVERTED:
            if (elapsed == REVERT_CLOCKS) begin
                if (line == SE0) go_reset;
                else go(SUSPENDED);
            end
        SUSPENDED: begin
            resuming <= 1'b0;
            if (line != J) go(WAKING);
        end
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
            line <= J;
        end
    end
endmodule

`default_nettype wire
