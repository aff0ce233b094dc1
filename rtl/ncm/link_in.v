// SPDX-License-Identifier: BSD-2-Clause
//
// From the receive memory to the bulk IN endpoint, in the language of the configuration that the host has selected: link
// records (link/record_builder) in configuration 1, NTBs (ncm_in) in configuration 2.
//
// Receive coalescing stands before both; for NTBs frames only pass through it.
//
// The way is switched only between two frames, so that each goes one way as a whole. The side that is switched off is
// held in reset; it hears of the change before by link_flush.
`default_nettype none

module link_in #(
    parameter NCM        = 1,            // 0: no configuration 2
    parameter COALESCE   = 1,            // 0: no receive coalescing
    parameter ADDR_WIDTH = 16,           // bits of a frame's length
    parameter STAMP_WIDTH = 40,          // bits of a frame's time stamp
    parameter CLOCKS_PER_US = 60         // of clk
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  link_flush, // pulse: the stream starts anew; a frame that was begun is lost
    input  wire                  ncm,    // configuration 2 is selected
    input  wire                  listens, // and the data interface's alternate setting 1
    input  wire                  high_speed,
    input  wire [15:0]           in_timeout, // microseconds, of configuration 1

    input  wire                  timestamps, // WEIR_RX_MODE_TIMESTAMP, of configuration 1
    input  wire                  coalesce,   // WEIR_RX_MODE_COALESCE, of configuration 1
    input  wire [15:0]           ack_hold,   // microseconds, with coalesce
    input  wire                  out_packet, // pulse: a bulk OUT packet was taken

    // Frames, from the receive packet_memory
    input  wire                  s_valid,
    output wire                  s_ready,
    input  wire [7:0]            s_data,
    input  wire                  s_last,
    input  wire [ADDR_WIDTH-1:0] s_length,
    input  wire [7:0]            s_flags,
    input  wire [STAMP_WIDTH-1:0] s_stamp, // device time of its arrival, low bits

    // The frame that leaves: its stamp, and the same widened, from lib/time_stamps
    output wire [STAMP_WIDTH-1:0] leaving_stamp,
    input  wire [63:0]           leaving_time,

    // Bulk IN
    output wire                  m_valid,
    input  wire                  m_ready,
    output wire [7:0]            m_data,
    output wire                  m_last,
    input  wire                  in_drained,

    output wire                  ev_record, // a frame went up
    output wire                  ev_too_long, // a frame was longer than configuration 2 can carry
    output wire                  ev_head,   // records: of a flow, whole and in either short form
    output wire                  ev_continued,
    output wire                  ev_pure_ack,
    output wire                  ev_held    // a transfer of acknowledgements had waited for more
);
    wire       from_ncm;                 // who sends
    wire       records_ready, records_valid, records_last, records_event;
    wire       blocks_ready, blocks_valid, blocks_last, blocks_event;
    wire [7:0] records_data, blocks_data;

    // ---- Frames, perhaps short for records ----
    wire                  f_valid, f_ready, f_last;
    wire [7:0]            f_data, f_flags;
    wire [ADDR_WIDTH-1:0] f_length;
    wire [2:0]            flow;
    wire                  ack, coming, cut, begins, ended, note_read;
    wire [3:0]            note_index;
    wire [7:0]            note;

    generate
        if (COALESCE != 0) begin : coalescing
            coalescer #(.ADDR_WIDTH(ADDR_WIDTH), .STAMP_WIDTH(STAMP_WIDTH)) coalescer (
                .clk(clk), .rst(rst), .enable(coalesce & !ncm & !from_ncm),
                .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data), .s_last(s_last), .s_length(s_length),
                .s_flags(s_flags), .s_stamp(s_stamp),
                .m_valid(f_valid), .m_ready(f_ready), .m_data(f_data), .m_last(f_last), .m_length(f_length),
                .m_flags(f_flags), .m_stamp(leaving_stamp), .m_flow(flow), .m_ack(ack), .m_coming(coming), .m_short(cut),
                .begins(begins), .ended(ended), .note_index(note_index), .note_read(note_read), .note(note),
                .ev_head(ev_head), .ev_continued(ev_continued), .ev_pure_ack(ev_pure_ack)
            );
        end else begin : no_coalescing
            wire unused = &{1'b0, coalesce, begins, ended, note_index, note_read};
            assign {f_valid, s_ready, f_last} = {s_valid, f_ready, s_last};
            assign {f_data, f_flags, f_length, leaving_stamp} = {s_data, s_flags, s_length, s_stamp};
            assign {flow, ack, coming, cut, note} = 14'd0;
            assign {ev_head, ev_continued, ev_pure_ack} = 3'd0;
        end
    endgenerate

    // ---- Records and NTBs ----
    record_builder #(.ADDR_WIDTH(ADDR_WIDTH), .CLOCKS_PER_US(CLOCKS_PER_US)) records (
        .clk(clk), .rst(rst | from_ncm), .link_flush(link_flush), .high_speed(high_speed), .in_timeout(in_timeout),
        .timestamps(timestamps), .s_valid(f_valid), .s_ready(records_ready), .s_data(f_data), .s_last(f_last),
        .s_length(f_length), .s_flags(f_flags), .s_time(leaving_time), .s_flow(flow), .s_ack(ack), .s_coming(coming),
        .begins(begins), .ended(ended), .note_index(note_index), .note_read(note_read), .note(note),
        .out_packet(out_packet), .ack_hold(ack_hold),
        .m_valid(records_valid), .m_ready(in_ready), .m_data(records_data), .m_last(records_last), .in_drained(in_drained),
        .ev_record(records_event), .ev_held(ev_held)
    );

    generate
        if (NCM != 0) begin : configuration_2
            reg  on;
            reg  open;                   // a frame has begun to leave
            wire taken = f_valid & f_ready;

            assign from_ncm = on;

            ncm_in #(.ADDR_WIDTH(ADDR_WIDTH)) blocks (
                .clk(clk), .rst(rst | !from_ncm), .flush(link_flush), .listens(listens),
                .s_valid(f_valid), .s_ready(blocks_ready), .s_data(f_data), .s_last(f_last), .s_length(f_length),
                .m_valid(blocks_valid), .m_ready(in_ready), .m_data(blocks_data), .m_last(blocks_last),
                .ev_block(blocks_event), .ev_dropped(ev_too_long)
            );

            always @(posedge clk) begin
                if (taken) open <= !f_last;
                if (!open & !taken & !cut & !begins) on <= ncm;
                if (rst) {open, on} <= 2'b00;
            end
        end else begin : no_configuration_2
            wire unused = &{1'b0, ncm, listens, cut};
            assign from_ncm = 1'b0;
            assign {blocks_ready, blocks_valid, blocks_last, blocks_event, ev_too_long} = 5'd0;
            assign blocks_data = 8'd0;
        end
    endgenerate

    // The bytes through a register: whether a transfer ends, and whether the endpoint has room, are long ways by themselves.
    wire       in_ready;
    wire       in_valid = from_ncm ? blocks_valid : records_valid;
    wire [7:0] in_data  = from_ncm ? blocks_data : records_data;
    wire       in_last  = from_ncm ? blocks_last : records_last;

    stream_slice #(.WIDTH(9)) slice (
        .clk(clk), .rst(rst | link_flush), .s_valid(in_valid), .s_ready(in_ready), .s_data({in_last, in_data}),
        .m_valid(m_valid), .m_ready(m_ready), .m_data({m_last, m_data})
    );

    assign f_ready   = from_ncm ? blocks_ready : records_ready;
    assign ev_record = records_event | blocks_event;
endmodule

`default_nettype wire
