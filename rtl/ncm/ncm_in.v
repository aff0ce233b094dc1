// SPDX-License-Identifier: BSD-2-Clause
//
// CDC-NCM towards the host: each received frame becomes an NTB-16 (NCM 1.0 section 3.2) and a transfer of its own:
//
//     0  "NCMH" 12 wSequence wBlockLength 12 | 12  "NCM0" 16 0 | 20  28 length 0 0 | 28  the frame
//
// One datagram a block: a frame goes up as soon as it is there and the bus is free, no block has to be kept, and what a
// host would save by larger blocks it has in configuration 1, whose records carry offloads too.
//
// A frame that with its 28 bytes would not stay below NTB_MAX is dropped and counted: jumbo frames have no place here. What
// waits while the host does not listen is dropped as well.
`default_nettype none

module ncm_in #(
    parameter ADDR_WIDTH = 16,           // bits of a frame's length
    parameter NTB_MAX    = 2048          // dwNtbInMaxSize, bytes
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  flush,  // pulse: the stream starts anew; a frame that was begun is lost
    input  wire                  listens, // the host has selected the data interface's alternate setting 1

    // Frames, from the receive packet_memory: the length holds from the first valid to the last byte.
    input  wire                  s_valid,
    output wire                  s_ready,
    input  wire [7:0]            s_data,
    input  wire                  s_last,
    input  wire [ADDR_WIDTH-1:0] s_length,

    // Bulk IN
    output wire                  m_valid,
    input  wire                  m_ready,
    output wire [7:0]            m_data,
    output wire                  m_last, // the transfer's last byte

    output reg                   ev_block,
    output reg                   ev_dropped // a frame, because of its length
);
    localparam [1:0] IDLE = 2'd0, HEADER = 2'd1, FRAME = 2'd2, DROP = 2'd3;
    localparam [31:0] LONGEST = NTB_MAX - 1 - 28; // a block below NTB_MAX ends in a short packet, whatever the maximum

    reg  [1:0]  state;
    reg  [4:0]  count;                   // byte of the header
    reg  [15:0] number;                  // of the block: wSequence
    wire [17:0] length = {{(18-ADDR_WIDTH){1'b0}}, s_length};
    wire [17:0] block = length + 18'd28;
    wire        too_long = {14'd0, length} > LONGEST;
    wire        ended = s_valid && s_ready && s_last;
    reg  [7:0]  header;

    always @* case (count)
        5'd0, 5'd12: header = "N";
        5'd1, 5'd13: header = "C";
        5'd2, 5'd14: header = "M";
        5'd3:        header = "H";
        5'd4:        header = 8'd12;     // wHeaderLength
        5'd6:        header = number[7:0];
        5'd7:        header = number[15:8];
        5'd8:        header = block[7:0];
        5'd9:        header = block[15:8];
        5'd10:       header = 8'd12;     // wNdpIndex
        5'd15:       header = "0";       // no CRC
        5'd16:       header = 8'd16;     // wLength of the NDP
        5'd20:       header = 8'd28;     // wDatagramIndex
        5'd22:       header = length[7:0];
        5'd23:       header = length[15:8];
        default:     header = 8'd0;
    endcase

    wire unused = &{1'b0, block[17:16], length[17:16]};

    assign m_valid = state == HEADER || (state == FRAME && s_valid);
    assign m_data  = state == HEADER ? header : s_data;
    assign m_last  = state == FRAME && s_last;
    assign s_ready = state == DROP || (state == FRAME && m_ready);

    always @(posedge clk) begin
        ev_block   <= ended && state == FRAME && !rst;
        ev_dropped <= state == IDLE && s_valid && listens && too_long && !rst;
        if (state == HEADER && m_ready) count <= count + 1'b1;
        if (ended && state == FRAME) number <= number + 1'b1;

        case (state)
            IDLE: begin
                count <= 5'd0;
                if (s_valid) state <= listens && !too_long ? HEADER : DROP;
            end
            HEADER:  if (m_ready && count == 5'd27) state <= FRAME;
            default: if (ended) state <= IDLE;
        endcase

        if (flush && state == HEADER) state <= IDLE;
        if (flush && state == FRAME && !ended) state <= DROP;
        if (flush) number <= 16'd0;
        if (rst) begin
            state    <= IDLE;
            number <= 16'd0;
        end
    end
endmodule

`default_nettype wire
