// SPDX-License-Identifier: BSD-2-Clause
//
// Receive coalescing without buffering: TCP segments that continue the one before of their flow lose their header, pure
// acknowledgements like the one before become a header of a record. weir_link.vh has the records.
//
// Frames pass through a queue that is a little longer than a header. While a frame's header enters, coalesce_flow compares it;
// when the frame leaves, its verdict is there, and so the record builder may take it short. It may only if the flow's head is in
// the same transfer, which is known no sooner than when the record begins: so each frame can still go whole.
//
//     s ──┬── queue ──────────────────────┬── m     `next`: the frame that enters or has entered
//         └── coalesce_header             │         `here`: the frame that leaves
//               └─ coalesce_flow ── next ─┴ here
//
// A frame enters only when the one before has moved to `here`. What a short record needs of the header is noted as it
// enters (`notes`), 16 bytes a frame.
`default_nettype none
`include "weir_link.vh"

module coalescer #(
    parameter ADDR_WIDTH  = 16, // bits of a frame's length
    parameter STAMP_WIDTH = 40  // bits of its time stamp
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  enable,     // WEIR_RX_MODE_COALESCE; else frames pass unchanged

    // Frames, from the receive packet_memory: length, flags and stamp hold from the first valid to the last byte.
    input  wire                  s_valid,
    output wire                  s_ready,
    input  wire [7:0]            s_data,
    input  wire                  s_last,
    input  wire [ADDR_WIDTH-1:0] s_length,
    input  wire [7:0]            s_flags,
    input  wire [STAMP_WIDTH-1:0] s_stamp,

    // The same, perhaps short: then length and bytes are the payload's, and flags say which form it is. A pure acknowledgement
    // has length 0 and one byte that does not count.
    output wire                  m_valid,
    input  wire                  m_ready,
    output wire [7:0]            m_data,
    output wire                  m_last,
    output wire [ADDR_WIDTH-1:0] m_length,
    output wire [7:0]            m_flags,
    output reg  [STAMP_WIDTH-1:0] m_stamp,
    output reg  [2:0]            m_flow,     // 0: none
    output reg                   m_ack,      // a pure acknowledgement, in whichever form
    output wire                  m_coming,   // a frame is here, or will be within a few clocks of its last byte
    output wire                  m_short,    // bytes have been left out of the frame at hand: only a record can carry it

    // From and to record_builder
    input  wire                  begins,     // the frame's record: from here on its form is fixed
    input  wire                  ended,      // the transfer: heads are to be sent again
    input  wire [3:0]            note_index, // of the record header's byte that is wanted
    input  wire                  note_read,
    output wire [7:0]            note,       // the clock after note_read

    output wire                  ev_head,     // pulses: records of a flow, whole and in either short form
    output wire                  ev_continued,
    output wire                  ev_pure_ack
);
    localparam [7:0] DATA_VALID = `WEIR_F_DATA_VALID, CONTINUES = `WEIR_F_CONTINUES, PURE_ACK = `WEIR_F_PURE_ACK;

    // ---- Entry: into the queue, and a clock later before coalesce_header ----
    reg        entering;    // a frame has begun and not ended
    reg        undecided;   // it has no verdict yet
    reg        next_valid;  // it has, and waits to leave
    reg  [ADDR_WIDTH-1:0] next_length;
    wire       queue_ready;
    wire       taken = s_valid && s_ready;

    reg        at_valid, at_first, at_last, at_active;
    reg  [7:0] at_data;

    assign s_ready = queue_ready && (entering || !(undecided || next_valid));

    wire       queued, queued_last, pop;
    wire [7:0] queued_data;

    sync_fifo #(.WIDTH(9), .DEPTH_LOG2(8)) queue (
        .clk(clk), .rst(rst), .s_valid(taken), .s_ready(queue_ready), .s_data({s_last, s_data}),
        .m_valid(queued), .m_ready(pop), .m_data({queued_last, queued_data})
    );

    // ---- Verdict ----
    wire        watching, of_flow, of_run, of_ack, reject, go, ipv6, dont_fragment, odd_checksum;
    wire [6:0]  position, header_length;
    wire [7:0]  compared, tcp_flags;
    wire        noted;
    wire [3:0]  noted_index;
    wire [7:0]  noted_data;
    wire [31:0] seq_number;
    wire [15:0] ip_id, payload;
    wire        told, continues, repeats, ack;
    wire [2:0]  flow;

    coalesce_header header (
        .clk(clk), .rst(rst), .s_valid(at_valid), .s_data(at_data), .s_first(at_first), .s_last(at_last),
        .s_active(at_active), .watching(watching), .position(position), .of_flow(of_flow), .of_run(of_run),
        .of_ack(of_ack), .compared(compared), .reject(reject), .go(go), .note(noted), .note_index(noted_index),
        .note_data(noted_data), .seq_number(seq_number), .ip_id(ip_id), .ipv6(ipv6), .dont_fragment(dont_fragment),
        .tcp_flags(tcp_flags), .odd_checksum(odd_checksum), .left(payload), .header_length(header_length)
    );
    coalesce_flow flows (
        .clk(clk), .rst(rst), .forget(!enable), .s_watching(watching), .s_first(at_first), .s_position(position),
        .s_data(at_data), .s_compared(compared), .s_of_flow(of_flow), .s_of_run(of_run), .s_of_ack(of_ack), .s_go(go),
        .s_sequence(seq_number), .s_ip_id(ip_id), .s_ipv6(ipv6), .s_dont_fragment(dont_fragment),
        .s_tcp_flags(tcp_flags), .s_odd_checksum(odd_checksum), .s_payload(payload),
        .s_header_length(header_length), .s_length({{(16 - ADDR_WIDTH){1'b0}}, next_length}),
        .m_valid(told), .m_flow(flow), .m_continues(continues), .m_repeats(repeats), .m_ack(ack)
    );

    // ---- The frame that enters: the verdict's fields hold until another frame does ----
    reg  [7:0]            next_flags;
    reg  [STAMP_WIDTH-1:0] next_stamp;
    reg                   next_flowless; // rejected
    reg                   next_area;     // of the notes
    wire                  leaves;        // its last byte, from `here`
    reg                   here;
    wire                  move = next_valid && !here;

    always @(posedge clk) begin
        at_valid <= taken;
        at_first <= taken && !entering;
        at_last  <= s_last;
        at_data  <= s_data;
        if (taken) entering <= !s_last;
        if (taken && !entering) begin
            at_active   <= enable && |(s_flags & DATA_VALID);
            next_length <= s_length;
            next_flags  <= s_flags;
            next_stamp  <= s_stamp;
            next_area   <= !next_area;
            undecided   <= 1'b1;
        end
        if (reject || told) begin
            undecided     <= 1'b0;
            next_valid    <= 1'b1;
            next_flowless <= reject;
        end
        if (move) next_valid <= 1'b0;
        if (rst) begin
            at_valid   <= 1'b0;
            entering   <= 1'b0;
            undecided  <= 1'b0;
            next_valid <= 1'b0;
        end
    end

    // ---- The frame that leaves ----
    reg  [ADDR_WIDTH-1:0] whole_length;
    reg  [ADDR_WIDTH-1:0] short_length;
    reg  [7:0]            whole_flags;
    reg                   is_continued, is_repeated;
    reg                   area;
    reg  [5:1]            sent;      // the flow's head is in this transfer
    reg                   can_cut;   // if the record began now, it could be short
    reg                   begun;     // the form is fixed:
    reg                   cut;       // it goes short
    reg                   same_transfer; // the record that was begun is in the transfer that is open
    reg                   skipping;  // the bytes that a short record leaves out
    reg  [6:0]            to_skip;
    wire [7:0]            in_transfer = {2'b00, sent, 1'b0};
    wire                  brief       = begun ? cut : can_cut;
    wire                  skip_over   = is_repeated ? queued_last : to_skip == 7'd0;

    assign m_valid  = here && queued && !skipping;
    assign m_data   = queued_data;
    assign m_last   = queued_last;
    assign m_length = brief ? short_length : whole_length;
    assign m_flags  = whole_flags | (brief ? (is_repeated ? PURE_ACK : CONTINUES) : 8'd0);
    assign m_coming = queued || undecided || next_valid;
    assign m_short  = begun && cut;
    assign pop      = skipping ? !skip_over : here && m_ready;
    assign leaves   = m_valid && m_ready && queued_last;

    wire   in_record = leaves && begun && same_transfer && m_flow != 3'd0;
    assign ev_head      = in_record && !cut;
    assign ev_continued = in_record && cut && is_continued;
    assign ev_pure_ack  = in_record && cut && is_repeated;

    always @(posedge clk) begin
        if (move) begin
            {m_flow, m_ack, is_continued, is_repeated} <= next_flowless ? 6'd0 : {flow, ack, continues, repeats};
            whole_length <= next_length;
            short_length <= payload[ADDR_WIDTH-1:0];
            whole_flags  <= next_flags;
            m_stamp      <= next_stamp;
            area         <= next_area;
            to_skip      <= header_length;
            can_cut      <= !next_flowless && (continues || repeats) && in_transfer[flow];
        end else if (skipping && queued) to_skip <= to_skip - 7'd1;
        here <= move || (here && !leaves);

        if (begins) begin
            begun         <= 1'b1;
            cut           <= can_cut;
            skipping      <= can_cut;
            sent          <= sent | flow_bit;
            same_transfer <= 1'b1;
        end
        if (skipping && queued && skip_over) skipping <= 1'b0;
        if (leaves) begun <= 1'b0;
        if (ended) {sent, can_cut, same_transfer} <= 7'd0;
        if (rst) {here, begun, skipping, sent} <= 8'd0;
    end

    reg [5:1] flow_bit;
    always @* case (m_flow)
        3'd1:    flow_bit = 5'b00001;
        3'd2:    flow_bit = 5'b00010;
        3'd3:    flow_bit = 5'b00100;
        3'd4:    flow_bit = 5'b01000;
        3'd5:    flow_bit = 5'b10000;
        default: flow_bit = 5'b00000;
    endcase

    // ---- Notes ----
    reg  [7:0] notes[0:31];
    reg  [7:0] note_byte;

    always @(posedge clk) if (noted) notes[{next_area, noted_index}] <= noted_data;
    always @(posedge clk) if (note_read) note_byte <= notes[{area, is_continued, note_index[2:0]}];
    assign note = brief ? note_byte : 8'd0;

    wire unused = &{1'b0, note_index[3]};
endmodule

`default_nettype wire
