// SPDX-License-Identifier: BSD-2-Clause
//
// Control transfers (USB 2.0 sections 8.5.3 and 9.3): setup, data and status stages of endpoint 0.
//
// What a request means is the business of two responders with the same interface: usb_standard for standard requests (and
// Microsoft's for its descriptor set), the link for vendor and class requests. Each sees the eight bytes and `start`, says within
// 16 clocks whether it accepts and how much it has, gives bytes by address, and acts at `commit`. What neither accepts is answered
// with STALL until the next SETUP.
//
// Bytes from the host are handed on as they arrive, before their CRC. Should the packet prove broken, the host sends it again to
// the same addresses; and without all bytes that the host has announced, in good packets, there is no `commit`. So nothing is
// kept here. Less than announced ends in STALL, and so does more: no request of ours makes sense then.
//
// Without a data stage towards the host, `commit` comes when the empty status packet has been sent, not when it was
// acknowledged: nothing can go wrong any more by then, and were that last ACK lost, the host would never ask again.
// A lost ACK at a stage's end means that the host is one stage ahead; its next token tells, and is believed. When it was reading,
// its status packet may have any length (8.5.3.1).
//
//     IDLE ── SETUP ──> DECIDE ─┬─ IN data ───> DATA_IN ── last ACK ────> STATUS_OUT ──> IDLE
//                               ├─ OUT data ──> DATA_OUT ── all bytes ──┬─> STATUS_IN ──> IDLE
//                               ├─ no data ─────────────────────────────┘
//                               └─ not accepted ──> STALLED ── SETUP ──> ...        DATA_OUT ── other bytes, or IN ──> STALLED
`default_nettype none
`include "weir_link.vh"

module usb_ep0 (
    input  wire        clk,
    input  wire        rst,             // also while the bus is being reset

    // from the transaction layer, for endpoint 0 alone
    input  wire        setup_token,     // pulse
    input  wire        is_setup,
    input  wire        taking,          // level
    input  wire        byte_valid,
    input  wire [7:0]  byte_data,
    input  wire [9:0]  packet_length,   // bytes so far, with byte_valid this one too
    input  wire        commit,          // pulse: the bytes were good and new
    input  wire        in_token,        // pulse: the host asks for a packet
    input  wire        in_sent,         // pulse
    input  wire        in_ack,          // pulse
    output wire        out_ready,
    output wire        out_stall,
    output wire        in_stall,
    output reg         out_toggle,
    output wire        in_ready,
    output reg         in_toggle,
    output wire [9:0]  in_length,
    input  wire [5:0]  in_offset,
    output wire [7:0]  in_data,
    output wire        status_ack,      // pulse: the host has acknowledged a status stage

    // to the responders
    output reg  [63:0] setup,
    output reg         standard_start,
    input  wire        standard_accept,
    input  wire [7:0]  standard_in_length,
    input  wire [7:0]  standard_in_data,
    output reg         standard_commit,
    output reg         ctl_start,
    input  wire        ctl_accept,
    input  wire [15:0] ctl_in_length,
    input  wire [7:0]  ctl_in_data,
    output reg         ctl_commit,
    output wire [9:0]  in_address,
    output reg         ctl_out_valid,
    output reg  [9:0]  ctl_out_address,
    output reg  [7:0]  ctl_out_data
);
    localparam [2:0] IDLE = 3'd0, DECIDE = 3'd1, DATA_IN = 3'd2, DATA_OUT = 3'd3,
                     STATUS_IN = 3'd4, STATUS_OUT = 3'd5, STALLED = 3'd6;
    reg [2:0]  state;
    reg [4:0]  wait_clocks;
    reg [15:0] left;                    // bytes of the data stage still to move
    reg        short_end;               // the IN data is shorter than asked for: end it with a short packet
    reg        committed;
    reg [3:0]  packet;                  // of the data stage, from 0

    wire is_in = setup[7];
    reg  is_standard;                   // there is time to find out until the request's packet has proved good
    wire is_link = !is_standard & setup[6:5] != 2'd3;
    wire [15:0] wanted = setup[63:48];
    wire accept = is_standard ? standard_accept : is_link & ctl_accept;
    wire [15:0] offered = is_standard ? {8'd0, standard_in_length} : ctl_in_length;

    // ---- The packet that is due, either way: 64 bytes, or what is left ----
    wire more = left[15:6] != 10'd0;
    wire [6:0] data_length = {more, more ? 6'd0 : left[5:0]};
    wire nothing_behind = !more | (left[15:7] == 9'd0 & left[5:0] == 6'd0);

    assign in_length = state == DATA_IN ? {3'd0, data_length} : 10'd0;
    assign in_address = {packet, in_offset};
    assign in_data = is_standard ? standard_in_data : ctl_in_data;
    assign in_ready = state == DATA_IN | state == STATUS_IN;
    assign out_ready = state != DECIDE;
    assign out_stall = state == STALLED;
    assign in_stall = state == STALLED | state == DATA_OUT;
    assign status_ack = state == STATUS_IN & in_ack;

    // ---- Bytes from the host ----
    reg [9:0] length_before;            // the byte's place in its packet

    always @(posedge clk) begin
        length_before <= packet_length;
        ctl_out_valid <= taking & byte_valid & !is_setup & state == DATA_OUT & is_link & length_before[9:6] == 4'd0 & !rst;
        ctl_out_address <= {packet, length_before[5:0]};
        ctl_out_data <= byte_data;
    end

    // ---- Stages ----
    always @(posedge clk) begin
        standard_start <= 1'b0;
        standard_commit <= 1'b0;
        ctl_start <= 1'b0;
        ctl_commit <= 1'b0;
        is_standard <= setup[6:5] == 2'd0 | setup[7:0] == 8'hC0 & setup[15:8] == `WEIR_REQ_MS_OS_20;
        if (is_setup & taking & byte_valid) setup <= {byte_data, setup[63:8]};

        case (state)
        DECIDE: begin
            wait_clocks <= wait_clocks + 1'b1;
            packet <= 4'd0;
            committed <= 1'b0;
            short_end <= offered < wanted;
            left <= is_in & short_end ? offered : wanted;
            if (wait_clocks == 5'd20)
                state <= !accept ? STALLED : wanted == 16'd0 ? STATUS_IN : is_in ? DATA_IN : DATA_OUT;
        end
        DATA_IN:
            if (in_ack) begin
                in_toggle <= !in_toggle;
                packet <= packet + 1'b1;
                left[15:6] <= left[15:6] - 1'b1;
                if (nothing_behind & !(more & short_end)) state <= STATUS_OUT;
            end
        DATA_OUT: begin
            if (commit) begin
                out_toggle <= !out_toggle;
                packet <= packet + 1'b1;
                left[15:6] <= left[15:6] - 1'b1;
                if (nothing_behind) state <= STATUS_IN;
                if (packet_length[6:0] != data_length) state <= STALLED;
            end
            if (in_token) state <= STALLED;             // the status stage, with bytes missing
        end
        STATUS_IN: begin
            if (in_sent & !committed) begin
                committed <= 1'b1;
                standard_commit <= is_standard;
                ctl_commit <= is_link;
            end
            if (in_ack) state <= IDLE;
            if (commit & !is_setup) state <= STALLED;   // more data than announced
        end
        default: ;
        endcase

        // The host ends reading with a packet, at the latest when it has got all.
        if ((state == DATA_IN | state == STATUS_OUT) & commit & !is_setup) begin
            out_toggle <= !out_toggle;
            standard_commit <= is_standard;
            ctl_commit <= is_link;
            state <= IDLE;
        end

        if (setup_token) state <= IDLE;
        if (commit & is_setup) begin
            in_toggle <= 1'b1;
            out_toggle <= 1'b1;
            wait_clocks <= 5'd0;
            standard_start <= is_standard;
            ctl_start <= is_link;
            state <= DECIDE;
        end
        if (rst) begin
            state <= IDLE;
            standard_commit <= 1'b0;
            ctl_commit <= 1'b0;
        end
    end
endmodule

`default_nettype wire
