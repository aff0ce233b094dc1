// SPDX-License-Identifier: BSD-2-Clause
//
// CDC-NCM towards the host: each received frame becomes an NTB-16 (NCM 1.0 section 3.2) and a transfer of its own:
//
//     0  "NCMH" 12 wSequence wBlockLength 12 | 12  "NCM0" 16 0 | 20  28 length 0 0 | 28  the frame
//
// One datagram a block: a frame goes up as soon as it is there and the bus is free, no block has to be kept, and what a
// host would save by larger blocks it has in configuration 1, whose records carry offloads too.
//
// A frame that with its 28 bytes would not stay below dwNtbInMaxSize, and so be ended by a short packet like all others, is
// dropped and counted: jumbo frames have no place here. What waits while the host does not listen is dropped as well.
`default_nettype none

module ncm_in #(
    parameter ADDR_WIDTH = 16,           // bits of a frame's length
    parameter NTB_MAX_LOG2 = 11          // dwNtbInMaxSize is 2^NTB_MAX_LOG2 bytes
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

    reg  [1:0]  state;
    reg  [4:0]  count;                   // byte of the header
    reg  [15:0] number;                  // of the block: wSequence
    wire [17:0] length = {{(18-ADDR_WIDTH){1'b0}}, s_length};
    wire [17:0] block = length + 18'd28;
    reg         waits;                   // a frame, since the clock before, and
    reg         too_long;                // its length
    wire        ended = s_valid && s_ready && s_last;
    // What is the same in all headers, and what is not.
    reg  [7:0]  constant, variable;
    wire [7:0]  header = constant | variable;

    always @* begin
        case (count)
            5'd0, 5'd12: constant = "N";
            5'd1, 5'd13: constant = "C";
            5'd2, 5'd14: constant = "M";
            5'd3:        constant = "H";
            5'd4:        constant = 8'd12; // wHeaderLength
            5'd10:       constant = 8'd12; // wNdpIndex
            5'd15:       constant = "0";   // no CRC
            5'd16:       constant = 8'd16; // wLength of the NDP
            5'd20:       constant = 8'd28; // wDatagramIndex
            default:     constant = 8'd0;
        endcase
        case (count)
            5'd6:    variable = number[7:0];
            5'd7:    variable = number[15:8];
            5'd8:    variable = block[7:0];
            5'd9:    variable = {{(16-NTB_MAX_LOG2){1'b0}}, block[NTB_MAX_LOG2-1:8]};
            5'd22:   variable = length[7:0];
            5'd23:   variable = {{(16-NTB_MAX_LOG2){1'b0}}, length[NTB_MAX_LOG2-1:8]};
            default: variable = 8'd0;
        endcase
    end

    assign m_valid = state == HEADER || (state == FRAME && s_valid);
    assign m_data  = state == HEADER ? header : s_data;
    assign m_last  = state == FRAME && s_last;
    assign s_ready = state == DROP || (state == FRAME && m_ready);

    always @(posedge clk) begin
        ev_block   <= ended && state == FRAME && !rst;
        waits      <= state == IDLE && s_valid && !rst;
        too_long   <= block[17:NTB_MAX_LOG2] != 0;
        ev_dropped <= state == IDLE && waits && listens && too_long && !rst;
        if (state == HEADER && m_ready) count <= count + 1'b1;
        if (ended && state == FRAME) number <= number + 1'b1;

        case (state)
            IDLE: begin
                count <= 5'd0;
                if (waits) state <= listens && !too_long ? HEADER : DROP;
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
