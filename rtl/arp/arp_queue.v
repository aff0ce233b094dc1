// SPDX-License-Identifier: BSD-2-Clause
//
// Where ARP replies wait between the receive clock and the transmit clock: 16 slots, each with the bytes of a reply that are not
// the same in all, and on the transmit side the rest.
//
// Why not whole replies: what a reply needs of its request is put into the open slot while the request still passes, so an answer
// is only a count that crosses as Gray code. A request that is not answered is written over by the next. A slot, by place:
//
//     0  hardware address of the requester     reply's bytes 0 to 5 and 32 to 37
//     6  the station's                         6 to 11 and 22 to 27
//    12  the IP address that was asked for     28 to 31
//    22  the requester's IP address            38 to 41
//
// So a place is the lowest four bits of where its byte stands in the reply, and only the last one is told apart.
`default_nettype none

module arp_queue (
    input  wire       wire_rx_clk,
    input  wire       wire_rx_rst,
    input  wire       s_en,     // a byte of the open slot, never while it has no room; not in the clock of s_commit, nor in the next
    input  wire [4:0] s_place,
    input  wire [7:0] s_data,
    input  wire       s_commit, // the open slot is a reply
    output reg        s_room,   // there is an open slot; knows of a commit two clocks later

    input  wire       wire_tx_clk,
    input  wire       wire_tx_rst,
    output reg        m_valid,  // without padding and FCS
    input  wire       m_ready,
    output reg  [7:0] m_data,
    output reg        m_last
);
    (* ram_style = "block" *) reg [7:0] slots[0:511];

    // ---- wire_rx_clk: replies that have gone in ----
    reg  [4:0] in, in_gray;
    wire [4:0] in_next = in + 5'd1;
    reg  [4:0] out_gray;
    wire [4:0] out_gray_there; // in wire_rx_clk
    sync_bits #(.WIDTH(5)) to_rx (.clk(wire_rx_clk), .d(out_gray), .q(out_gray_there));

    always @(posedge wire_rx_clk) begin
        if (s_en) slots[{in[3:0], s_place}] <= s_data;
        if (s_commit) begin
            in      <= in_next;
            in_gray <= in_next ^ (in_next >> 1);
        end
        // All slots apart, which in Gray code differs in the upper two bits.
        s_room <= in_gray != {~out_gray_there[4:3], out_gray_there[2:0]};
        if (wire_rx_rst) begin
            in      <= 5'd0;
            in_gray <= 5'd0;
            s_room  <= 1'b0;
        end
    end

    // ---- wire_tx_clk: place → block RAM → register → output. All stand still while the output waits, as in packet_memory ----
    wire [4:0] in_gray_here;   // in wire_tx_clk
    sync_bits #(.WIDTH(5)) to_tx (.clk(wire_tx_clk), .d(in_gray), .q(in_gray_here));

    reg  [4:0] out;            // replies that have come out
    wire [4:0] out_next = out + 5'd1;
    reg        busy;           // in the middle of one
    reg  [5:0] position;       // in it, of the byte to fetch; 0 otherwise
    wire       fetch    = busy || in_gray_here != out_gray;
    wire       last     = position == 6'd41;
    wire       fixed    = position[5:2] == 4'd3 || position[5:2] == 4'd4 || position[5:1] == 5'd10;    // 12 to 21
    wire       asker_ip = position[5] && (position[3] || &position[2:1]);                               // 38 to 41
    wire       move     = !m_valid || m_ready;

    reg        fetched, fetched_last, fetched_fixed; // a byte is at the block RAM's output
    reg  [3:0] fetched_place;
    reg  [7:0] fetched_data;
    reg        kept, kept_last;                      // and one in the registers behind it
    reg        kept_fixed;
    reg  [3:0] kept_constant;
    reg  [7:0] kept_data;

    // What every reply has at bytes 12 to 21: type, hardware and protocol, their address lengths, operation. The upper half is 0.
    reg  [3:0] constant;
    always @*
        case (fetched_place)
            4'd12:   constant = 4'h8; // 0806
            4'd13:   constant = 4'h6;
            4'd15:   constant = 4'h1; // 0001
            4'd0:    constant = 4'h8; // 0800
            4'd2:    constant = 4'h6;
            4'd3:    constant = 4'h4;
            4'd5:    constant = 4'h2; // 0002
            default: constant = 4'h0;
        endcase

    always @(posedge wire_tx_clk) begin
        if (move) begin
            fetched_data <= slots[{out[3:0], asker_ip, position[3:0]}];
            kept_data    <= fetched_data;
        end
        if (move) begin
            position <= fetch && !last ? position + 6'd1 : 6'd0;
            busy     <= fetch && !last;
            if (last) begin
                out      <= out_next;
                out_gray <= out_next ^ (out_next >> 1);
            end
            {fetched, fetched_last, fetched_fixed, fetched_place} <= {fetch, last, fixed, position[3:0]};
            {kept, kept_last, kept_fixed, kept_constant} <= {fetched, fetched_last, fetched_fixed, constant};
            {m_valid, m_last} <= {kept, kept_last};
            m_data <= kept_fixed ? {4'd0, kept_constant} : kept_data;
        end
        if (wire_tx_rst) begin
            out      <= 5'd0;
            out_gray <= 5'd0;
            busy     <= 1'b0;
            position <= 6'd0;
            fetched  <= 1'b0;
            kept     <= 1'b0;
            m_valid  <= 1'b0;
        end
    end
endmodule

`default_nettype wire
