// SPDX-License-Identifier: BSD-2-Clause
//
// One transaction after the other: token, data, handshake (USB 2.0 sections 8.5 and 8.7.2), for every endpoint alike.
//
// It knows the rules (toggles compared, ACK, NAK, STALL, NYET, PING, time-outs) and nothing of what endpoints do. The
// endpoint of the latest token is `endpoint`; it selects combinationally whose state is on the in_ and out_ inputs.
//
// Whatever packet comes instead of the awaited one ends the transaction, and a token begins the next: nothing can hang.
//
//     IDLE ── token ──> LOOK ─┬─ OUT, SETUP ──> WAIT_DATA ── data ──> REPLY ──> SENDING ──> IDLE
//                             ├─ PING, IN without data ──────────────> REPLY
//                             └─ IN ──> REPLY_DATA ──> SENDING ──> WAIT_ACK ── ACK, time-out ──> IDLE
`default_nettype none

module usb_transaction #(
    parameter TIMEOUT_HIGH = 98,        // clocks: 736 to 816 bit times (7.1.19.2)
    parameter TIMEOUT_FULL = 84,        // clocks: 16 to 18 bit times
    parameter TURN_FULL    = 5          // clocks of J before an answer in full speed: with the way to the PHY 7 to 18
) (
    input  wire       clk,
    input  wire       rst,              // also while the bus is being reset

    // bus
    input  wire       high_speed,
    input  wire       line_is_j,
    input  wire       rx_active,
    input  wire       packet_end,
    input  wire       packet_good,
    input  wire [3:0] packet_pid,
    input  wire [9:0] packet_length,
    input  wire       token_is_ours,    // with packet_end: the address is ours
    input  wire [3:0] token_endpoint,
    output wire       tx_start,
    output wire [3:0] tx_pid,
    input  wire       tx_busy,

    // the token's endpoint and its state
    output reg  [3:0] endpoint,
    output reg        is_setup,
    input  wire       out_exists,
    input  wire       out_ready,        // room for a packet of the longest kind
    input  wire       out_stall,
    input  wire       out_toggle,       // expected
    input  wire       out_nyet,         // answers NYET when there is no room for a further packet
    input  wire [9:0] out_max,          // longest packet
    input  wire       in_exists,
    input  wire       in_ready,         // a packet is there
    input  wire       in_stall,
    input  wire       in_toggle,

    // what happened, pulses
    output reg        in_token,         // an IN token for the endpoint
    output reg        setup_token,      // a SETUP token: whatever endpoint 0 was doing is over
    output reg        out_taking,       // level: data bytes are to be stored; those not committed when it falls never were
    output reg        out_commit,       // they were good and new
    output reg        in_sent,          // a data packet has left
    output reg        in_ack,           // and has arrived
    output reg        ev_out_nak,
    output reg        ev_out_nyet,
    output reg        ev_out_duplicate,
    output reg        ev_in_retry
);
    localparam [3:0] PID_OUT = 4'h1, PID_IN = 4'h9, PID_SETUP = 4'hD, PID_PING = 4'h4, PID_DATA0 = 4'h3, PID_DATA1 = 4'hB,
                     PID_ACK = 4'h2, PID_NAK = 4'hA, PID_STALL = 4'hE, PID_NYET = 4'h6;
    localparam [2:0] IDLE = 3'd0, LOOK = 3'd1, WAIT_DATA = 3'd2, REPLY = 3'd3, REPLY_DATA = 3'd4,
                     SENDING = 3'd5, WAIT_ACK = 3'd6;

    reg [2:0] state;
    reg [3:0] token;
    reg [3:0] reply;
    reg       may_nyet;                 // the ACK to be sent becomes NYET when the endpoint is full now

    // ---- When an answer may leave, and when none is coming any more ----
    reg [6:0] quiet;                    // clocks the bus has been quiet in this state
    wire bus_quiet = !rx_active & (high_speed | line_is_j);
    wire may_answer = !rx_active & (high_speed | quiet >= TURN_FULL);
    wire timed_out = quiet == (high_speed ? TIMEOUT_HIGH[6:0] : TIMEOUT_FULL[6:0]);
    wire restart_quiet = state == LOOK | state == SENDING;
    // At full speed a PHY still has up to two bytes to send when it takes the last; only the line tells that they are out. It
    // shows J till then, or each bit.
    reg  ending;

    always @(posedge clk) begin
        ending <= !high_speed & (state == SENDING | (ending & bus_quiet));
        if (rst | restart_quiet | !bus_quiet | ending) quiet <= 7'd0;
        else if (!timed_out) quiet <= quiet + 1'b1;
        if (rst) ending <= 1'b0;
    end

    // ---- The packet that has just ended ----
    wire good = packet_end & packet_good;
    wire new_token = good & token_is_ours & (packet_pid == PID_OUT | packet_pid == PID_IN | packet_pid == PID_SETUP
                                             | (packet_pid == PID_PING & high_speed));
    wire good_data = good & (packet_pid == PID_DATA0 | packet_pid == PID_DATA1) & packet_length <= out_max;
    wire setup_data = packet_pid == PID_DATA0 & packet_length == 10'd8;
    wire is_new = packet_pid[3] == out_toggle;

    wire nyet_now = may_nyet & !out_ready;
    assign tx_start = (state == REPLY | state == REPLY_DATA) & may_answer;
    assign tx_pid = nyet_now ? PID_NYET : reply;
    wire   sends_data = reply[1:0] == 2'b11;

    // The reply to a good data packet.
    reg [3:0] data_reply;
    always @* begin
        data_reply = PID_ACK;
        if (!is_setup) begin
            if (out_stall) data_reply = PID_STALL;
            else if (is_new & !out_taking) data_reply = PID_NAK;
        end
    end

    always @(posedge clk) begin
        setup_token <= 1'b0;
        in_token <= state == LOOK & token == PID_IN;
        out_commit <= 1'b0;
        in_sent <= 1'b0;
        in_ack <= 1'b0;
        ev_out_nak <= 1'b0;
        ev_out_nyet <= 1'b0;
        ev_out_duplicate <= 1'b0;
        ev_in_retry <= 1'b0;

        case (state)
        LOOK: begin
            may_nyet <= 1'b0;
            out_taking <= 1'b0;
            if (token == PID_SETUP) begin
                setup_token <= endpoint == 4'd0;
                out_taking <= endpoint == 4'd0;
                state <= endpoint == 4'd0 ? WAIT_DATA : IDLE;
            end else if (token == PID_OUT) begin
                out_taking <= out_exists & out_ready & !out_stall;
                state <= out_exists ? WAIT_DATA : IDLE;
            end else if (token == PID_PING) begin
                reply <= out_stall ? PID_STALL : out_ready ? PID_ACK : PID_NAK;
                ev_out_nak <= out_exists & !out_stall & !out_ready;
                state <= out_exists ? REPLY : IDLE;
            end else begin
                reply <= in_stall ? PID_STALL : !in_ready ? PID_NAK : in_toggle ? PID_DATA1 : PID_DATA0;
                state <= !in_exists ? IDLE : in_ready & !in_stall ? REPLY_DATA : REPLY;
            end
        end
        WAIT_DATA:
            if (packet_end | timed_out) begin
                if (good_data & (!is_setup | setup_data)) begin
                    reply <= data_reply;
                    may_nyet <= out_nyet & high_speed & data_reply == PID_ACK & is_new;
                    out_commit <= out_taking & data_reply == PID_ACK & (is_new | is_setup);
                    ev_out_nak <= data_reply == PID_NAK;
                    ev_out_duplicate <= data_reply == PID_ACK & !is_new & !is_setup;
                    state <= REPLY;
                end else begin
                    out_taking <= 1'b0;
                    state <= IDLE;
                end
            end
        REPLY, REPLY_DATA: begin
            out_taking <= 1'b0;         // what comes before the answer may leave is no part of the packet
            if (rx_active) state <= IDLE;       // nor does it wait for an answer to something before it
            else if (may_answer) begin
                ev_out_nyet <= nyet_now;
                state <= SENDING;
            end
        end
        SENDING:
            if (!tx_busy) begin
                in_sent <= sends_data;
                state <= sends_data ? WAIT_ACK : IDLE;
            end
        WAIT_ACK:
            if (packet_end | timed_out) begin
                in_ack <= good & packet_pid == PID_ACK;
                ev_in_retry <= !(good & packet_pid == PID_ACK);
                state <= IDLE;
            end
        default: ;
        endcase

        if (new_token & (state == IDLE | state == WAIT_DATA | state == WAIT_ACK)) begin
            token <= packet_pid;
            endpoint <= token_endpoint;
            is_setup <= packet_pid == PID_SETUP;
            state <= LOOK;
        end
        if (rst) begin
            state <= IDLE;
            out_taking <= 1'b0;
            endpoint <= 4'd0;
        end
    end
endmodule

`default_nettype wire
