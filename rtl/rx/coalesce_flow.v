// SPDX-License-Identifier: BSD-2-Clause
//
// Remembers the headers of four TCP flows and tells of each frame what it is to them: the continuation of a run, another pure
// acknowledgement like the head, a new head, or nothing. coalesce_header walks through the frame.
//
// Why five lanes for four flows: a lane is a memory for one header. All lanes give their byte at once to be compared, but one,
// which takes the header that comes in. If that is to be a head, the lane becomes its flow's, and a free one takes the next
// header: no copy. A lane's number, 1 to 5, is the flow's number on the link.
//
// The rules are as strict as Linux GRO's (net/ipv4/tcp_offload.c, af_inet.c, net/ipv6/ip6_offload.c) or stricter:
//   - a frame continues its flow's run if its sequence number is the next one, its payload no longer than the head's and nothing
//     behind it, and all else is as in the head (coalesce_header's of_run: TOS with ECN, TTL, DF, flow label, acknowledgement
//     number, window, ECE, options), but lengths, checksums, PSH, FIN and IPv4's identification. That is one more than the
//     segment's before, or with DF the same: the run's second segment decides which. PSH, FIN or less payload end the run.
//   - a pure acknowledgement is like the head if the head is one and only what the record can carry differs.
//   - SYN, RST, URG, CWR, no ACK, a checksum of FFFF, padding behind data: the flow is forgotten, the frame nothing to it.
//   - other data with PSH or FIN: the same, since nothing may continue it. All else is a new head.
//
// Each comparison is with the flow's head, and the run's segments agree with it, so with each other: a segment that has to go
// whole, since the head was in another transfer, is as good a head for what follows.
`default_nettype none

module coalesce_flow (
    input  wire        clk,
    input  wire        rst,
    input  wire        forget,        // all flows

    // From coalesce_header; the fields hold from the clock after s_go until m_valid
    input  wire        s_watching,
    input  wire        s_first,
    input  wire [6:0]  s_position,
    input  wire [7:0]  s_data,
    input  wire [7:0]  s_compared,
    input  wire        s_of_flow,
    input  wire        s_of_run,
    input  wire        s_of_ack,
    input  wire        s_go,
    input  wire [31:0] s_sequence,
    input  wire [15:0] s_ip_id,
    input  wire        s_ipv6,
    input  wire        s_dont_fragment,
    input  wire [7:0]  s_tcp_flags,
    input  wire        s_odd_checksum,
    input  wire [15:0] s_payload,     // bytes, by IP's length
    input  wire [6:0]  s_header_length,
    input  wire [15:0] s_length,      // of the frame

    output reg         m_valid,       // pulse: the verdict
    output reg  [2:0]  m_flow,        // 1 to 5, or 0: nothing to any flow
    output reg         m_continues,
    output reg         m_repeats,     // a pure acknowledgement like the head
    output reg         m_ack          // a pure acknowledgement
);
    localparam [7:0] FIN = 8'h01, PSH = 8'h08, ACK = 8'h10, ECE = 8'h40;

    // ---- Lanes ----
    reg  [4:0] used;      // a flow's header is in it; at most four are
    reg  [4:0] incoming;  // one hot: takes the header that comes in; not used
    reg  [4:0] same_flow, same_run, same_ack; // all bytes so far agree
    reg  [4:0] equal;     // the byte of three clocks ago is
    reg  [19:0] agree;    // two bits each of the byte of two clocks ago are: a block RAM takes half a clock to give its byte
    reg  [4:0] of_acks;   // the head is a pure acknowledgement
    reg  [4:0] id_known, id_fixed; // the run's second segment was there; it had its predecessor's identification
    reg  [7:0] compared;
    reg        first, first_2, first_3, of_flow, of_flow_2, of_flow_3, of_run, of_run_2, of_run_3, of_ack, of_ack_2, of_ack_3;

    (* ram_style = "block" *) reg [39:0] memory[0:127]; // a byte a lane
    reg  [39:0] heads;
    integer     i, j;

    always @(posedge clk) begin
        for (i = 0; i < 5; i = i + 1) begin
            if (s_watching && incoming[i]) memory[s_position][8*i +: 8] <= s_data;
            for (j = 0; j < 4; j = j + 1) agree[4*i + j] <= heads[8*i + 2*j +: 2] == compared[2*j +: 2];
            equal[i] <= &agree[4*i +: 4];
        end
        heads <= memory[s_position];
    end

    always @(posedge clk) begin
        compared <= s_compared;
        first    <= s_watching && s_first;
        of_flow  <= s_watching && s_of_flow;
        of_run   <= s_watching && s_of_run;
        of_ack   <= s_watching && s_of_ack;
        {first_2, of_flow_2, of_run_2, of_ack_2} <= {first, of_flow, of_run, of_ack};
        {first_3, of_flow_3, of_run_3, of_ack_3} <= {first_2, of_flow_2, of_run_2, of_ack_2};
        same_flow <= (same_flow | {5{first_3}}) & (equal | {5{!of_flow_3}});
        same_run  <= (same_run  | {5{first_3}}) & (equal | {5{!of_run_3}});
        same_ack  <= (same_ack  | {5{first_3}}) & (equal | {5{!of_ack_3}});
    end

    function [2:0] number; // of a lane: its bit
        input [4:0] bits;
        number = {bits[4] | bits[3], bits[2] | bits[1], bits[4] | bits[2] | bits[0]};
    endfunction

    // ---- The frame by itself ----
    wire data    = s_payload != 16'd0;
    wire pushed  = (s_tcp_flags & (PSH | FIN)) != 8'd0;
    wire proper  = (s_tcp_flags & ~(PSH | FIN | ECE)) == ACK && !s_odd_checksum;
    wire segment = proper && data && s_payload == s_length - {9'd0, s_header_length};
    wire is_ack    = s_tcp_flags == ACK && !data && !s_odd_checksum;

    // ---- Steps: 4 to 7 read a flow's words, 5 to 8 compare them, 9 is the verdict, 10 to 13 write the words ----
    reg        gone;      // a clock ago, and step 1 begins
    reg  [3:0] step;
    reg  [4:0] hit;       // lane of the frame's flow, or none
    reg        hit_segment, hit_ack; // it may continue it, repeat it, but for the words
    reg        in_order, id_next, id_same, shorter, as_long;
    reg  [2:0] target;    // number of the lane to write to
    reg        carry;

    reg  [15:0] words[0:31]; // {lane's number, word}: sequence number to come (lower, upper half), last identification, head's length
    reg  [15:0] stored;
    reg  [15:0] operand;
    wire        writing = step >= 4'd10;
    wire [1:0]  word    = writing ? {!step[1], step[0]} : step[1:0] - 2'd1; // of operand
    wire [16:0] sum     = {1'b0, operand} + {1'b0, !writing ? ~stored : word == 2'd0 ? s_payload : 16'd0} +
                          {16'd0, !writing || (word == 2'd1 && carry)};
    wire [15:0] difference = sum[15:0];

    always @* case (word)
        2'd0: operand = s_sequence[15:0];
        2'd1: operand = s_sequence[31:16];
        2'd2: operand = s_ip_id;
        default: operand = s_length;
    endcase

    always @(posedge clk) stored <= words[{number(hit), step[1:0]}]; // for the next step
    always @(posedge clk) if (writing) words[{target, word}] <= sum[15:0];

    // ---- The verdict ----
    wire       flow_known  = |(hit & id_known);
    wire       id_right    = s_ipv6 || (flow_known ? (|(hit & id_fixed) ? id_same : id_next) : id_next || (id_same && s_dont_fragment));
    wire       continues   = hit_segment && in_order && id_right && (shorter || as_long);
    wire       repeats     = hit_ack && as_long;
    wire       becomes     = !continues && !repeats && (is_ack || (segment && !pushed));
    wire       ends        = hit != 5'd0 && !repeats && (continues ? pushed || shorter : 1'b1); // what the lane of `hit` held
    wire [4:0] free        = ~(used | incoming);
    wire [4:0] next_lane   = hit != 5'd0 ? hit : free != 5'd0 ? free & -free : {incoming[3:0], incoming[4]};

    always @(posedge clk) begin
        gone <= s_go && !rst;
        step <= gone ? 4'd1 : step == 4'd13 || step == 4'd0 ? 4'd0 : step + 4'd1;
        case (step)
            // All comparisons have arrived.
            4'd3: hit <= used & same_flow;
            4'd5: begin
                in_order    <= difference == 16'd0;
                hit_segment <= segment && |(hit & same_run & ~of_acks);
                hit_ack     <= is_ack && |(hit & same_ack & of_acks);
            end
            4'd6: in_order <= in_order && difference == 16'd0;
            4'd7: begin
                id_same <= difference == 16'd0;
                id_next <= difference == 16'd1;
            end
            4'd8: begin
                as_long <= difference == 16'd0;
                shorter <= !sum[16];
            end
            default: ;
        endcase
        if (writing) carry <= sum[16];

        m_valid <= step == 4'd13;
        if (step == 4'd9) begin
            m_flow      <= becomes ? number(incoming) : continues || repeats ? number(hit) : 3'd0;
            m_continues <= continues;
            m_repeats   <= repeats;
            m_ack       <= is_ack;
            target      <= becomes ? number(incoming) : number(hit);
            if (continues) begin
                id_known <= id_known | hit;
                if (!flow_known) id_fixed <= id_same ? id_fixed | hit : id_fixed & ~hit;
            end
            if (ends) used <= used & ~hit;
            if (becomes) begin
                used     <= used & ~next_lane | incoming;
                incoming <= next_lane;
                id_known <= id_known & ~incoming;
                of_acks  <= is_ack ? of_acks | incoming : of_acks & ~incoming;
            end
        end

        if (forget) used <= 5'd0;
        if (rst) begin
            used     <= 5'd0;
            incoming <= 5'd1;
            step     <= 4'd0;
            m_valid  <= 1'b0;
        end
    end
endmodule

`default_nettype wire
