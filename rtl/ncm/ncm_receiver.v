// SPDX-License-Identifier: BSD-2-Clause
//
// Sets the receiver for CDC-NCM, through the tables that a host in configuration 1 would write itself (weir_link.vh).
//
// When the configuration is selected the tables may hold what another host left: first the receiver is switched off, ARP offload
// with it, then the address table is put back to the card's own address alone. From then on receive control follows the data
// interface and the packet filter; when the configuration is left the receiver is switched off again.
//
// The card has no broadcast filter, so a filter with any bit lets broadcast and directed frames pass; the multicast bit, without
// a list, lets all multicast frames pass.
`default_nettype none
`include "weir_link.vh"

module ncm_receiver (
    input  wire        clk,
    input  wire        rst,
    input  wire        configured,       // the CDC-NCM configuration is selected
    input  wire        listens,          // and the data interface in alternate setting 1
    input  wire [4:0]  packet_filter,    // of ncm_requests

    // Writes of entry 0; bits of the value above the eighth mean nothing in these tables.
    output wire        m_table_valid,
    input  wire        m_table_ready,
    output wire [7:0]  m_table,
    output wire [7:0]  m_value
);
    localparam [1:0] AWAY = 2'd0, OFF = 2'd1, ADDRESSES = 2'd2, FOLLOW = 2'd3;
    localparam [7:0] RX_CONTROL = `WEIR_TABLE_RX_CONTROL, MAC_RESET = `WEIR_TABLE_MAC_RESET;
    localparam [7:0] ENABLE = `WEIR_RX_ENABLE, PROMISCUOUS = `WEIR_RX_PROMISCUOUS, ALL_MULTICAST = `WEIR_RX_ALL_MULTICAST;

    reg  [1:0] state;
    reg  [7:0] told;                     // receive control as last written
    reg        telling;                  // it is being written: what is offered holds until it is taken
    wire       on = configured && listens && packet_filter != 0;
    wire [7:0] wanted = !on ? 8'd0 : ENABLE | (packet_filter[0] ? PROMISCUOUS : 8'd0) |
                        (packet_filter[1] || packet_filter[4] ? ALL_MULTICAST : 8'd0);
    wire       wrote = m_table_valid && m_table_ready;

    assign m_table_valid = state == OFF || state == ADDRESSES || telling;
    assign m_table       = state == ADDRESSES ? MAC_RESET : RX_CONTROL;
    assign m_value       = told;

    always @(posedge clk) begin
        case (state)
            AWAY: begin
                told <= 8'd0;
                if (configured) state <= OFF;
            end
            OFF:       if (wrote) state <= ADDRESSES;
            ADDRESSES: if (wrote) state <= FOLLOW;
            default: begin // FOLLOW
                if (telling) telling <= !wrote;
                else if (wanted != told) begin
                    told    <= wanted;
                    telling <= 1'b1;
                end else if (!configured) state <= AWAY;
            end
        endcase
        if (rst) begin
            state   <= AWAY;
            telling <= 1'b0;
        end
    end
endmodule

`default_nettype wire
