// SPDX-License-Identifier: BSD-2-Clause
//
// Walks through a received frame's header for coalesce_flow: says of each byte what a frame must have in common with its flow's
// head there, and gathers the fields that differ from segment to segment.
//
//     ADDRESSES ─12→ TYPE ─0800→ IPV4 ─20→ TCP ─20→ OPTIONS → BODY
//                    ↑  ├─86DD→ IPV6 ─40───┘ └─no options────┘
//                    └TAG (8100, 88A8; at most two)
//
// A frame ends in exactly one of `reject` and `go`. Rejected: anything but TCP behind IPv4 without options, no fragment, or
// behind IPv6 without extension headers. `go` comes with the header's last byte where payload follows, with the frame's last byte
// where none does: there even Ethernet's padding is compared. Then the fields hold until the next frame begins.
`default_nettype none
`include "weir_link.vh"

module coalesce_header (
    input  wire        clk,
    input  wire        rst,

    input  wire        s_valid,
    input  wire [7:0]  s_data,
    input  wire        s_first,
    input  wire        s_last,
    input  wire        s_active,      // with s_first: the frame may take part

    // The byte at hand, while neither reject nor go has come
    output wire        watching,
    output wire [6:0]  position,      // of s_data in the frame, while watching
    output reg         of_flow,       // tells flows apart
    output reg         of_run,        // the same in all segments of a run
    output reg         of_ack,        // the same in all pure acknowledgements that share a head
    output wire [7:0]  compared,      // s_data, without the TCP flags that may end a run
    output wire        reject,
    output wire        go,

    // What a short record carries: bytes for coalescer's notes
    output reg         note,
    output reg  [3:0]  note_index,    // PURE_ACK: lowest bits of the record's offset; CONTINUES: 8 more
    output reg  [7:0]  note_data,

    // The fields
    output reg  [31:0] seq_number,
    output reg  [15:0] ip_id,
    output reg         ipv6,
    output reg         dont_fragment,
    output reg  [7:0]  tcp_flags,
    output reg         odd_checksum,  // FFFF, which a host that rebuilds would write as 0000
    output reg  [15:0] left,          // from go on: TCP payload by IP's length
    output reg  [6:0]  header_length
);
    localparam [2:0] ADDRESSES = 0, TYPE = 1, TAG = 2, IPV4 = 3, IPV6 = 4, TCP = 5, OPTIONS = 6, BODY = 7;

    reg  [2:0] state_r;
    reg  [5:0] count_r;   // byte within the state
    reg  [6:0] position_r;
    reg        pending;   // a frame without reject or go yet
    reg  [7:0] previous;  // the byte before
    reg  [1:0] tags;
    reg  [3:0] words;     // of TCP's options, still to come
    reg        room;      // eight words of header or more hold a whole time stamp option
    reg        usual;     // the options begin with NOP, NOP, time stamp (RFC 7323 appendix A)

    wire [2:0] state = s_first ? ADDRESSES : state_r;
    wire [5:0] count = s_first ? 6'd0 : count_r;
    assign position  = s_first ? 7'd0 : position_r;

    wire       vlan  = {previous, s_data} == 16'h8100 || {previous, s_data} == 16'h88A8;
    wire       ipv4  = {previous, s_data} == 16'h0800;
    wire       ip_6  = {previous, s_data} == 16'h86DD;
    wire       flags = state == TCP && count == 6'd13;
    wire       stamp = state == OPTIONS && usual && room && (count == 6'd7 || count == 6'd11);

    // ---- Is it ours, and where does its header end? ----
    reg  wrong;
    always @* case (state)
        TYPE:    wrong = count[0] && !(vlan && !tags[1]) && !ipv4 && !ip_6;
        IPV4:    wrong = (count == 6'd0 && s_data != 8'h45) || (count == 6'd6 && (s_data & 8'hBF) != 8'd0) ||
                         (count == 6'd7 && s_data != 8'd0) || (count == 6'd9 && s_data != 8'd6);
        IPV6:    wrong = (count == 6'd0 && s_data[7:4] != 4'd6) || (count == 6'd6 && s_data != 8'd6);
        TCP:     wrong = count == 6'd12 && s_data[7:4] < 4'd5;
        BODY:    wrong = &position && !s_last;
        default: wrong = 1'b0;
    endcase

    wire in_tcp = state == TCP || state == OPTIONS;
    wire ends   = (state == TCP && count == 6'd19 && words == 4'd0) ||
                  (state == OPTIONS && count[1:0] == 2'd3 && words == 4'd1); // the header
    wire empty  = left == 16'd1; // no payload behind this byte

    assign watching = s_valid && (s_first ? s_active : pending);
    assign go       = watching && !wrong && (ends ? !empty || s_last : state == BODY && s_last);
    assign reject   = s_valid && (s_first ? !s_active || s_last : pending && (wrong || (s_last && !go)));
    assign compared = flags ? s_data & 8'hF6 : s_data;

    always @(posedge clk) begin
        if (s_valid) begin
            pending    <= watching && !go && !reject;
            previous   <= s_data;
            position_r <= position + 7'd1;
            count_r    <= count + 6'd1;
            state_r    <= state;
            case (state)
                ADDRESSES: begin
                    tags <= 2'd0;
                    if (count == 6'd11) {state_r, count_r} <= {TYPE, 6'd0};
                end
                TYPE: if (count[0]) begin
                    {state_r, count_r} <= {vlan ? TAG : ipv4 ? IPV4 : IPV6, 6'd0};
                    tags <= {tags[0], 1'b1};
                    ipv6 <= ip_6;
                end
                TAG:  if (count[0]) {state_r, count_r} <= {TYPE, 6'd0};
                IPV4: if (count == 6'd19) {state_r, count_r} <= {TCP, 6'd0};
                IPV6: if (count == 6'd39) {state_r, count_r} <= {TCP, 6'd0};
                TCP:  begin
                    if (count == 6'd12) words <= s_data[7:4] - 4'd5;
                    if (count == 6'd12) room  <= s_data[7]; // 8 words or more
                    if (count == 6'd19) {state_r, count_r} <= {words == 4'd0 ? BODY : OPTIONS, 6'd0};
                end
                OPTIONS: if (count[1:0] == 2'd3) begin
                    words <= words - 4'd1;
                    if (words == 4'd1) state_r <= BODY;
                end
                default: ;
            endcase
            if (watching && ends) header_length <= position + 7'd1;
        end
        if (rst) pending <= 1'b0;
    end

    // ---- Fields ----
    always @(posedge clk) if (watching) begin
        if (state == ADDRESSES) {ip_id, odd_checksum, dont_fragment} <= 18'd0;
        case (state)
            IPV4: begin
                if (count == 6'd4 || count == 6'd5) ip_id <= {ip_id[7:0], s_data};
                if (count == 6'd6) dont_fragment <= s_data[6];
                if (count == 6'd11 && {previous, s_data} == 16'hFFFF) odd_checksum <= 1'b1;
            end
            TCP: begin
                if (count[5:2] == 4'd1) seq_number <= {seq_number[23:0], s_data};
                if (flags) tcp_flags <= s_data;
                if (count == 6'd17 && {previous, s_data} == 16'hFFFF) odd_checksum <= 1'b1;
                usual <= 1'b1;
            end
            OPTIONS: case (count)
                6'd0, 6'd1: if (s_data != 8'd1) usual <= 1'b0;
                6'd2: if (s_data != 8'd8) usual <= 1'b0;
                6'd3: if (s_data != 8'd10) usual <= 1'b0;
                default: ;
            endcase
            default: ;
        endcase

        // IPv4 counts its header with the packet, IPv6 does not. What was before the length is taken off with the byte behind.
        if ((state == IPV4 && count == 6'd2) || (state == IPV6 && count == 6'd4)) left[15:8] <= s_data;
        else if ((state == IPV4 && count == 6'd3) || (state == IPV6 && count == 6'd5)) left[7:0] <= s_data;
        else if (state == IPV4 || in_tcp) left <= left - (state == IPV4 && count == 6'd4 ? 16'd5 : 16'd1);
    end

    // ---- What the byte must have in common with the head ----
    always @* begin
        {of_flow, of_run} = 2'b00;
        of_ack = 1'b1;
        case (state)
            ADDRESSES, TYPE, TAG: of_flow = 1'b1;
            IPV4: begin
                of_flow = count >= 6'd12;
                of_run  = count == 6'd1 || (count >= 6'd6 && count <= 6'd8);
                of_ack  = count != 6'd5 && count != 6'd10 && count != 6'd11;
            end
            IPV6: begin
                of_flow = count >= 6'd8;
                of_run  = count <= 6'd3 || count == 6'd7;
            end
            TCP: begin
                of_flow = count <= 6'd3;
                of_run  = count >= 6'd8 && count != 6'd16 && count != 6'd17; // sequence numbers are counted
                of_ack  = count != 6'd10 && count != 6'd11 && !(count >= 6'd14 && count <= 6'd17);
            end
            OPTIONS: begin
                of_run = 1'b1;
                of_ack = !stamp;
            end
            default: ;
        endcase
    end

    // ---- Notes. All that some frame lacks is zero at first; the identification's low byte goes to two places. ----
    always @* begin
        note       = 1'b0;
        note_index = 4'd0;
        note_data  = s_data;
        case (state)
            ADDRESSES: {note, note_index, note_data} = {1'b1, ~count[3:0], 8'd0};
            TYPE:      {note, note_index, note_data} = {1'b1, 4'd0, 8'd0};
            IPV4: case (count)
                6'd4: {note, note_index} = {1'b1, 4'd13};
                6'd5: {note, note_index} = {1'b1, 4'd12};
                6'd6: {note, note_index, note_data} = {1'b1, 4'd6, previous};
                default: ;
            endcase
            TCP: case (count)
                6'd10: {note, note_index} = {1'b1, 4'd3};
                6'd11: {note, note_index} = {1'b1, 4'd2};
                6'd13: {note, note_index} = {1'b1, 4'd10};
                6'd14: {note, note_index} = {1'b1, 4'd5};
                6'd15: {note, note_index} = {1'b1, 4'd4};
                default: ;
            endcase
            OPTIONS: {note, note_index} = {stamp, count == 6'd7 ? 4'd7 : 4'd0};
            default: ;
        endcase
        if (!watching) note = 1'b0;
    end
endmodule

`default_nettype wire
