// SPDX-License-Identifier: BSD-2-Clause
//
// A register in a stream: what comes out has not come through logic of the source in the same clock, so two modules whose
// paths add up to too long a one are parted by it. A word a clock; each stays one clock at least.
`default_nettype none

module stream_slice #(
    parameter WIDTH = 8
) (
    input  wire             clk,
    input  wire             rst,     // also forgets the word

    input  wire             s_valid,
    output wire             s_ready,
    input  wire [WIDTH-1:0] s_data,

    output reg              m_valid,
    input  wire             m_ready,
    output reg  [WIDTH-1:0] m_data
);
    assign s_ready = !m_valid || m_ready;

    always @(posedge clk) begin
        if (s_ready) m_data <= s_data;
        if (s_ready) m_valid <= s_valid;
        if (rst) m_valid <= 1'b0;
    end
endmodule

`default_nettype wire
