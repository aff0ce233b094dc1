// SPDX-License-Identifier: BSD-2-Clause
//
// A queue within one clock, in block RAM: one word a clock in and out, the first word shows three clocks after it came. It stands in
// a register behind the memory's own, since block RAM takes most of a clock to give its word.
`default_nettype none

module sync_fifo #(
    parameter WIDTH      = 8,
    parameter DEPTH_LOG2 = 8  // room for 2^DEPTH_LOG2 words, and two in registers
) (
    input  wire             clk,
    input  wire             rst,

    input  wire             s_valid,
    output wire             s_ready,
    input  wire [WIDTH-1:0] s_data,

    output reg              m_valid,
    input  wire             m_ready,
    output reg  [WIDTH-1:0] m_data
);
    reg  [WIDTH-1:0]    memory[0:(1 << DEPTH_LOG2)-1];
    reg  [DEPTH_LOG2:0] written; // one bit more than an address, to tell full from empty
    reg  [DEPTH_LOG2:0] read;
    reg                 fetched; // a word is at the memory's output
    reg  [WIDTH-1:0]    fetched_data;
    wire                put   = s_valid && s_ready;
    wire                move  = !m_valid || m_ready;
    wire                fetch = !fetched || move;
    wire                some  = written != read;

    assign s_ready = (written ^ read) != {1'b1, {DEPTH_LOG2{1'b0}}};

    always @(posedge clk) if (put) memory[written[DEPTH_LOG2-1:0]] <= s_data;
    always @(posedge clk) if (fetch) fetched_data <= memory[read[DEPTH_LOG2-1:0]];

    always @(posedge clk) begin
        if (put) written <= written + 1'b1;
        if (fetch && some) read <= read + 1'b1;
        if (fetch) fetched <= some;
        if (move) {m_valid, m_data} <= {fetched, fetched_data};
        if (rst) begin
            written <= 0;
            read    <= 0;
            fetched <= 1'b0;
            m_valid <= 1'b0;
        end
    end
endmodule

`default_nettype wire
