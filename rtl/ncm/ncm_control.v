// SPDX-License-Identifier: BSD-2-Clause
//
// The control side of configuration 2, CDC-NCM: class requests, notifications and the receiver's tables. It stands behind
// link/control and puts its own answers and messages beside, or in the place of, those of the vendor interface.
//
//     link/control ── s_answer_, s_notify_, s_table_ ──> here ── ctl_, m_notify_, m_table_ ──>
//
// Vendor requests are answered in both configurations.
`default_nettype none

module ncm_control #(
    parameter NCM = 1                    // 0: no configuration 2, everything goes straight through
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         ncm,             // configuration 2 is selected
    input  wire         listens,         // and the data interface's alternate setting 1
    input  wire         link_flush,      // pulse
    input  wire [3:0]   link,            // bits of WEIR_REG_LINK

    // Requests
    input  wire [63:0]  ctl_setup,
    input  wire         ctl_start,
    output wire         ctl_accept,
    output wire [15:0]  ctl_in_length,
    input  wire [9:0]   ctl_in_address,
    output wire [7:0]   ctl_in_data,
    input  wire         ctl_commit,

    // What link/control answers, tells and writes
    input  wire         s_answer_accept,
    input  wire [15:0]  s_answer_length,
    input  wire [7:0]   s_answer_data,
    input  wire         s_notify_valid,
    output wire         s_notify_ready,
    input  wire [63:0]  s_notify_data,
    input  wire         s_table_valid,
    output wire         s_table_ready,
    input  wire [79:0]  s_table_data,

    // Interrupt messages, of 16 bytes or of 8
    output wire         m_notify_valid,
    input  wire         m_notify_ready,
    output wire [127:0] m_notify_data,
    output wire         m_notify_long,

    // To the tables: {table, entry, value}
    output wire         m_table_valid,
    input  wire         m_table_ready,
    output wire [79:0]  m_table_data
);
    generate
        if (NCM != 0) begin : configuration_2
            wire         accept, notify_valid, table_valid;
            wire [15:0]  length;
            wire [7:0]   data;
            wire [4:0]   packet_filter;
            wire [127:0] notify_data;
            wire         notify_long;
            wire [7:0]   table_number, table_value;

            ncm_requests requests (
                .clk(clk), .rst(rst), .configured(ncm), .listens(listens), .flush(link_flush),
                .ctl_setup(ctl_setup), .ctl_start(ctl_start), .ctl_accept(accept), .ctl_in_length(length),
                .ctl_in_address(ctl_in_address), .ctl_in_data(data), .ctl_commit(ctl_commit), .packet_filter(packet_filter)
            );
            ncm_notify notify (
                .clk(clk), .rst(rst), .listens(listens), .flush(link_flush), .link(link),
                .m_notify_valid(notify_valid), .m_notify_ready(ncm & m_notify_ready), .m_notify_data(notify_data),
                .m_notify_long(notify_long)
            );
            ncm_receiver receiver (
                .clk(clk), .rst(rst), .configured(ncm), .listens(listens), .packet_filter(packet_filter),
                .m_table_valid(table_valid), .m_table_ready(m_table_ready & !s_table_valid), .m_table(table_number),
                .m_value(table_value)
            );

            assign ctl_accept     = s_answer_accept | accept;
            assign ctl_in_length  = accept ? length : s_answer_length;
            assign ctl_in_data    = accept ? data : s_answer_data;
            assign m_notify_valid = ncm ? notify_valid : s_notify_valid;
            assign m_notify_data  = ncm ? notify_data : {64'd0, s_notify_data};
            assign m_notify_long  = ncm & notify_long;
            assign s_notify_ready = m_notify_ready & !ncm;
            assign m_table_valid  = s_table_valid | table_valid;
            assign m_table_data   = s_table_valid ? s_table_data : {table_number, 8'd0, s_table_data[63:8], table_value};
        end else begin : no_configuration_2
            wire unused = &{1'b0, clk, rst, ncm, listens, link_flush, link, ctl_setup, ctl_start,
                            ctl_in_address, ctl_commit};
            assign ctl_accept     = s_answer_accept;
            assign ctl_in_length  = s_answer_length;
            assign ctl_in_data    = s_answer_data;
            assign m_notify_valid = s_notify_valid;
            assign m_notify_data  = {64'd0, s_notify_data};
            assign m_notify_long  = 1'b0;
            assign s_notify_ready = m_notify_ready;
            assign m_table_valid  = s_table_valid;
            assign m_table_data   = s_table_data;
        end
    endgenerate
    assign s_table_ready = m_table_ready;
endmodule

`default_nettype wire
