// SPDX-License-Identifier: BSD-2-Clause
//
// A stream whose `ready` comes out of a register, for a sink whose own comes late or from far away: its source's logic begins
// anew there. Words pass through without a clock's delay; one that comes while the sink has just stopped waits here. (stream_slice
// is the other half: there valid and data come out of a register, and ready passes through.)
`default_nettype none

module stream_skid #(
    parameter WIDTH = 8
) (
    input  wire             clk,
    input  wire             rst,     // also forgets the word

    input  wire             s_valid,
    output wire             s_ready,
    input  wire [WIDTH-1:0] s_data,

    output wire             m_valid,
    input  wire             m_ready,
    output wire [WIDTH-1:0] m_data
);
    reg             kept;
    reg [WIDTH-1:0] kept_data;

    assign s_ready = !kept;
    assign m_valid = s_valid || kept;
    assign m_data  = kept ? kept_data : s_data;

    always @(posedge clk) begin
        if (!kept) kept_data <= s_data;
        kept <= m_valid && !m_ready && !rst;
    end
endmodule

`default_nettype wire
