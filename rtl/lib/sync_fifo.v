// SPDX-License-Identifier: BSD-2-Clause
//
// A queue within one clock, in block RAM: one word a clock in and out, the first word shows two clocks after it came.
`default_nettype none

module sync_fifo #(
    parameter WIDTH      = 8,
    parameter DEPTH_LOG2 = 8  // room for 2^DEPTH_LOG2 words, and one more at the output
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
    wire                put   = s_valid && s_ready;
    wire                fetch = written != read && (!m_valid || m_ready);

    assign s_ready = (written ^ read) != {1'b1, {DEPTH_LOG2{1'b0}}};

    always @(posedge clk) if (put) memory[written[DEPTH_LOG2-1:0]] <= s_data;
    always @(posedge clk) if (fetch) m_data <= memory[read[DEPTH_LOG2-1:0]];

    always @(posedge clk) begin
        if (put) written <= written + 1'b1;
        if (fetch) read <= read + 1'b1;
        if (fetch || m_ready) m_valid <= fetch;
        if (rst) begin
            written <= 0;
            read    <= 0;
            m_valid <= 1'b0;
        end
    end
endmodule

`default_nettype wire
