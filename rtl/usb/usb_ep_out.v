// SPDX-License-Identifier: BSD-2-Clause
//
// A bulk OUT endpoint: packets in, a byte stream with transfer ends out.
//
// Bytes go into the FIFO while the packet arrives, behind the last committed one, and count only when the packet was good
// and new. A packet shorter than the longest ends its transfer: a marker goes in behind it, and leaves as a beat with `eot`.
// `ready` promises room for one more full packet, so an accepted packet always fits: a shorter one and its marker take no more.
//
// OUT_ADDR_WIDTH 10 holds two packets, one that is read and one that comes: enough for a high-speed stream to go on without NYET
// if the reader takes a byte nearly each clock. 512 bytes are received in 576 clocks at the fastest; with 11 the reader may
// stop for a while.
`default_nettype none

module usb_ep_out #(
    parameter OUT_ADDR_WIDTH = 11       // FIFO of 2^OUT_ADDR_WIDTH bytes; 10 or more
) (
    input  wire       clk,
    input  wire       rst,              // also forgets all bytes and the toggle
    input  wire       toggle_reset,
    input  wire [9:0] max_packet,       // 512 or 64

    // from the transaction layer
    input  wire       taking,           // level
    input  wire       byte_valid,
    input  wire [7:0] byte_data,
    input  wire [9:0] packet_length,    // bytes so far, with byte_valid this one too; at commit no more than max_packet
    input  wire       commit,           // pulse, while taking; the packet's last byte came before
    output reg        ready,            // room for a full packet
    output reg        toggle,           // expected

    output wire       m_out_valid,
    input  wire       m_out_ready,
    output wire [7:0] m_out_data,
    output wire       m_out_eot,        // the transfer ends here; this beat is no byte

    output reg        ev_out_packet,
    output reg        ev_out_transfer
);
    localparam SIZE = 1 << OUT_ADDR_WIDTH;

    reg [8:0] memory [0:SIZE-1];        // {marker, byte}
    reg [OUT_ADDR_WIDTH:0] written;     // next free place, behind the open packet
    reg [OUT_ADDR_WIDTH:0] committed;
    reg [OUT_ADDR_WIDTH:0] read;

    // ---- In ----
    wire [OUT_ADDR_WIDTH:0] used = written - read;
    wire       fast = max_packet[9];
    reg        whole;                   // the packet has its longest length, without the byte of this clock
    wire       longest = fast ? packet_length[9] : packet_length[9:6] != 4'd0;
    wire       ends_transfer = commit & !longest;
    wire       write = taking & byte_valid & !whole | ends_transfer;
    // More than SIZE - 512, or SIZE - 64, are used.
    wire       tight_fast = &used[OUT_ADDR_WIDTH-1:9] & used[8:0] != 9'd0;
    wire       tight_full = &used[OUT_ADDR_WIDTH-1:6] & used[5:0] != 6'd0;
    wire       unused = &{1'b0, max_packet[8:0], packet_length[5:0]};

    always @(posedge clk) begin
        if (write) memory[written[OUT_ADDR_WIDTH-1:0]] <= {ends_transfer, byte_data};

        whole <= longest;
        ready <= !used[OUT_ADDR_WIDTH] & !(fast ? tight_fast : tight_full);
        ev_out_packet <= commit & !rst;
        ev_out_transfer <= ends_transfer & !rst;
        if (commit) toggle <= !toggle;
        if (commit) committed <= written + {{OUT_ADDR_WIDTH{1'b0}}, ends_transfer};
        if (write) written <= written + 1'b1;
        else if (!taking) written <= committed;

        if (rst | toggle_reset) toggle <= 1'b0;
        if (rst) begin
            written <= 0;
            committed <= 0;
            ready <= 1'b0;
        end
    end

    // ---- Out: a block RAM takes half a clock to give its byte, so a register follows ----
    reg  [8:0] head;
    reg        head_valid;
    wire       head_ready;
    wire       advance = head_ready | !head_valid;
    wire       more = read != committed;

    stream_slice #(.WIDTH(9)) slice (
        .clk(clk), .rst(rst), .s_valid(head_valid), .s_ready(head_ready), .s_data(head),
        .m_valid(m_out_valid), .m_ready(m_out_ready), .m_data({m_out_eot, m_out_data})
    );

    always @(posedge clk) begin
        if (advance) head <= memory[read[OUT_ADDR_WIDTH-1:0]];
        if (advance) head_valid <= more;
        if (advance & more) read <= read + 1'b1;
        if (rst) begin
            head_valid <= 1'b0;
            read <= 0;
        end
    end
endmodule

`default_nettype wire
