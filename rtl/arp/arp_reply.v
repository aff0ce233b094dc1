// SPDX-License-Identifier: BSD-2-Clause
//
// Answers ARP requests for the card's addresses (RFC 826, RFC 5227) while the host sleeps.
//
// The request is judged, and what the reply needs of it is kept, as it passes. When the rest of the card has found the frame
// good, `answer` sends 42 bytes off in the next clock. Two requests' worth are kept, so that the next one may arrive
// while a reply is still leaving.
//
// Only plain Ethernet and IPv4 are answered: behind a VLAN tag, or with a group address for a sender, a request is the
// host's. One that claims our own IP address gets no answer: it is a conflict, or our own frame come back.
//
// The frame cannot wait. `ended` is high the clock after s_last, without s_valid; the verdicts hold from byte 49 until then.
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
    input  wire [47:0] station,
    input  wire        sender_is_station, // ARP's sender hardware address is the station's

    output wire        request_ours,   // a request that the card answers
    output wire        request_others, // any other well-formed request
    output wire        conflict,       // someone else's ARP packet with one of our addresses as sender
    input  wire        answer,         // with ended: answer this request

    output reg         m_valid,        // the reply, without padding and FCS
    input  wire        m_ready,
    output wire [7:0]  m_data,
    output reg         m_last,
    input  wire        room,           // the sink has room for a whole reply

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
    reg  search;
    wire target_ours;
    reg  [31:0] key; // sender, later target protocol address

    wire in_preset = s_position[5:2] == 4'd3 || s_position[5:2] == 4'd4; // 12 to 19
    wire in_sender = s_position[5:2] == 4'd7;                               // 28 to 31
    wire in_target = s_position[5:1] == 5'd19 || s_position[5:1] == 5'd20;  // 38 to 41

    always @(posedge clk) begin
        search <= s_valid && (s_position == 6'd31 || s_position == 6'd41);
        if (s_valid) begin
            if (in_sender || in_target) key <= {key[23:0], s_data};
            if (in_preset && s_data != preset(s_position[2:0]))             malformed <= 1'b1;
            if (s_position == 6'd20 && s_data != 8'd0)                      malformed <= 1'b1;
            if (s_position == 6'd21 && s_data != 8'd1 && s_data != 8'd2)    malformed <= 1'b1;
            if (s_position == 6'd21) request     <= s_data[0];
            if (s_position == 6'd22 && s_data[0])                           malformed <= 1'b1;
            if (s_position == 6'd38) sender_ours <= target_ours; // the table has just been asked for the sender
        end
        if (rst || ended) malformed <= 1'b0;
    end

    arp_table #(.ENTRIES(ENTRIES)) addresses (
        .clk(clk), .rst(rst),
        .cfg_valid(cfg_valid), .cfg_table(cfg_table), .cfg_index(cfg_index), .cfg_data(cfg_data),
        .search(search), .key(key), .hit(target_ours));

    assign request_ours   = !malformed && request && target_ours && !sender_ours;
    assign request_others = !malformed && request && !conflict && !request_ours;
    assign conflict       = !malformed && sender_ours && !sender_is_station;

    // ---- Keeping: hardware address at 0, sender's IP address at 8, target's at 12, in one of two banks ----
    reg  [7:0] kept[0:31];
    reg        bank;
    wire       in_hardware = s_position[5:1] == 5'd11 || s_position[5:1] == 5'd12 || s_position[5:1] == 5'd13; // 22 to 27
    reg  [3:0] place;
    always @* begin
        place = {1'b0, s_position[2:0] + 3'd2};
        if (in_sender) place = {2'b10, s_position[1:0]};
        if (in_target) place = {2'b11, s_position[1:0] ^ 2'b10};
    end
    reg        keep;
    reg  [4:0] keep_place;
    reg  [7:0] keep_data;
    always @(posedge clk) begin
        keep       <= s_valid && (in_hardware || in_sender || in_target);
        keep_place <= {bank, place};
        keep_data  <= s_data;
        if (keep) kept[keep_place] <= keep_data;
    end

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
        .clk(clk), .rst(rst), .byte_time(byte_time), .restart(interval_new), .interval(interval), .allowed(allowed), .take(start)
    );

    // ---- Replying, in two steps: which byte (ready for byte 0 while idle), and the byte itself ----
    reg        busy;      // the first step holds a byte of a reply
    reg  [5:0] position;  // of the next one
    wire       step  = m_ready || !m_valid;
    wire       start = answer && allowed && room && !busy && !m_valid;

    reg  [3:0] pick_place; // in `kept`
    reg        pick_kept;
    reg  [7:0] pick_other;
    reg        pick_last;

    always @(posedge clk) begin
        ev_rate_limited <= answer && !allowed;
        ev_queue_full   <= answer && allowed && !start;
        if (start) begin
            busy     <= 1'b1;
            bank     <= !bank;
            position <= 6'd1;
        end else if (busy && step) begin
            position <= pick_last ? 6'd0 : position + 6'd1;
            busy     <= !pick_last;
        end
        if (rst) begin
            busy            <= 1'b0;
            bank            <= 1'b0;
            position        <= 6'd0;
            ev_rate_limited <= 1'b0;
            ev_queue_full   <= 1'b0;
        end
    end

    // Bytes 6 to 11 and 22 to 27 are the station's address, whose first byte stands at 6 modulo 8 both times.
    reg  [7:0] own;
    always @*
        case (position[2:0])
        3'd6:    own = station[47:40];
        3'd7:    own = station[39:32];
        3'd0:    own = station[31:24];
        3'd1:    own = station[23:16];
        3'd2:    own = station[15:8];
        default: own = station[7:0];
        endcase

    wire out_preset = position[5:2] == 4'd3 || position[5:2] == 4'd4;   // 12 to 19
    wire out_oper   = position[5:1] == 5'd10;                           // 20, 21
    wire out_target = position[5:2] == 4'd7;                            // 28 to 31: the sender now, the request's target
    wire out_sender = position[5:1] == 5'd19 || position[5:1] == 5'd20; // 38 to 41: the request's sender
    wire out_first  = position[5:2] == 4'd0 || position[5:1] == 5'd2;   // 0 to 5, the requester, as in 32 to 37

    always @(posedge clk)
        if (step || !busy) begin
            pick_place <= out_target ? {2'b11, position[1:0]} :
                          out_sender ? {2'b10, position[1:0] ^ 2'b10} : {1'b0, position[2:0]};
            pick_kept  <= position[5] || out_target || out_first;
            pick_other <= out_preset ? preset(position[2:0]) : out_oper ? {6'd0, position[0], 1'b0} : own;
            pick_last  <= position == 6'd41;
        end

    reg  [7:0] kept_q;
    reg  [7:0] other_q;
    reg        from_kept;
    always @(posedge clk) begin
        if (step) begin
            kept_q    <= kept[{!bank, pick_place}];
            from_kept <= pick_kept;
            other_q   <= pick_other;
            m_valid   <= busy;
            m_last    <= pick_last;
        end
        if (rst) m_valid <= 1'b0;
    end
    assign m_data = from_kept ? kept_q : other_q;
endmodule

`default_nettype wire
