// SPDX-License-Identifier: BSD-2-Clause
//
// Keeps writes to the receiver's tables until the crossing to the wire's clock takes them, so that a host that sets up its card does
// not have to know whether the wire has a clock yet.
//
// A write is five words of a memory of sixteen bits, one block RAM of an iCE40 with the 51 writes that it has room for. It takes five clocks in and eight
// or so out.
`default_nettype none

module table_queue #(
    parameter DEPTH_LOG2 = 8     // 2^DEPTH_LOG2 words
) (
    input  wire        clk,
    input  wire        rst,

    input  wire        s_valid,
    output wire        s_ready,  // while s_valid is low: there is room for the beginning of one
    input  wire [79:0] s_data,

    output wire        m_valid,
    input  wire        m_ready,
    output reg  [79:0] m_data
);
    wire        put_ready, got_valid;
    wire [15:0] got;
    reg  [2:0]  put; // words of this write that are in
    reg  [2:0]  out; // words of m_data that have come
    wire        take = got_valid && out != 3'd5;

    assign s_ready = put_ready && (!s_valid || put == 3'd4);
    assign m_valid = out == 3'd5;

    sync_fifo #(.WIDTH(16), .DEPTH_LOG2(DEPTH_LOG2)) words (
        .clk(clk), .rst(rst), .s_valid(s_valid), .s_ready(put_ready), .s_data(s_data[{put, 4'd0} +: 16]),
        .m_valid(got_valid), .m_ready(take), .m_data(got)
    );

    always @(posedge clk) begin
        if (s_valid && put_ready) put <= put == 3'd4 ? 3'd0 : put + 3'd1;
        if (take) m_data <= {got, m_data[79:16]};
        if (take) out <= out + 3'd1;
        if (m_valid && m_ready) out <= 3'd0;
        if (rst) begin
            put <= 3'd0;
            out <= 3'd0;
        end
    end
endmodule

`default_nettype wire
