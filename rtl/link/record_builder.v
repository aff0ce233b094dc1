// SPDX-License-Identifier: BSD-2-Clause
//
// Makes received frames into link records (weir_link.vh) and records into bulk IN transfers.
//
// A transfer ends at the end of a record, with a short packet, so that the host's buffer completes:
//   - when nothing waits: no frame for it, and the endpoint has sent all packets that it had. So a lone frame goes up at
//     once, and frames that come while the bus is busy share a transfer;
//   - when the next record would not fit into WEIR_IN_TRANSFER_MAX;
//   - when the transfer began in_timeout microseconds ago.
// Where the end would fall on a multiple of the packet size, a padding record of 12 bytes goes behind. There is always room for
// it: records are multiples of 4, and a transfer stays 4 below the maximum, itself a multiple of the packet size.
//
// A frame whose flags have WEIR_F_TIMESTAMP brings the time of its arrival; in the mode with time stamps its 8 bytes follow the
// header, otherwise the flag is taken off.
//
// rx/coalescer may give a frame in a short form. It is told when a record begins, and when a transfer has ended: what a record
// left out must be in the same transfer.
//
// Each IN packet takes the bus from OUT packets. So a transfer of nothing but pure acknowledgements does not end for want of frames
// while OUT is busy (a packet came within the last 2^12 clocks, 68 us at 60 MHz: seven packets' time at high speed), nor after
// in_timeout, until ack_hold microseconds after it began.
//
// Which byte is the last is known only after it: so each byte waits in `held` until there is a next one or an end.
//
//      +------ frame waits and fits -------+
//      |                                   v
//   BETWEEN <-- 12 bytes of padding -- HEADER --> FRAME --> PADDING --+
//    ^  |  +--- end on a packet ----------^        |                  |
//    |  +- end: `held` leaves as last              +-- link_flush --> DROP
//    +-------------------------------- record whole ------------------+
`default_nettype none
`include "weir_link.vh"

module record_builder #(
    parameter ADDR_WIDTH    = 16, // bits of a frame's length; a frame is at most WEIR_IN_TRANSFER_MAX - 28 bytes
    parameter CLOCKS_PER_US = 60
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  link_flush, // pulse: the stream starts anew; a frame that was begun is lost
    input  wire                  high_speed, // packets of 512 bytes, else of 64
    input  wire [15:0]           in_timeout, // microseconds

    input  wire                  timestamps, // WEIR_RX_MODE_TIMESTAMP

    // Frames, from the receive packet_memory: length, flags and time hold from the first valid to the last byte.
    input  wire                  s_valid,
    output wire                  s_ready,
    input  wire [7:0]            s_data,
    input  wire                  s_last,
    input  wire [ADDR_WIDTH-1:0] s_length,
    input  wire [7:0]            s_flags,
    input  wire [63:0]           s_time,     // ns; of frames with WEIR_F_TIMESTAMP in s_flags

    // From and to rx/coalescer
    input  wire [2:0]            s_flow,     // of the frame
    input  wire                  s_ack,      // it is a pure acknowledgement
    input  wire                  s_coming,   // a frame will wait within a few clocks
    output wire                  begins,     // pulse: the frame's record does; s_length and s_flags no longer change
    output wire                  ended,      // pulse: the transfer has
    output wire [3:0]            note_index, // the record header's next byte, from 2 to 8 the frame's
    output wire                  note_read,
    input  wire [7:0]            note,       // it, the clock after
    input  wire                  out_packet, // pulse: a bulk OUT packet was taken
    input  wire [15:0]           ack_hold,   // microseconds

    // Bulk IN
    output wire                  m_valid,
    input  wire                  m_ready,
    output wire [7:0]            m_data,
    output wire                  m_last,     // the transfer's last byte; may change until m_ready
    input  wire                  in_drained, // no whole packet waits in the endpoint

    output reg                   ev_record,
    output wire                  ev_held     // a transfer of acknowledgements had waited for more
);
    localparam BETWEEN = 3'd0, HEADER = 3'd1, FRAME = 3'd2, PADDING = 3'd3, DROP = 3'd4;
    localparam [7:0] TIMESTAMP = `WEIR_F_TIMESTAMP, PURE_ACK = `WEIR_F_PURE_ACK;
    localparam [7:0] SHORT = `WEIR_F_CONTINUES | `WEIR_F_PURE_ACK;

    reg  [2:0]  state;
    reg         pad_record; // in HEADER: of a padding record
    reg         stamped;    // in HEADER: with a time stamp behind it
    reg  [4:0]  count;      // byte of the header, then of the time stamp
    reg  [14:0] position;   // bytes of this transfer so far, with the held one
    reg         held_valid;
    reg  [7:0]  held;

    // ---- What to do between records ----
    wire [17:0] length    = {{(18 - ADDR_WIDTH){1'b0}}, s_length};
    wire [17:0] filled    = length + {3'd0, position}; // a multiple of 4, but for the frame's padding
    wire        nearly    = &filled[13:5]; // the transfer's last 32 bytes
    reg         waits;     // a frame, since the clock before
    reg         fits;      // it, behind the records of this transfer
    reg         stamping;  // with a time stamp, if it has one
    wire        on_packet = position[5:0] == 0 && (!high_speed || position[8:6] == 0);
    reg         expired;
    reg  [3:0]  quiet;     // clocks without a frame, up to 15: the memory needs a few between two frames
    wire        idle      = quiet == 4'd15 && in_drained;
    reg         hold;      // the transfer waits for more acknowledgements
    wire        end_now   = state == BETWEEN && held_valid && ((expired && !hold) || (waits ? !fits : idle && !hold));
    wire        empty     = |(s_flags & PURE_ACK); // its one byte does not count

    assign begins = state == BETWEEN && waits && !end_now && !link_flush && !rst;
    assign ended  = (m_last && m_ready) || link_flush || rst;

    wire [4:0]  header_last = `WEIR_RECORD_HEADER - 1 + (stamped ? `WEIR_TIMESTAMP_SIZE : 0);

    // ---- The byte to add: `byte_valid` and `take` move it into `held`, and what was held out ----
    reg  [7:0] header_byte;
    reg        byte_valid;
    reg  [7:0] byte_data;
    wire       take = byte_valid && (!held_valid || m_ready);

    always @* begin
        case (count)
            `WEIR_REC_MAGIC:      header_byte = `WEIR_RECORD_MAGIC;
            `WEIR_REC_FLAGS:      header_byte = pad_record ? `WEIR_F_PAD : stamped ? s_flags : s_flags & ~TIMESTAMP;
            `WEIR_REC_LENGTH:     header_byte = pad_record ? 8'd0 : length[7:0];
            `WEIR_REC_LENGTH + 1: header_byte = pad_record ? 8'd0 : length[15:8];
            `WEIR_REC_LENGTH + 2: header_byte = pad_record ? 8'd0 : {1'b0, s_flow, 2'b00, length[17:16]};
            default:              header_byte = pad_record ? 8'd0 : note;
        endcase
        case (state)
            HEADER:  {byte_valid, byte_data} = {1'b1, count < `WEIR_RECORD_HEADER ? header_byte : s_time[{time_byte, 3'd0} +: 8]};
            FRAME:   {byte_valid, byte_data} = {s_valid && !empty, s_data};
            PADDING: {byte_valid, byte_data} = {position[1:0] != 0, 8'd0};
            default: {byte_valid, byte_data} = 9'd0;
        endcase
    end

    wire [2:0] time_byte = {!count[2], count[1:0]}; // count less 12

    assign s_ready = state == DROP || (state == FRAME && (empty || !held_valid || m_ready));
    assign note_index = count[3:0] + 4'd1;
    assign note_read  = take;
    assign m_last  = end_now && !on_packet;
    assign m_valid = held_valid && (byte_valid || m_last);
    assign m_data  = held;

    always @(posedge clk) begin
        waits     <= s_valid && state == BETWEEN;
        stamping  <= timestamps; // what `fits` was told
        // With its header of 12 bytes or 20 it must stay 4 below WEIR_IN_TRANSFER_MAX. (With time stamps those without count as 20.)
        fits      <= filled[17:14] == 4'd0 && !(nearly && (timestamps ? filled[4:0] > 5'd8 : filled[4:0] > 5'd16));
        ev_record <= state == PADDING && position[1:0] == 0;
        quiet     <= s_valid || s_coming || state != BETWEEN ? 4'd0 : quiet == 4'd15 ? 4'd15 : quiet + 1'b1;

        if (take) begin
            held       <= byte_data;
            held_valid <= 1'b1;
            position   <= position + 1'b1;
        end else if (m_last && m_ready) begin
            held_valid <= 1'b0;
            position   <= 15'd0;
        end

        case (state)
            BETWEEN: begin
                count      <= 5'd0;
                pad_record <= end_now;
                stamped    <= stamping && !end_now && |(s_flags & TIMESTAMP);
                if (end_now ? on_packet : waits) state <= HEADER;
            end
            HEADER: if (take) begin
                count <= count + 1'b1;
                if (count == header_last) state <= pad_record ? BETWEEN : FRAME;
            end
            FRAME: if (s_valid && s_ready && s_last) state <= PADDING;
            PADDING: if (position[1:0] == 0) state <= BETWEEN;
            default: if (s_valid && s_last) state <= BETWEEN;
        endcase

        if (rst || link_flush) begin
            held_valid <= 1'b0;
            position   <= 15'd0;
            ev_record  <= 1'b0;
            // A frame of which bytes are gone cannot be sent any more; one with only its header can, if it was to be whole.
            if (rst) state <= BETWEEN;
            else if ((state == FRAME || state == DROP) && !(s_valid && s_ready && s_last)) state <= DROP;
            else if (state == HEADER && !pad_record && (s_flags & SHORT) != 8'd0) state <= DROP;
            else state <= BETWEEN;
        end
    end

    // ---- Time since the transfer's first byte ----
    reg [7:0]  clocks;
    reg [15:0] microseconds;

    always @(posedge clk) begin
        expired <= held_valid && microseconds >= in_timeout;
        clocks <= clocks == CLOCKS_PER_US - 1 ? 8'd0 : clocks + 1'b1;
        if (clocks == CLOCKS_PER_US - 1 && microseconds != 16'hFFFF) microseconds <= microseconds + 1'b1;
        if (!held_valid || link_flush) begin
            clocks       <= 8'd0;
            microseconds <= 16'd0;
        end
    end

    // ---- The hold for acknowledgements ----
    reg         acks_only; // all records of the transfer
    reg         held_back; // the transfer would have ended
    reg  [12:0] since_out; // clocks; stops at 2^12
    wire        out_quiet = since_out[12];

    assign ev_held = held_back && m_last && m_ready;

    always @(posedge clk) begin
        if (begins) acks_only <= s_ack && (acks_only || !held_valid);
        hold      <= acks_only && !out_quiet && microseconds < ack_hold;
        held_back <= held_valid && (held_back || (hold && state == BETWEEN && !waits && (idle || expired)));
        since_out <= out_packet ? 13'd0 : since_out + {12'd0, !out_quiet};
        if (rst) since_out <= 13'h1000;
    end
endmodule

`default_nettype wire
