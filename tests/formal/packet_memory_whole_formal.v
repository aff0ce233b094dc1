// SPDX-License-Identifier: BSD-2-Clause
//
// Every committed frame comes out whole, in order, byte for byte and soon; nothing that was not committed does, nothing unread is overwritten.
//
// One byte of one frame, both arbitrary, is followed. The writer keeps to what the ports promise: below wr_free, and commits while
// wr_ready. Two bits of a byte stand for all eight. The clocks tick together
// while both are in reset (five steps).
//% bounded 21 abc
//% clocks many
//% with packet_memory async_fifo sync_bits
//% mutant-depth 21
//% mutant packet_memory: read_there[ADDR_WIDTH-1:0]} - base_next; => read_there[ADDR_WIDTH-1:0]} - base;
//% mutant packet_memory: base        <= base_next; => base        <= base + {1'b0, wr_length};
//% mutant packet_memory: put_address <= base[ADDR_WIDTH-1:0] + wr_offset; => put_address <= wr_offset;
//% mutant packet_memory: wire                  move  = !m_valid || m_ready; => wire                  move  = 1'b1;
//% mutant packet_memory: .s_valid(publish) => .s_valid(wr_commit)
`default_nettype none

module packet_memory_whole_formal #(
    parameter ADDR_WIDTH  = 2,
    parameter FRAMES_LOG2 = 2
) (
    input wire                  wr_clk, wr_rst, wr_en, wr_commit, mark, wr_meta,
    input wire [ADDR_WIDTH-1:0] wr_offset, wr_length,
    input wire [1:0]            wr_data,
    input wire                  rd_clk, rd_rst, m_ready
);
    localparam C = FRAMES_LOG2 + 2;     // counts frames modulo 2^C

    wire [ADDR_WIDTH:0]   wr_free;
    wire                  wr_ready, m_valid, m_last, m_meta;
    wire [7:0]            m_data;
    wire [ADDR_WIDTH-1:0] m_length;
    packet_memory #(.ADDR_WIDTH(ADDR_WIDTH), .META_WIDTH(1), .FRAMES_LOG2(FRAMES_LOG2)) memory (
        .wr_clk(wr_clk), .wr_rst(wr_rst), .wr_en(wr_en), .wr_offset(wr_offset), .wr_data({6'd0, wr_data}), .wr_commit(wr_commit),
        .wr_length(wr_length), .wr_meta(wr_meta), .wr_free(wr_free), .wr_ready(wr_ready),
        .rd_clk(rd_clk), .rd_rst(rd_rst), .m_valid(m_valid), .m_ready(m_ready), .m_data(m_data), .m_last(m_last),
        .m_length(m_length), .m_meta(m_meta));

    // ---- Resets ----
    reg       wr_once = 1'b0, rd_once = 1'b0;
    reg [2:0] wr_ticks = 3'd0, rd_ticks = 3'd0;
    reg       wr_runs = 1'b0, rd_runs = 1'b0;
    wire      request = !wr_once || !rd_once;
    always @(posedge wr_clk) begin
        wr_once <= 1'b1;
        if (!request && wr_ticks != 3'd4) wr_ticks <= wr_ticks + 3'd1;
        wr_runs <= !wr_rst;
    end
    always @(posedge rd_clk) begin
        rd_once <= 1'b1;
        if (!request && rd_ticks != 3'd4) rd_ticks <= rd_ticks + 3'd1;
        rd_runs <= !rd_rst;
    end
    always @* begin
        if (wr_ticks != 3'd4) assume(wr_rst && wr_clk);
        if (rd_ticks != 3'd4) assume(rd_rst && rd_clk);
        if (wr_runs) assume(!wr_rst);
        if (rd_runs) assume(!rd_rst);

        // ---- The writer ----
        if (wr_rst) assume(!wr_en && !wr_commit);
        if (wr_en) assume({1'b0, wr_offset} < wr_free);
        if (wr_commit) assume(wr_ready && wr_length != 0 && {1'b0, wr_length} <= wr_free);
    end

    // ---- The monitor ----
    (* anyconst *) wire [ADDR_WIDTH-1:0] index;
    reg                  put = 1'b0;    // byte `index` of the open frame was written
    reg [1:0]            put_data;
    reg [C-1:0]          committed = 0, published = 0, taken = 0, marked_frame;
    reg                  marked = 1'b0, marked_put, marked_meta;
    reg [1:0]            marked_data;
    reg [ADDR_WIDTH-1:0] marked_length;
    wire                 put_now = wr_en && wr_offset == index;
    wire [C-1:0]         inside = committed - taken;
    always @(posedge wr_clk) begin
        published <= committed;
        put <= !wr_commit && (put || put_now);
        if (put_now) put_data <= wr_data;
        if (wr_commit) begin
            committed <= committed + 1'b1;
            if (mark && !marked) begin
                marked <= 1'b1;
                marked_frame <= committed;
                marked_put <= put || put_now;
                marked_data <= put_now ? wr_data : put_data;
                marked_meta <= wr_meta;
                marked_length <= wr_length;
            end
        end
    end
    reg                  seen = 1'b0;
    reg [ADDR_WIDTH-1:0] at = 0;        // byte of the frame that is read
    reg [3:0]            hidden = 4'd0; // clocks in which frames wait and none shows
    wire                 followed = marked && !seen && taken == marked_frame;
    always @(posedge rd_clk) begin
        hidden <= rd_rst || m_valid || published == taken ? 4'd0 : hidden + 4'd1;
        if (m_valid && m_ready && !rd_rst) begin
            at <= m_last ? 0 : at + 1'b1;
            if (m_last) taken <= taken + 1'b1;
            if (m_last && followed) seen <= 1'b1;
        end
    end

    always @* if (rd_runs) begin
        if (m_valid) assert(inside != 0);
        if (m_valid && followed) begin
            assert(m_length == marked_length && m_meta == marked_meta && m_last == (at + 1'b1 == marked_length));
            if (at == index && marked_put) assert(m_data == {6'd0, marked_data});
        end
        assert(hidden <= 4'd9);
    end
endmodule

`default_nettype wire
