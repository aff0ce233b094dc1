// SPDX-License-Identifier: BSD-2-Clause
//
// Answers the class requests of CDC-NCM (NCM 1.0 section 6.2), which go to the communication interface, and keeps the packet
// filter that they set (ECM 1.2 section 6.2.4).
//
// What is there: GET_NTB_PARAMETERS, GET and SET_NTB_INPUT_SIZE, SET_ETHERNET_PACKET_FILTER; anything else, optional
// in the standard, is refused. Since a block towards the host has one datagram, it need never be larger than the smallest
// maximum that a host may ask for; so SET_NTB_INPUT_SIZE may set 2,048, as it is already, and GET tells if another was tried.
`default_nettype none

module ncm_requests #(
    parameter NTB_IN_MAX  = 2048,        // bytes
    parameter NTB_OUT_MAX = 4096
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        configured,       // the CDC-NCM configuration is selected
    input  wire        listens,          // the data interface is in alternate setting 1
    input  wire        flush,            // pulse: the filter is as after reset

    // Requests, from usb_device
    input  wire [63:0] ctl_setup,
    input  wire        ctl_start,
    output reg         ctl_accept,
    output reg  [15:0] ctl_in_length,
    input  wire [9:0]  ctl_in_address,
    output reg  [7:0]  ctl_in_data,
    input  wire        ctl_commit,

    output reg  [4:0]  packet_filter     // ECM 1.2 table 62: multicast list, broadcast, directed, all multicast, promiscuous
);
    localparam [7:0] SET_ETHERNET_PACKET_FILTER = 8'h43, GET_NTB_PARAMETERS = 8'h80, GET_NTB_INPUT_SIZE = 8'h85,
                     SET_NTB_INPUT_SIZE = 8'h86;
    localparam [15:0] COMMUNICATION_INTERFACE = 16'd0;
    localparam [4:0] FILTER_RESET = 5'b11100;
    localparam [31:0] IN_MAX = NTB_IN_MAX, OUT_MAX = NTB_OUT_MAX;
    localparam [7:0] PARAMETERS_SIZE = 8'd28;

    // NCM 1.0 table 6-3, byte 0 in the low bits. The remainder is the place of an Ethernet frame's payload, 14 bytes behind its
    // start, modulo the divisor: so frames begin at multiples of 4.
    wire [8*32-1:0] parameters = {
        32'd0,
        16'd1, 16'd4, 16'd2, 16'd4,      // wNtbOutMaxDatagrams, wNdpOutAlignment, wNdpOutPayloadRemainder, wNdpOutDivisor
        OUT_MAX,
        16'd0, 16'd4, 16'd2, 16'd4,      // reserved, wNdpInAlignment, wNdpInPayloadRemainder, wNdpInDivisor
        IN_MAX,
        16'd1, 8'd0, PARAMETERS_SIZE};   // bmNtbFormatsSupported: 16 bit

    wire [7:0]  request_type = ctl_setup[7:0];
    wire [7:0]  request      = ctl_setup[15:8];
    wire [15:0] value        = ctl_setup[31:16];
    wire [15:0] index        = ctl_setup[47:32];
    wire [15:0] length       = ctl_setup[63:48];
    wire        read  = request_type == 8'hA1;
    wire        write = request_type == 8'h21;

    reg known;
    always @* case (request)
        GET_NTB_PARAMETERS:         known = read && value == 0 && length != 0;
        GET_NTB_INPUT_SIZE:         known = read && value == 0 && length != 0;
        SET_NTB_INPUT_SIZE:         known = write && value == 0 && length == 4 && !listens;
        SET_ETHERNET_PACKET_FILTER: known = write && length == 0;
        default:                    known = 1'b0;
    endcase

    wire sizes = request == GET_NTB_INPUT_SIZE;

    always @(posedge clk) begin
        if (ctl_start) begin
            ctl_accept    <= known && configured && index == COMMUNICATION_INTERFACE;
            ctl_in_length <= sizes ? 16'd4 : {8'd0, PARAMETERS_SIZE};
        end
        // dwNtbInMaxSize stands at 4
        ctl_in_data <= parameters[{sizes ? {3'b001, ctl_in_address[1:0]} : ctl_in_address[4:0], 3'd0} +: 8];
        if (ctl_commit && ctl_accept && request == SET_ETHERNET_PACKET_FILTER) packet_filter <= value[4:0];
        if (flush) packet_filter <= FILTER_RESET;
        if (rst) begin
            ctl_accept    <= 1'b0;
            packet_filter <= FILTER_RESET;
        end
    end

    wire unused = &{1'b0, ctl_in_address[9:5]};
endmodule

`default_nettype wire
