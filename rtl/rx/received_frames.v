// SPDX-License-Identifier: BSD-2-Clause
//
// The memory of frames to the host: packet_memory, and beside each frame's length what else is known of it.
//
// With the stamp go all flags that a frame can have here; without, so few that an iCE40's block RAM has them beside the length.
`default_nettype none
`include "weir_link.vh"

module received_frames #(
    parameter TIMESTAMP   = 1,
    parameter STAMP_WIDTH = 40,            // bits of a time stamp; not looked at without TIMESTAMP
    parameter ADDR_WIDTH  = 16,            // packet_memory
    parameter FRAMES_LOG2 = 8
) (
    input  wire                   wr_clk,
    input  wire                   wr_rst,
    input  wire                   wr_en,
    input  wire [ADDR_WIDTH-1:0]  wr_offset,
    input  wire [7:0]             wr_data,
    input  wire                   wr_commit,
    input  wire [ADDR_WIDTH-1:0]  wr_length,
    input  wire [7:0]             wr_flags, // with wr_commit: WEIR_F_
    input  wire [STAMP_WIDTH-1:0] wr_stamp, // with wr_commit: the time of arrival
    output wire [ADDR_WIDTH:0]    wr_free,
    output wire                   wr_ready,

    input  wire                   rd_clk,
    input  wire                   rd_rst,
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [7:0]             m_data,
    output wire                   m_last,
    output wire [ADDR_WIDTH-1:0]  m_length,
    output wire [7:0]             m_flags,
    output wire [STAMP_WIDTH-1:0] m_stamp
);
    localparam META = TIMESTAMP != 0 ? STAMP_WIDTH + 4 : 3;
    wire [STAMP_WIDTH+3:0] wr_meta = {wr_stamp, wr_flags[6:5], wr_flags[2:1]};
    wire [STAMP_WIDTH+4:0] m_meta;
    assign m_meta[STAMP_WIDTH+4:META] = 0;
    assign {m_stamp, m_flags} = {m_meta[STAMP_WIDTH+3:4], 1'b0, m_meta[3:2], 2'd0, m_meta[1:0], 1'b0};
    wire unused = &{1'b0, wr_flags[7], wr_flags[4:3], wr_flags[0], wr_meta, m_meta[STAMP_WIDTH+4]};

    packet_memory #(.ADDR_WIDTH(ADDR_WIDTH), .META_WIDTH(META), .FRAMES_LOG2(FRAMES_LOG2)) frames (
        .wr_clk(wr_clk), .wr_rst(wr_rst), .wr_en(wr_en), .wr_offset(wr_offset), .wr_data(wr_data),
        .wr_commit(wr_commit), .wr_length(wr_length), .wr_meta(wr_meta[META-1:0]), .wr_free(wr_free), .wr_ready(wr_ready),
        .rd_clk(rd_clk), .rd_rst(rd_rst), .m_valid(m_valid), .m_ready(m_ready), .m_data(m_data),
        .m_last(m_last), .m_length(m_length), .m_meta(m_meta[META-1:0])
    );
endmodule

`default_nettype wire
