// SPDX-License-Identifier: BSD-2-Clause
//
// Between clocks that tick as they like, every word comes out once, unchanged and in order, and soon; nothing else comes out.
//
// One word at an arbitrary moment is marked and followed; so what holds for it holds for all. Words are told apart by nothing
// but their data, so two bits stand for any width. Registers start with any value, so this is also what a reset in the
// middle of the traffic leaves. Both resets come from one request that lasts for a tick of each clock, as reset_group makes it.
//% pdr
//% clocks many
//% with async_fifo sync_bits
//% mutant-depth 60
//% mutant async_fifo: {~read_gray_there[P-1:P-2], read_gray_there[P-3:0]} => {~read_gray_there[P-1], read_gray_there[P-2:0]}
//% mutant async_fifo: write_gray <= write_next ^ (write_next >> 1); => write_gray <= write_next;
//% mutant async_fifo: wire             fetch       = !fetched || move_output; => wire             fetch       = 1'b1;
//% mutant async_fifo: fetched      <= !empty; => fetched      <= 1'b1;
//% mutant async_fifo: if (fetch && !empty) begin => if (!empty) begin
//% mutant async_fifo: wire             move_output = !m_valid || m_ready; => wire             move_output = m_ready;
`default_nettype none

module async_fifo_formal #(
    parameter WIDTH      = 2,
    parameter DEPTH_LOG2 = 2
) (
    input wire             s_clk, s_rst, s_valid, mark,
    input wire [WIDTH-1:0] s_data,
    input wire             m_clk, m_rst, m_ready
);
    localparam C = DEPTH_LOG2 + 2;      // counts words modulo 2^C, more than there can be in the FIFO
    localparam [C-1:0] MOST = (1 << DEPTH_LOG2) + 2;

    wire             s_ready, m_valid;
    wire [WIDTH-1:0] m_data;
    async_fifo #(.WIDTH(WIDTH), .DEPTH_LOG2(DEPTH_LOG2)) fifo (
        .s_clk(s_clk), .s_rst(s_rst), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data),
        .m_clk(m_clk), .m_rst(m_rst), .m_valid(m_valid), .m_ready(m_ready), .m_data(m_data));

    // ---- Resets ----
    reg       s_once = 1'b0, m_once = 1'b0;
    reg [1:0] s_ticks = 2'd0, m_ticks = 2'd0;
    reg       s_runs = 1'b0, m_runs = 1'b0;
    wire      request = !s_once || !m_once;
    always @(posedge s_clk) begin
        s_once <= 1'b1;
        if (!request && s_ticks != 2'd3) s_ticks <= s_ticks + 2'd1;
        s_runs <= !s_rst;
    end
    always @(posedge m_clk) begin
        m_once <= 1'b1;
        if (!request && m_ticks != 2'd3) m_ticks <= m_ticks + 2'd1;
        m_runs <= !m_rst;
    end
    always @* begin
        if (s_ticks != 2'd3) assume(s_rst);
        if (m_ticks != 2'd3) assume(m_rst);
        if (s_runs) assume(!s_rst);
        if (m_runs) assume(!m_rst);
    end

    // ---- The monitor ----
    wire put = s_valid && s_ready && !s_rst, take = m_valid && m_ready && !m_rst;
    reg  [C-1:0]     written = 0, taken = 0, marked_at;
    reg              marked = 1'b0;
    reg  [WIDTH-1:0] marked_data;
    wire [C-1:0]     inside = written - taken;
    always @(posedge s_clk)
        if (put) begin
            written <= written + 1'b1;
            if (mark && !marked) begin
                marked <= 1'b1;
                marked_at <= written;
                marked_data <= s_data;
            end
        end
    reg seen = 1'b0;
    always @(posedge m_clk)
        if (take) begin
            taken <= taken + 1'b1;
            if (marked && taken == marked_at) seen <= 1'b1;
        end

    // Clocks in which words wait and none shows; in which nothing waits and no word is taken.
    reg [2:0] hidden = 3'd0, refused = 3'd0;
    always @(posedge m_clk) hidden <= m_rst || m_valid || inside == 0 ? 3'd0 : hidden + 3'd1;
    always @(posedge s_clk) refused <= s_rst || s_ready || inside != 0 ? 3'd0 : refused + 3'd1;

    always @* if (m_runs) begin
        assert(inside <= MOST);                                         // no overrun
        if (m_valid) assert(inside != 0);                               // nothing that was not put in, nothing twice
        if (m_valid && marked && !seen && taken == marked_at) assert(m_data == marked_data);
        assert(hidden <= 3'd5);                                         // nothing stays inside
        assert(refused <= 3'd3);
    end
endmodule

`default_nettype wire
