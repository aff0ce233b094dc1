// SPDX-License-Identifier: BSD-2-Clause
//
// ARP replies on their way from the receive clock to the transmit clock.
//
// The receiver must know before it starts whether a whole reply has room. Replies, not bytes, are counted: those that have
// gone in less those that have come out, the latter's count crossing back as Gray code. 16 replies of 42 bytes fit into
// the FIFO with room to spare, so it is never full while this count has room, and s_ready is always high: the FIFO's own would make a
// long path of the receive clock.
`default_nettype none

module arp_queue (
    input  wire       wire_rx_clk,
    input  wire       wire_rx_rst,
    input  wire       s_valid,
    output wire       s_ready, // always
    input  wire [7:0] s_data,
    input  wire       s_last,
    output reg        s_room,  // for a whole reply; counts one that has begun only when it is in

    input  wire       wire_tx_clk,
    input  wire       wire_tx_rst,
    output reg        m_valid,
    input  wire       m_ready,
    output reg  [7:0] m_data,
    output reg        m_last
);
    // ---- wire_tx_clk: replies that have come out ----
    reg  [4:0] out;
    reg  [4:0] out_gray;
    wire [4:0] out_next = out + 5'd1;
    always @(posedge wire_tx_clk) begin
        if (m_valid && m_ready && m_last) begin
            out      <= out_next;
            out_gray <= out_next ^ (out_next >> 1);
        end
        if (wire_tx_rst) begin
            out      <= 5'd0;
            out_gray <= 5'd0;
        end
    end

    // ---- wire_rx_clk: replies that have gone in ----
    reg  [4:0] in;
    wire [4:0] out_gray_there, out_there;
    sync_bits   #(.WIDTH(5)) to_rx (.clk(wire_rx_clk), .d(out_gray), .q(out_gray_there));
    gray_decode #(.WIDTH(5)) decode (.gray(out_gray_there), .binary(out_there));
    reg  [4:0] out_q;
    wire       full;
    wire [3:0] unused;
    assign {full, unused} = in - out_q;
    always @(posedge wire_rx_clk) begin
        if (s_valid && s_last) in <= in + 5'd1;
        out_q  <= out_there;
        s_room <= !full;
        if (wire_rx_rst) begin
            in     <= 5'd0;
            out_q  <= 5'd0;
            s_room <= 1'b0;
        end
    end

    // A register behind the FIFO: its output is that of a block RAM, which is late in its clock.
    wire       fifo_valid, fifo_last;
    wire [7:0] fifo_data;
    wire       unused_ready;
    assign s_ready = 1'b1;
    wire       move = !m_valid || m_ready;
    always @(posedge wire_tx_clk) begin
        if (move) begin
            m_valid <= fifo_valid;
            m_data  <= fifo_data;
            m_last  <= fifo_last;
        end
        if (wire_tx_rst) m_valid <= 1'b0;
    end

    async_fifo #(.WIDTH(9), .DEPTH_LOG2(10)) fifo (
        .s_clk(wire_rx_clk), .s_rst(wire_rx_rst), .s_valid(s_valid), .s_ready(unused_ready), .s_data({s_last, s_data}),
        .m_clk(wire_tx_clk), .m_rst(wire_tx_rst), .m_valid(fifo_valid), .m_ready(move), .m_data({fifo_last, fifo_data}));
endmodule

`default_nettype wire
