// SPDX-License-Identifier: BSD-2-Clause
//
// Keeps writes to the receiver's tables until the crossing to the wire's clock takes them, so that a host that sets up its card does
// not have to know whether the wire has a clock yet.
//
// A write is five words of a memory of sixteen bits, one block RAM of an iCE40 with the 51 writes that it has room for. It takes five clocks in and eight
// or so out. The next one comes out of the memory only while m_ready is high, so a crossing may read m_data in place.
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
    output reg  [79:0] m_data    // stays while m_ready is low
);
    reg  [15:0]         memory[0:(1 << DEPTH_LOG2)-1];
    reg  [DEPTH_LOG2:0] written; // one bit more than an address, to tell full from empty
    reg  [DEPTH_LOG2:0] read;
    reg                 fetched; // the next word is at the memory's output
    reg  [15:0]         word;
    reg  [2:0]          put;     // words of this write that are in
    reg  [2:0]          out;     // words of m_data that have come
    wire                room  = (written ^ read) != {1'b1, {DEPTH_LOG2{1'b0}}};
    wire                enter = s_valid && room;
    wire                fetch = !fetched && written != read;
    wire                take  = fetched && out != 3'd5 && m_ready;

    assign s_ready = room && (!s_valid || put == 3'd4);
    assign m_valid = out == 3'd5;

    always @(posedge clk) if (enter) memory[written[DEPTH_LOG2-1:0]] <= s_data[{put, 4'd0} +: 16];
    always @(posedge clk) if (fetch) word <= memory[read[DEPTH_LOG2-1:0]];

    always @(posedge clk) begin
        if (enter) written <= written + 1'b1;
        if (enter) put <= put == 3'd4 ? 3'd0 : put + 3'd1;
        if (fetch) read <= read + 1'b1;
        fetched <= fetch || (fetched && !take);
        if (take) m_data <= {word, m_data[79:16]};
        if (take) out <= out + 3'd1;
        if (m_valid && m_ready) out <= 3'd0;
        if (rst) begin
            written <= 0;
            read    <= 0;
            fetched <= 1'b0;
            put     <= 3'd0;
            out     <= 3'd0;
        end
    end
endmodule

`default_nettype wire
