// SPDX-License-Identifier: BSD-2-Clause
//
// Judges ARP requests for the card's addresses (RFC 826, RFC 5227), which are answered while the host sleeps.
//
// A request is judged as it passes, and what the reply needs of it goes into arp_queue's open slot meanwhile. When the rest of the card
// has found the frame good, `answer` makes a reply of the slot.
//
// Only plain Ethernet and IPv4 are answered: behind a VLAN tag, or with a group address for a sender, a request is the
// host's. One that claims our own IP address gets no answer: it is a conflict, or our own frame come back.
//
// The frame cannot wait. `ended` is high the clock after s_last, without s_valid; the verdicts hold from byte 54 until then.
`default_nettype none
`include "weir_link.vh"

module arp_reply #(
    parameter ENTRIES = 4 // IPv4 addresses, 1 to 4
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        byte_time, // of rate_limit

    input  wire        cfg_valid,
    input  wire [7:0]  cfg_table,
    input  wire [7:0]  cfg_index,
    input  wire [63:0] cfg_data,

    input  wire        s_valid,
    input  wire [7:0]  s_data,
    input  wire [5:0]  s_position, // of this byte in the frame, stops at 63
    input  wire        ended,
    input  wire [7:0]  station_byte,      // of address_filter, a clock behind s_position
    input  wire        sender_is_station, // ARP's sender hardware address is the station's

    output wire        request_ours,   // a request that the card answers
    output wire        request_others, // any other well-formed request
    output wire        conflict,       // someone else's ARP packet with one of our addresses as sender
    input  wire        answer,         // answer the request that has just ended; before byte 21 of the next frame

    output reg         m_en,           // arp_queue's side of the receiver
    output reg  [4:0]  m_place,
    output wire [7:0]  m_data,
    output wire        m_commit,
    input  wire        m_room,

    output reg         ev_rate_limited,
    output reg         ev_queue_full
);
    localparam [7:0] TABLE_RATE = `WEIR_TABLE_ARP_RATE;
    localparam [15:0] RATE_RESET = `WEIR_ARP_RATE_RESET;

    // What a packet of Ethernet and IPv4 has at bytes 12 to 19: type, hardware and protocol, and their address lengths.
    function [7:0] preset;
        input [2:0] place; // position modulo 8
        case (place)
            3'd4:    preset = 8'h08; // 12
            3'd5:    preset = 8'h06;
            3'd6:    preset = 8'h00;
            3'd7:    preset = 8'h01;
            3'd0:    preset = 8'h08; // 16
            3'd1:    preset = 8'h00;
            3'd2:    preset = 8'h06;
            default: preset = 8'h04;
        endcase
    endfunction

    // ---- Judging ----
    reg  malformed;
    reg  request;
    reg  sender_ours;
    wire target_ours;

    wire in_preset = s_position[5:2] == 4'd3 || s_position[5:2] == 4'd4; // 12 to 19
    wire in_sender = s_position[5:2] == 4'd7;                               // 28 to 31
    wire in_target = s_position[5:1] == 5'd19 || s_position[5:1] == 5'd20;  // 38 to 41

    reg  odd; // the byte before was not as it must be
    always @(posedge clk) begin
        odd <= s_valid && ((in_preset && s_data != preset(s_position[2:0])) || (s_position == 6'd20 && s_data != 8'd0) ||
                           (s_position == 6'd21 && s_data != 8'd1 && s_data != 8'd2) || (s_position == 6'd22 && s_data[0]));
        if (odd) malformed <= 1'b1;
        if (s_valid) begin
            if (s_position == 6'd21) request     <= s_data[0];
            if (s_position == 6'd41) sender_ours <= target_ours; // the table has just been asked for the sender
        end
        if (rst || ended) malformed <= 1'b0;
    end

    // The table is still being asked for the sender when the target's first byte comes: that goes in a clock later.
    reg        shift_target;
    reg  [7:0] data_q;
    always @(posedge clk) begin
        shift_target <= s_valid && in_target;
        data_q       <= s_data;
    end
    reg        target_whole; // `shift_target` of its last byte
    always @(posedge clk) target_whole <= s_valid && s_position == 6'd41;

    arp_table #(.ENTRIES(ENTRIES)) addresses (
        .clk(clk), .rst(rst),
        .cfg_valid(cfg_valid), .cfg_table(cfg_table), .cfg_index(cfg_index), .cfg_data(cfg_data),
        .s_valid(shift_target || (s_valid && in_sender)), .s_data(shift_target ? data_q : s_data),
        .s_last(target_whole || (s_valid && s_position == 6'd31)), .hit(target_ours));

    assign request_ours   = !malformed && request && target_ours && !sender_ours;
    assign request_others = !malformed && request && !conflict && !request_ours;
    assign conflict       = !malformed && sender_ours && !sender_is_station;

    // ---- Keeping: arp_queue says where ----
    wire in_hardware = s_position[5:1] == 5'd11 || s_position[5:1] == 5'd12 || s_position[5:1] == 5'd13; // 22 to 27
    wire in_station  = s_position[5:2] == 4'd8 || s_position[5:1] == 5'd18;                             // 32 to 37: ours instead
    reg  room;       // for this request
    reg  put_station;
    always @(posedge clk) begin
        if (s_valid && s_position == 6'd21) room <= m_room;
        m_en        <= s_valid && room && (in_hardware || in_sender || in_station || in_target);
        m_place     <= {in_sender, s_position[3:0] + (s_position[5] ? 4'd6 : 4'd10)};
        put_station <= in_station;
        if (rst) m_en <= 1'b0;
    end
    assign m_data = put_station ? station_byte : data_q;

    // ---- Rate ----
    reg  [15:0] interval;
    reg         interval_new;
    wire        allowed;
    always @(posedge clk) begin
        interval_new <= 1'b0;
        if (cfg_valid && cfg_table == TABLE_RATE && cfg_index == 8'd0) begin
            interval     <= cfg_data[15:0];
            interval_new <= 1'b1;
        end
        if (rst) begin
            interval     <= RATE_RESET;
            interval_new <= 1'b1;
        end
    end
    rate_limit rate (
        .clk(clk), .rst(rst), .byte_time(byte_time), .restart(interval_new), .interval(interval), .allowed(allowed), .take(m_commit)
    );

    // ---- Answering ----
    assign m_commit = answer && allowed && room;

    always @(posedge clk) begin
        ev_rate_limited <= answer && !allowed && !rst;
        ev_queue_full   <= answer && allowed && !room && !rst;
    end
endmodule

`default_nettype wire
