// SPDX-License-Identifier: BSD-2-Clause
//
// Takes bulk OUT transfers apart into records (weir_link.vh) and hands each frame record to the segmenter: its header as a
// descriptor, then its bytes.
//
// Why it distrusts every header: host and card get in step again at a transfer's start and nowhere else. So a header that
// makes no sense costs the rest of its transfer and nothing more, whatever bytes follow.
//
//      +--------------- padding record ----------------+
//      |                                               v
//   HEADER -12 bytes-> CHECK ------> OFFER ---------> BODY ---> PADDING --+
//    ^  |                |             |               |                  |
//    |  +- wrong magic --+--> SKIP     +- link_flush --+--> ABORT         |
//    +------------------------- end of transfer, end of record -----------+
//
// MAX_LENGTH: the longest frame record, and padding record, in bytes (at most 2^18 - 1).
`default_nettype none
`include "weir_link.vh"

module record_parser #(
    parameter MAX_LENGTH = 65536 + 255
) (
    input  wire        clk,
    input  wire        rst,

    // Pulse: the stream starts anew, a half transfer is gone.
    input  wire        link_flush,

    // Bytes of bulk OUT; a beat with eot ends a transfer and carries no data.
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [7:0]  s_data,
    input  wire        s_eot,

    // The descriptor. Its valid falls without ready only on link_flush.
    output wire        m_rec_valid,
    input  wire        m_rec_ready,
    output wire [7:0]  m_rec_flags,
    output wire [3:0]  m_rec_gso_type,
    output wire [15:0] m_rec_gso_size,
    output wire [7:0]  m_rec_hdr_len,
    output wire [15:0] m_rec_csum_start,
    output wire [15:0] m_rec_csum_offset,
    output wire [17:0] m_rec_length,

    // The record's bytes. With m_abort the beat carries no byte and the record ends unfinished.
    output wire        m_valid,
    input  wire        m_ready,
    output wire [7:0]  m_data,
    output wire        m_last,
    output wire        m_abort,

    // A transfer whose rest was thrown away, or whose last record was not whole.
    output reg         ev_bad_transfer
);
    localparam [7:0] OF_A_FRAME = `WEIR_F_NEEDS_CSUM | `WEIR_F_IP_ID_FIXED;
    localparam [2:0] HEADER = 0, CHECK = 1, OFFER = 2, BODY = 3, PADDING = 4, SKIP = 5, ABORT = 6;

    // A counter_bank takes an event each 20 clocks: this far apart are two bad transfers, and, with the header between them, the ends
    // of two records that the segmenter refuses.
    localparam [4:0] AFTER_BAD = 20, AFTER_RECORD = 3;

    reg  [2:0]  state;
    reg  [3:0]  count;   // bytes of the header so far; after it, of the record modulo 4
    reg  [4:0]  rest;    // clocks before the next header
    reg  [87:0] header;  // bytes 1 to 11, the first in the low bits; its length counts down in BODY

    assign m_rec_flags       = header[7:0];
    assign m_rec_csum_start  = header[23:8];
    assign m_rec_csum_offset = header[39:24];
    assign m_rec_gso_size    = header[55:40];
    assign m_rec_hdr_len     = header[63:56];
    assign m_rec_length      = header[81:64];
    assign m_rec_gso_type    = header[87:84];

    wire padding = header[7];

    wire flags_known = (m_rec_flags & ~OF_A_FRAME) == 0 || m_rec_flags == `WEIR_F_PAD;
    wire type_known  = m_rec_gso_type == `WEIR_GSO_NONE || m_rec_gso_type == `WEIR_GSO_TCPV4 ||
                       m_rec_gso_type == (`WEIR_GSO_TCPV4 | `WEIR_GSO_ECN) || m_rec_gso_type == `WEIR_GSO_TCPV6 ||
                       m_rec_gso_type == (`WEIR_GSO_TCPV6 | `WEIR_GSO_ECN) || m_rec_gso_type == `WEIR_GSO_UDP_L4;
    wire others_zero = header[63:8] == 0 && m_rec_gso_type == 0;
    wire sound = flags_known && type_known && header[83:82] == 0 && {14'd0, m_rec_length} <= MAX_LENGTH &&
                 (padding ? others_zero : m_rec_length != 0);

    assign s_ready = (state == HEADER && rest == 0) || state == PADDING || state == SKIP || (state == BODY && (padding || m_ready));
    wire beat = s_valid && s_ready;

    assign m_rec_valid = state == OFFER;
    assign m_valid     = state == ABORT || (state == BODY && !padding && s_valid);
    assign m_abort     = state == ABORT || s_eot;
    assign m_last      = m_rec_length == 1;
    assign m_data      = s_data;

    wire body_ends   = m_last || s_eot;
    wire record_owed = (state == OFFER && m_rec_ready) || (state == BODY && !padding && !(beat && body_ends)) ||
                       (state == ABORT && !m_ready);

    always @(posedge clk) begin
        ev_bad_transfer <= 0;
        if (ev_bad_transfer) rest <= AFTER_BAD;
        else if ((state == BODY || state == PADDING) && beat) rest <= AFTER_RECORD;
        else if (rest != 0) rest <= rest - 5'd1;
        if (beat) begin
            count <= s_eot ? 4'd0 : count + 4'd1;
            if (state == HEADER) header <= {s_data, header[87:8]};
            if (state == BODY) header[81:64] <= m_rec_length - 18'd1;
        end
        case (state)
            HEADER:
                if (beat && s_eot) begin
                    ev_bad_transfer <= count != 0;
                end else if (beat && count == 0 && s_data != `WEIR_RECORD_MAGIC) begin
                    ev_bad_transfer <= 1;
                    state <= SKIP;
                end else if (beat && count == `WEIR_RECORD_HEADER - 1) begin
                    count <= 0;
                    state <= CHECK;
                end
            CHECK: begin
                ev_bad_transfer <= !sound;
                state <= !sound ? SKIP : !padding ? OFFER : m_rec_length == 0 ? HEADER : BODY;
            end
            OFFER:
                if (m_rec_ready) state <= BODY;
            BODY:
                if (beat && s_eot) begin
                    ev_bad_transfer <= 1;
                    state <= HEADER;
                end else if (beat && m_last) begin
                    count <= {2'b00, count[1:0] + 2'd1};
                    state <= count[1:0] == 3 ? HEADER : PADDING;
                end
            PADDING:
                if (beat) begin
                    ev_bad_transfer <= s_eot;
                    count <= s_eot ? 4'd0 : {2'b00, count[1:0] + 2'd1};
                    if (s_eot || count[1:0] == 3) state <= HEADER;
                end
            SKIP:
                if (beat && s_eot) state <= HEADER;
            default:  // ABORT
                if (m_ready) state <= HEADER;
        endcase
        if (rst) ev_bad_transfer <= 0;
        if (rst) rest <= 0;
        if (rst || link_flush) begin
            count <= 0;
            state <= record_owed && !rst ? ABORT : HEADER;
        end
    end
endmodule
`default_nettype wire
