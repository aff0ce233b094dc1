// SPDX-License-Identifier: BSD-2-Clause
//
// From the bulk OUT endpoint to the segmenter, in the language of the configuration that the host has selected: link records
// (link/record_parser) in configuration 1, NTBs (ncm_out) in configuration 2.
//
// The way is switched only between two records, so the segmenter never waits for the rest of one. The side that is switched
// off is held in reset; it hears of the change before by link_flush, and withdraws or finishes what it had begun.
`default_nettype none

module link_out #(
    parameter NCM        = 1,            // 0: no configuration 2
    parameter MAX_LENGTH = 65536 + 255   // of a record, bytes
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        link_flush,       // pulse: the stream starts anew
    input  wire        ncm,              // configuration 2 is selected

    // Bytes of bulk OUT; a beat with eot ends a transfer and carries no data.
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [7:0]  s_data,
    input  wire        s_eot,

    // Descriptors and bytes as rtl/README.md has them.
    output wire        m_rec_valid,
    input  wire        m_rec_ready,
    output wire [7:0]  m_rec_flags,
    output wire [3:0]  m_rec_gso_type,
    output wire [15:0] m_rec_gso_size,
    output wire [7:0]  m_rec_hdr_len,
    output wire [15:0] m_rec_csum_start,
    output wire [15:0] m_rec_csum_offset,
    output wire [17:0] m_rec_length,
    output wire        m_valid,
    input  wire        m_ready,
    output wire [7:0]  m_data,
    output wire        m_last,
    output wire        m_abort,

    output wire        ev_bad_transfer   // something in a transfer made no sense, and it, or its rest, was dropped
);
    wire        to_ncm;                  // where the way leads
    wire        steady = to_ncm == ncm;
    wire        records_ready, records_rec_valid, records_valid, records_last, records_abort, records_bad;
    wire [7:0]  records_flags, records_data;
    wire [3:0]  records_gso_type;
    wire [17:0] records_length;

    record_parser #(.MAX_LENGTH(MAX_LENGTH)) records (
        .clk(clk), .rst(rst | to_ncm), .link_flush(link_flush),
        .s_valid(s_valid & steady), .s_ready(records_ready), .s_data(s_data), .s_eot(s_eot),
        .m_rec_valid(records_rec_valid), .m_rec_ready(m_rec_ready), .m_rec_flags(records_flags),
        .m_rec_gso_type(records_gso_type), .m_rec_gso_size(m_rec_gso_size), .m_rec_hdr_len(m_rec_hdr_len),
        .m_rec_csum_start(m_rec_csum_start), .m_rec_csum_offset(m_rec_csum_offset), .m_rec_length(records_length),
        .m_valid(records_valid), .m_ready(out_ready), .m_data(records_data), .m_last(records_last), .m_abort(records_abort),
        .ev_bad_transfer(records_bad)
    );

    wire        blocks_ready, blocks_rec_valid, blocks_valid, blocks_last, blocks_bad;
    wire [7:0]  blocks_data;
    wire [17:0] blocks_length;

    generate
        if (NCM != 0) begin : configuration_2
            reg  on;
            reg  open;                   // a record has been offered and taken, its bytes have not all
            wire taken = m_rec_valid & m_rec_ready;

            assign to_ncm = on;

            ncm_out blocks (
                .clk(clk), .rst(rst | !to_ncm), .flush(link_flush),
                .s_valid(s_valid & steady), .s_ready(blocks_ready), .s_data(s_data), .s_eot(s_eot),
                .m_rec_valid(blocks_rec_valid), .m_rec_ready(m_rec_ready), .m_rec_length(blocks_length),
                .m_valid(blocks_valid), .m_ready(out_ready), .m_data(blocks_data), .m_last(blocks_last),
                .ev_bad_block(blocks_bad)
            );

            always @(posedge clk) begin
                if (taken) open <= 1'b1;
                else if (out_valid & out_ready & (out_last | out_abort)) open <= 1'b0;
                if (!open & !taken) on <= ncm;
                if (rst) {open, on} <= 2'b00;
            end
        end else begin : no_configuration_2
            assign to_ncm = 1'b0;
            assign {blocks_ready, blocks_rec_valid, blocks_valid, blocks_last, blocks_bad} = 5'd0;
            assign blocks_data = 8'd0;
            assign blocks_length = 18'd0;
        end
    endgenerate

    // The bytes through a register: the ways from the endpoint's memory and into the segmenter are long enough by themselves.
    wire       out_valid = to_ncm ? blocks_valid : records_valid;
    wire [7:0] out_data  = to_ncm ? blocks_data : records_data;
    wire       out_last  = to_ncm ? blocks_last : records_last;
    wire       out_abort = records_abort & !to_ncm;
    wire       out_ready;

    stream_slice #(.WIDTH(10)) slice (
        .clk(clk), .rst(rst), .s_valid(out_valid), .s_ready(out_ready), .s_data({out_abort, out_last, out_data}),
        .m_valid(m_valid), .m_ready(m_ready), .m_data({m_abort, m_last, m_data})
    );

    // A datagram asks for no offload; the segmenter does not look at the other fields then.
    assign s_ready        = steady & (to_ncm ? blocks_ready : records_ready);
    assign m_rec_valid    = to_ncm ? blocks_rec_valid : records_rec_valid;
    assign m_rec_flags    = to_ncm ? 8'd0 : records_flags;
    assign m_rec_gso_type = to_ncm ? 4'd0 : records_gso_type;
    assign m_rec_length   = to_ncm ? blocks_length : records_length;
    assign ev_bad_transfer = records_bad | blocks_bad;
endmodule

`default_nettype wire
