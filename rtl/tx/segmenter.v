// SPDX-License-Identifier: BSD-2-Clause
//
// Cuts a superframe into frames of at most gso_size bytes of payload, and puts TCP and UDP checksums in. A plain frame is a
// superframe of one segment without a header to repeat.
//
// Why payload first: a checksum stands before the bytes that it sums. Each segment's payload is written behind a gap and
// summed on the way; then the header, changed, fills the gap; the checksums, known by then, go in last, wherever in the
// frame they belong. One copy, no second pass: payload + header + 10 clocks a segment, a byte each clock of the payload.
//
//   IDLE -> CHECK -> LOAD -> PLAN -> LENGTH -> ROOM -> PAYLOAD -> TURN -> HEADER -> TAIL -+-> IDLE
//             |  plain ------^ ^        |       |                  | plain ------^        |
//             +-> SKIP <-------|--------+-------+                                         |
//                              +----------------- next segment ---------------------------+
//
// SKIP lets a record pass that cannot be sent. A record that is withdrawn (s_abort) leaves the segments already committed
// and nothing of the open one.
//
// Where a sum comes out as zero the checksum is as Linux has it: FFFFh in a frame of its own (skb_checksum_help) and in UDP,
// which needs it (RFC 768); 0000h in one of several TCP segments (gso_make_checksum), which takes either.
//
// MAX_FRAME: the longest frame sent, in bytes without FCS, 256 to 65,535 and below the memory's size.
// ADDR_WIDTH: the packet memory's, at most 16.
`default_nettype none
`include "weir_link.vh"

module segmenter #(
    parameter MAX_FRAME  = 1518,
    parameter ADDR_WIDTH = 14
) (
    input  wire        clk,
    input  wire        rst,

    // The record's descriptor (record_parser checked that flags and type are known ones, and the length)...
    input  wire        s_rec_valid,
    output wire        s_rec_ready,
    input  wire [7:0]  s_rec_flags,
    input  wire [3:0]  s_rec_gso_type,
    input  wire [15:0] s_rec_gso_size,
    input  wire [7:0]  s_rec_hdr_len,
    input  wire [15:0] s_rec_csum_start,
    input  wire [15:0] s_rec_csum_offset,
    input  wire [17:0] s_rec_length,
    // ...and then its bytes; with s_abort, no byte but the record's early end.
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [7:0]  s_data,
    input  wire        s_last,
    input  wire        s_abort,

    // lib/packet_memory's write side.
    output reg                   wr_en,
    output reg  [ADDR_WIDTH-1:0] wr_offset,
    output reg  [7:0]            wr_data,
    output reg                   wr_commit,
    output wire [ADDR_WIDTH-1:0] wr_length,
    input  wire [ADDR_WIDTH:0]   wr_free,
    input  wire                  wr_ready,

    // A record was sent whole; a frame was committed; one with a checksum put in; a record was not sent whole.
    output reg         ev_superframe,
    output reg         ev_segment,
    output reg         ev_csum_inserted,
    output reg         ev_bad_record
);
    localparam [3:0] IDLE = 0, CHECK = 1, LOAD = 2, PLAN = 3, LENGTH = 4, ROOM = 5, PAYLOAD = 6, TURN = 7, HEADER = 8,
                     TAIL = 9, SKIP = 10;
    localparam [15:0] TCP_CHECKSUM = 16, UDP_CHECKSUM = 6;  // offsets in the L4 header
    localparam BITS = $clog2(MAX_FRAME + 1);  // of an offset in a frame

    reg [3:0]  state;
    reg [2:0]  step;           // in TAIL
    reg        needs_csum;
    reg        id_fixed;
    reg        tso6, tso4;     // what gso_type has in common with TCPV6 and TCPV4; UDP_L4 with both
    reg [15:0] gso_size;
    reg [7:0]  hdr_len;        // bytes repeated in each segment
    reg        csum_of_l4;     // csum_offset is gso_type's
    reg [15:0] csum_start;
    reg [16:0] csum_at;        // where in the frame the checksum goes
    reg [17:0] remaining;      // bytes of the record not yet planned for; from CHECK on one less, so that the sign tells the last segment
    reg        no_payload;     // the record's bytes ended with its header
    reg        early;          // or before
    reg        misplaced;      // a plain frame has no room for its checksum
    reg        all_fits;       // what remains, in one segment; of a clock before PLAN
    reg        first_segment, last_segment;
    reg [17:0] frame_length;
    reg [BITS-1:0] offset;     // in the frame, of the byte in hand
    reg        summing;        // past csum_start

    wire gso   = tso4 || tso6;
    wire udp   = tso4 && tso6;
    wire [3:0] l4_type = s_rec_gso_type & ~4'd`WEIR_GSO_ECN;
    wire abort = s_valid && s_ready && s_abort;
    wire take  = s_valid && s_ready && !s_abort;

    assign s_rec_ready = state == IDLE;
    assign s_ready = state == LOAD || state == PAYLOAD || state == SKIP || (state == ROOM && s_abort);

    // ---- What fits, and what cannot be sent
    // One subtraction serves two questions: what is left behind a superframe's header, what is left behind this segment. hdr_len
    // of a plain frame is not looked at.
    wire        checking = state == CHECK;
    wire [15:0] part = checking ? {8'd0, hdr_len} : gso_size;
    wire [17:0] rest;
    wire        unused_bit;
    assign {rest, unused_bit} = {remaining, 1'b1} + {2'b11, ~part, !checking};  // one more is taken off in CHECK
    wire        gso_sound = needs_csum && csum_of_l4 && gso_size != 0 && hdr_len != 0;
    wire        descriptor_bad = gso ? !gso_sound : id_fixed;
    wire        header_bad;

    wire size_bad = {14'd0, frame_length} > MAX_FRAME || (frame_length[17:4] == 0 && frame_length[3:0] < 14);
    reg  fits;                 // of a clock before; room only grows
    wire room     = wr_ready && fits;
    always @(posedge clk) fits <= wr_free >= {{(ADDR_WIDTH+1-BITS){1'b0}}, frame_length[BITS-1:0]};

    wire [BITS-1:0] offset_next  = offset + 1'b1;
    wire [BITS:0]   rest_of_frame = {1'b0, frame_length[BITS-1:0]} - {1'b0, offset};
    wire [15:0]     to_frame_end = {{(16-BITS){1'b0}}, rest_of_frame[BITS-1:0]};
    wire commit        = state == TAIL && step == 5;
    wire at_frame_end  = rest_of_frame == 1;

    // Of the byte in hand, found out a clock before: these are on the way to everything that depends on a header's fields.
    reg        at_csum_start, at_header_end;
    wire       moves    = ((state == LOAD || state == PAYLOAD) && take) || state == HEADER;
    wire [7:0] hdr_last = hdr_len - 8'd1;
    always @(posedge clk) begin
        if (state == ROOM) at_csum_start <= {8'd0, hdr_len} == csum_start;
        else at_csum_start <= moves ? {{(16-BITS){1'b0}}, offset_next} == csum_start : {{(16-BITS){1'b0}}, offset} == csum_start;
        if (state == TURN) at_header_end <= hdr_last == 0;
        else at_header_end <= moves ? offset_next[7:0] == hdr_last : offset[7:0] == hdr_last;
    end

    always @(posedge clk) begin
        case (state)
            IDLE:    if (s_rec_valid) state <= CHECK;
            CHECK:   state <= descriptor_bad ? SKIP : gso ? LOAD : PLAN;
            LOAD:    if (abort) state <= IDLE;
                     else if (take && (at_header_end || s_last)) state <= PLAN;
            PLAN:    state <= !header_bad && !early ? LENGTH : no_payload ? IDLE : SKIP;
            LENGTH:  state <= size_bad ? SKIP : ROOM;
            ROOM:    if (abort) state <= IDLE;
                     else if (misplaced) state <= SKIP;
                     else if (room) state <= no_payload ? TURN : PAYLOAD;
            PAYLOAD: if (abort) state <= IDLE;
                     else if (take && at_frame_end) state <= TURN;
            TURN:    state <= gso ? HEADER : TAIL;
            HEADER:  if (at_header_end) state <= TAIL;
            TAIL:    if (step == 5) state <= last_segment ? IDLE : PLAN;
            default: if (abort || (take && s_last)) state <= IDLE;  // SKIP
        endcase
        if (rst) state <= IDLE;
    end

    wire [17:0] planned;
    wire        unused_too;
    assign {planned, unused_too} = {10'd0, hdr_len, 1'b1} + {all_fits ? remaining : {2'd0, gso_size}, all_fits};

    always @(posedge clk) begin
        if (state == IDLE) begin
            needs_csum    <= (s_rec_flags & `WEIR_F_NEEDS_CSUM) != 0;
            id_fixed      <= (s_rec_flags & `WEIR_F_IP_ID_FIXED) != 0;
            tso4          <= (l4_type & `WEIR_GSO_TCPV4) != 0;
            tso6          <= (l4_type & `WEIR_GSO_TCPV6) != 0;
            gso_size      <= s_rec_gso_size;
            hdr_len       <= l4_type == `WEIR_GSO_NONE ? 8'd0 : s_rec_hdr_len;
            csum_start    <= s_rec_csum_start;
            csum_of_l4    <= s_rec_csum_offset == (l4_type == `WEIR_GSO_UDP_L4 ? UDP_CHECKSUM : TCP_CHECKSUM);
            csum_at       <= {1'b0, s_rec_csum_start} + {1'b0, s_rec_csum_offset};
            remaining     <= s_rec_length;
            no_payload    <= 0;
            first_segment <= 1;
        end
        if (state == CHECK) remaining <= rest;
        if (state == LOAD && take) no_payload <= s_last;
        early    <= state == LOAD && take && s_last && !at_header_end;
        all_fits <= !gso || rest[17];
        if (state == LENGTH)
            misplaced <= !gso && needs_csum && (csum_at[16:BITS] != 0 || rest_of_frame[BITS] || rest_of_frame[BITS-1:1] == 0);
        if (state == PLAN) begin
            last_segment <= all_fits;
            frame_length <= planned;
            remaining    <= rest;
        end
        if (commit) first_segment <= 0;
        step <= state == TAIL ? step + 3'd1 : needs_csum ? 3'd0 : 3'd5;
    end

    // ---- The header, and where the IPv4 checksum goes
    wire [7:0] header_data;
    wire       in_ip, in_l4, at_ip_checksum, ipv6;
    reg  [7:0] ip_csum_at;

    segment_header header (
        .clk(clk), .ipv4_allowed(tso4), .ipv6_allowed(tso6 && !id_fixed), .udp(udp), .id_fixed(id_fixed),
        .start(state == CHECK || state == TURN),
        .load(state == LOAD && take), .load_data(s_data), .load_at(offset[7:0]),
        .replay(state == HEADER), .read_at(state == HEADER ? offset[7:0] + 8'd2 : {7'd0, state == TURN}),
        .at_csum_start(at_csum_start), .at_end(at_header_end), .to_frame_end(to_frame_end),
        .first_segment(first_segment), .last_segment(last_segment),
        .advance(commit), .gso_size(gso_size),
        .data(header_data), .in_ip(in_ip), .in_l4(in_l4), .at_ip_checksum(at_ip_checksum), .ipv6(ipv6), .bad(header_bad));

    always @(posedge clk) begin
        if (state == HEADER && at_ip_checksum) ip_csum_at <= offset[7:0];
        case (state)
            LOAD, PAYLOAD: if (take) offset <= offset_next;
            PLAN:    offset <= gso ? csum_start[BITS-1:0] : csum_at[BITS-1:0];  // for the L4 length, in LENGTH and ROOM, or `misplaced`
            ROOM:    if (room) offset <= {{(BITS-8){1'b0}}, hdr_len};
            HEADER:  offset <= offset_next;
            TAIL:    offset <= step == 0 ? {{(BITS-8){1'b0}}, ip_csum_at} : step == 2 ? csum_at[BITS-1:0] : offset_next;
            LENGTH:  ;
            default: offset <= 0;
        endcase
    end

    // ---- The byte that is written, or summed, or both
    reg  [7:0]  chosen;
    reg         add_l4, l4_byte, add_ip, ip_byte;
    wire [15:0] ip_sum, l4_sum;
    wire        alone = first_segment && last_segment;
    wire [15:0] l4_csum = ~l4_sum | {16{(alone || udp) && l4_sum == 16'hFFFF}};
    wire        odd = frame_length[0] ^ csum_start[0];

    always @* begin
        chosen = 0;
        case (state)
            LENGTH:  chosen = to_frame_end[15:8];
            ROOM:    chosen = to_frame_end[7:0];
            PAYLOAD: chosen = s_data;
            HEADER:  chosen = header_data;
            TAIL:
                case (step)
                    1: chosen = ~ip_sum[15:8];
                    2: chosen = ~ip_sum[7:0];
                    3: chosen = l4_csum[15:8];
                    4: chosen = l4_csum[7:0];
                    default: chosen = 0;
                endcase
            default: chosen = 0;
        endcase
    end

    always @(posedge clk) begin
        wr_data   <= chosen;
        wr_offset <= {{(ADDR_WIDTH-BITS){1'b0}}, offset};
        wr_en     <= (state == PAYLOAD && take) || state == HEADER ||
                     (state == TAIL && ((gso && !ipv6 && (step == 1 || step == 2)) || step == 3 || step == 4));
        wr_commit <= commit;

        // A superframe's L4 length first, then payload, a zero if that was odd, TCP header, two zeros for the carry.
        summing <= state == PAYLOAD ? summing || (take && at_csum_start) : gso;
        add_l4  <= ((state == LENGTH || (state == ROOM && room)) && gso) ||
                   (state == PAYLOAD && take && (summing || at_csum_start)) || (state == TURN && odd) ||
                   (state == HEADER && in_l4) || (state == TAIL && step < 2);
        l4_byte <= state != TAIL;
        add_ip  <= state == HEADER;
        ip_byte <= in_ip;
        if (rst) {wr_en, wr_commit} <= 0;
    end

    assign wr_length = {{(ADDR_WIDTH-BITS){1'b0}}, frame_length[BITS-1:0]};

    tx_checksum ip_checksum (.clk(clk), .clear(state == PLAN), .add(add_ip), .data(wr_data & {8{ip_byte}}), .sum(ip_sum));
    tx_checksum l4_checksum (.clk(clk), .clear(state == PLAN), .add(add_l4), .data(wr_data & {8{l4_byte}}), .sum(l4_sum));

    always @(posedge clk) begin
        ev_segment       <= commit;
        ev_superframe    <= commit && last_segment;
        ev_csum_inserted <= commit && needs_csum;
        ev_bad_record    <= abort || (state == SKIP && take && s_last) || (state == PLAN && (header_bad || early) && no_payload);
        if (rst) {ev_segment, ev_superframe, ev_csum_inserted, ev_bad_record} <= 0;
    end
endmodule
`default_nettype wire
