// SPDX-License-Identifier: BSD-2-Clause
//
// The card's transmit path from bulk OUT to the packet memory's write side, with jumbo frames on, as the golden test drives it.
`default_nettype none

module tx_path (
    input  wire        clk,
    input  wire        rst,
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [7:0]  s_data,
    input  wire        s_eot,
    output wire        wr_en,
    output wire [14:0] wr_offset,
    output wire [7:0]  wr_data,
    output wire        wr_commit,
    output wire [14:0] wr_length,
    input  wire [15:0] wr_free,
    input  wire        wr_ready,
    output wire        ev_bad_transfer,
    output wire        ev_superframe,
    output wire        ev_segment,
    output wire        ev_csum_inserted,
    output wire        ev_bad_record
);
    wire        rec_valid, rec_ready, valid, ready, last, abort;
    wire [7:0]  flags, hdr_len, data;
    wire [3:0]  gso_type;
    wire [15:0] gso_size, csum_start, csum_offset;
    wire [17:0] length;

    record_parser parser (
        .clk(clk), .rst(rst), .link_flush(1'b0),
        .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data), .s_eot(s_eot),
        .m_rec_valid(rec_valid), .m_rec_ready(rec_ready), .m_rec_flags(flags), .m_rec_gso_type(gso_type),
        .m_rec_gso_size(gso_size), .m_rec_hdr_len(hdr_len), .m_rec_csum_start(csum_start),
        .m_rec_csum_offset(csum_offset), .m_rec_length(length),
        .m_valid(valid), .m_ready(ready), .m_data(data), .m_last(last), .m_abort(abort),
        .ev_bad_transfer(ev_bad_transfer));

    segmenter #(.MAX_FRAME(9600), .ADDR_WIDTH(15)) segmenter (
        .clk(clk), .rst(rst),
        .s_rec_valid(rec_valid), .s_rec_ready(rec_ready), .s_rec_flags(flags), .s_rec_gso_type(gso_type),
        .s_rec_gso_size(gso_size), .s_rec_hdr_len(hdr_len), .s_rec_csum_start(csum_start),
        .s_rec_csum_offset(csum_offset), .s_rec_length(length),
        .s_valid(valid), .s_ready(ready), .s_data(data), .s_last(last), .s_abort(abort),
        .wr_en(wr_en), .wr_offset(wr_offset), .wr_data(wr_data), .wr_commit(wr_commit), .wr_length(wr_length),
        .wr_free(wr_free), .wr_ready(wr_ready),
        .ev_superframe(ev_superframe), .ev_segment(ev_segment), .ev_csum_inserted(ev_csum_inserted),
        .ev_bad_record(ev_bad_record));
endmodule
`default_nettype wire
