// SPDX-License-Identifier: BSD-2-Clause
//
// A FIFO between two clocks, one word a clock on either side.
//
// The next word shows on m_data before it is taken. It stands in a register behind the memory's own read register, since
// block RAM takes most of a fast clock to give its word. Pointers cross as Gray code: a pointer that is sampled while it changes reads as its old or its new value.
`default_nettype none

module async_fifo #(
    parameter WIDTH      = 8, // bits a word
    parameter DEPTH_LOG2 = 4, // 2 or more; 2^DEPTH_LOG2 words, and two in registers
    parameter PATIENT    = 0  // 1: the source never offers a word while s_ready is low; spares the way from the one to the other
) (
    input  wire             s_clk,
    input  wire             s_rst,
    input  wire             s_valid,
    output wire             s_ready,
    input  wire [WIDTH-1:0] s_data,

    input  wire             m_clk,
    input  wire             m_rst,
    output reg              m_valid,
    input  wire             m_ready,
    output reg  [WIDTH-1:0] m_data
);
    localparam P = DEPTH_LOG2 + 1; // bits of a pointer: one more than an address, to tell full from empty

    reg [WIDTH-1:0] memory[0:(1 << DEPTH_LOG2)-1];

    // ---- s_clk: write ----
    reg  [P-1:0] write;
    reg  [P-1:0] write_gray;
    reg  [P-1:0] read_gray;
    wire [P-1:0] write_next = write + 1'b1;
    wire [P-1:0] read_gray_there; // read_gray in s_clk

    sync_bits #(.WIDTH(P)) to_s (.clk(s_clk), .d(read_gray), .q(read_gray_there));

    // Full: the pointers are a whole memory apart, which in Gray code differs in the upper two bits.
    assign s_ready = write_gray != {~read_gray_there[P-1:P-2], read_gray_there[P-3:0]};

    always @(posedge s_clk) begin
        if (s_valid && (s_ready || PATIENT != 0)) begin
            memory[write[P-2:0]] <= s_data;
            write      <= write_next;
            write_gray <= write_next ^ (write_next >> 1);
        end
        if (s_rst) begin
            write      <= 0;
            write_gray <= 0;
        end
    end

    // ---- m_clk: read ----
    reg  [P-1:0]     read;
    wire [P-1:0]     read_next = read + 1'b1;
    wire [P-1:0]     write_gray_here; // write_gray in m_clk
    wire             empty = read_gray == write_gray_here;
    reg              fetched; // a word is at the memory's output
    reg  [WIDTH-1:0] fetched_data;
    wire             move_output = !m_valid || m_ready;
    wire             fetch       = !fetched || move_output;

    sync_bits #(.WIDTH(P)) to_m (.clk(m_clk), .d(write_gray), .q(write_gray_here));

    always @(posedge m_clk) begin
        if (fetch) begin
            fetched_data <= memory[read[P-2:0]];
            fetched      <= !empty;
        end
        if (move_output) begin
            m_data  <= fetched_data;
            m_valid <= fetched;
        end
        if (fetch && !empty) begin
            read      <= read_next;
            read_gray <= read_next ^ (read_next >> 1);
        end
        if (m_rst) begin
            fetched   <= 1'b0;
            m_valid   <= 1'b0;
            read      <= 0;
            read_gray <= 0;
        end
    end
endmodule

`default_nettype wire
