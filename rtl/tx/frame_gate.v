// SPDX-License-Identifier: BSD-2-Clause
//
// Stands before a packet_memory whose reset may last longer than its writer's, since it waits for the reader's clock: drops whole frames
// meanwhile, so that the writer never has to wait for a clock that stands still.
//
// A frame that was begun during the memory's reset is dropped to its end. One that the writer gave up (bytes, and no commit)
// cannot be told from its next one, which is then dropped as well.
`default_nettype none

module frame_gate #(
    parameter ADDR_WIDTH = 11
) (
    input  wire                clk,
    input  wire                rst,        // the writer's
    input  wire                memory_rst, // the memory's; when it ends, the memory is empty

    // As packet_memory has them
    input  wire                s_en,
    input  wire                s_commit,
    output wire [ADDR_WIDTH:0] s_free,
    output wire                s_ready,

    output wire                m_en,
    output wire                m_commit,
    input  wire [ADDR_WIDTH:0] m_free,
    input  wire                m_ready
);
    reg  begun; // the open frame has bytes
    reg  drop;
    wire open = (begun || s_en) && !s_commit;

    always @(posedge clk) begin
        begun <= open && !rst;
        drop  <= memory_rst || (drop && open && !rst);
    end

    assign s_free   = m_free | {drop, {ADDR_WIDTH{1'b0}}};
    assign s_ready  = m_ready || drop;
    assign m_en     = s_en && !drop;
    assign m_commit = s_commit && !drop;
endmodule

`default_nettype wire
