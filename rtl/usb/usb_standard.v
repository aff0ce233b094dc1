// SPDX-License-Identifier: BSD-2-Clause
//
// Answers the standard requests (USB 2.0 section 9.4) and Microsoft's for its descriptor set, and holds what they set:
// configuration, alternate setting, halts, remote wake-up, test mode. To endpoint 0 it looks like the responder of vendor
// requests: started with the eight bytes, it accepts or not, offers a length and bytes by offset, and acts when endpoint 0
// says `commit`. What is not exactly a request of section 9.4 in a state that allows it is refused, so the host sees STALL.
//
//                      default      address      configured
//     GET_STATUS       device, endpoint 0        and interfaces, endpoints that exist
//     CLEAR/SET_FEATURE remote wake-up, test mode (high speed; set only), halt of endpoint 0 (clear only)   and endpoints
//     SET_ADDRESS      yes          yes          no
//     GET_DESCRIPTOR, GET_CONFIGURATION in all; SET_CONFIGURATION with an address; GET/SET_INTERFACE when configured
//     SET_DESCRIPTOR, SYNCH_FRAME: no
//
// Configuration 1 has interface 0 with all three endpoints; configuration 2 (CDC-NCM) interface 0 with the interrupt
// endpoint, and interface 1 with the bulk endpoints in alternate setting 1.
`default_nettype none
`include "weir_link.vh"

module usb_standard #(
    parameter NCM          = 0,         // 1: configuration 2 is there
    parameter HIGH_SPEED   = 1,         // 0: full speed only
    parameter SELF_POWERED = 0,
    parameter MAX_POWER    = 500        // mA from the bus
) (
    input  wire        clk,
    input  wire        rst,             // also while the bus is being reset
    input  wire        high_speed,
    input  wire [47:0] mac_address,

    // from endpoint 0
    input  wire        start,           // pulse: setup holds a request
    input  wire [63:0] setup,
    output reg         accept,          // three clocks after start, until the next
    output reg  [7:0]  in_length,
    input  wire [7:0]  in_address,
    output wire [7:0]  in_data,         // of the address one clock before
    input  wire        commit,          // pulse
    output wire        set_address,     // pulse: to setup[22:16]

    // state
    input  wire        addressed,
    output reg  [1:0]  configuration,   // 0: none
    output reg         alternate,       // of interface 1 in configuration 2
    output wire [2:0]  exists,          // endpoints: bit 0 bulk OUT, 1 bulk IN, 2 interrupt
    output reg  [2:0]  halt,
    output reg  [2:0]  toggle_reset,    // pulses
    output reg         flush,           // pulse: the bulk endpoints begin anew
    output reg         remote_wakeup,   // the host allows it
    output reg  [2:0]  test_mode,       // table 9-7; 0: none
    input  wire        testing          // in_data is the test packet
);
    localparam [15:0] GET_STATUS_DEVICE = 16'h8000, GET_STATUS_INTERFACE = 16'h8100, GET_STATUS_ENDPOINT = 16'h8200,
                      CLEAR_FEATURE_DEVICE = 16'h0001, SET_FEATURE_DEVICE = 16'h0003,
                      CLEAR_FEATURE_ENDPOINT = 16'h0201, SET_FEATURE_ENDPOINT = 16'h0203, SET_ADDRESS = 16'h0005,
                      GET_DESCRIPTOR = 16'h8006, GET_CONFIGURATION = 16'h8008, SET_CONFIGURATION = 16'h0009,
                      GET_INTERFACE = 16'h810A, SET_INTERFACE = 16'h010B, GET_MS_OS_20 = {8'hC0, VENDOR_CODE};
    localparam [7:0] VENDOR_CODE = `WEIR_REQ_MS_OS_20;
    localparam [15:0] LAST_CONFIGURATION = NCM != 0 ? 16'd2 : 16'd1;
    localparam [15:0] ENDPOINT_HALT = 16'd0, DEVICE_REMOTE_WAKEUP = 16'd1, TEST_MODE = 16'd2;   // table 9-6
    localparam [7:0] STRING = 8'd3;

    wire [15:0] request = {setup[7:0], setup[15:8]};
    wire [15:0] value = setup[31:16];
    wire [15:0] index = setup[47:32];
    wire        no_data = setup[63:48] == 16'd0;
    wire        no_value = value == 16'd0;
    wire        no_index = index == 16'd0;

    wire       configured = configuration != 2'd0;
    wire       is_ncm = NCM != 0 & configuration[1];
    wire       data_interface = is_ncm & index == 16'd1;
    wire       interface_exists = configured & no_index | data_interface;
    wire [2:0] at = {index == `WEIR_EP_NOTIFY, index == `WEIR_EP_IN, index == `WEIR_EP_OUT} & exists;
    wire       at_control = index[15:8] == 8'h00 & index[6:0] == 7'd0;
    wire       tests = HIGH_SPEED != 0 & high_speed & index[7:0] == 8'd0 & index[15:8] != 8'd0 & index[15:8] < 8'd5;

    assign exists = {configured, {2{is_ncm ? alternate : configured}}};

    // ---- Answering ----
    wire       found;
    wire [7:0] descriptor_length, descriptor_data;
    reg  [1:0] answer;                  // byte 0 of the answers without a descriptor; byte 1 is zero
    reg        answers;                 // this is one of them
    reg  [1:0] answer_byte;
    reg  [1:0] started;
    wire       is_ms_os = request == GET_MS_OS_20;

    usb_descriptors #(
        .NCM(NCM), .HIGH_SPEED(HIGH_SPEED), .SELF_POWERED(SELF_POWERED), .MAX_POWER(MAX_POWER)
    ) descriptors (
        .clk(clk), .high_speed(high_speed), .mac_address(mac_address), .what({testing | answers, !testing & (answers | is_ms_os)}),
        .kind(setup[31:24]), .index(setup[23:16]), .found(found), .length(descriptor_length),
        .offset(in_address), .data(descriptor_data)
    );
    assign in_data = descriptor_data | {6'd0, answer_byte};

    always @(posedge clk) begin
        answers <= request != GET_DESCRIPTOR & !is_ms_os;
        answer_byte <= answers & !testing & in_address == 8'd0 ? answer : 2'd0;
        started <= {started[0], start & !rst};
        if (started[1]) begin
            accept <= 1'b0;
            in_length <= 8'd2;
            answer <= 2'd0;
            case (request)
            GET_STATUS_DEVICE: begin
                accept <= no_value & no_index;
                answer <= {remote_wakeup, SELF_POWERED != 0};
            end
            GET_STATUS_INTERFACE: accept <= no_value & interface_exists;
            GET_STATUS_ENDPOINT: begin
                accept <= no_value & (at != 3'd0 | at_control);
                answer <= {1'b0, (at & halt) != 3'd0};
            end
            CLEAR_FEATURE_DEVICE: accept <= value == DEVICE_REMOTE_WAKEUP & no_index & no_data;
            SET_FEATURE_DEVICE:
                accept <= (value == DEVICE_REMOTE_WAKEUP & no_index | value == TEST_MODE & tests) & no_data;
            CLEAR_FEATURE_ENDPOINT: accept <= value == ENDPOINT_HALT & (at != 3'd0 | at_control) & no_data;
            SET_FEATURE_ENDPOINT: accept <= value == ENDPOINT_HALT & at != 3'd0 & no_data;
            SET_ADDRESS: accept <= value < 16'd128 & no_index & no_data & !configured;
            GET_DESCRIPTOR: begin       // any language will do: there is but one
                accept <= found & (no_index | setup[31:24] == STRING);
                in_length <= descriptor_length;
            end
            GET_MS_OS_20: begin
                accept <= no_value & index == 16'd7;
                in_length <= descriptor_length;
            end
            GET_CONFIGURATION: begin
                accept <= no_value & no_index;
                in_length <= 8'd1;
                answer <= configuration;
            end
            SET_CONFIGURATION: accept <= value <= LAST_CONFIGURATION & no_index & no_data & addressed;
            GET_INTERFACE: begin
                accept <= no_value & interface_exists;
                in_length <= 8'd1;
                answer <= {1'b0, alternate & data_interface};
            end
            SET_INTERFACE: accept <= (no_value | value == 16'd1 & data_interface) & interface_exists & no_data;
            default: ;
            endcase
        end
        if (rst) started <= 2'b00;
    end

    // ---- Acting ----
    wire sets_configuration = commit & request == SET_CONFIGURATION;
    wire sets_interface = commit & request == SET_INTERFACE;
    wire sets_halt = commit & request == SET_FEATURE_ENDPOINT;
    wire clears_halt = commit & request == CLEAR_FEATURE_ENDPOINT;
    wire sets_feature = commit & request == SET_FEATURE_DEVICE;
    wire clears_feature = commit & request == CLEAR_FEATURE_DEVICE;
    wire [2:0] of_interface = !is_ncm ? 3'b111 : data_interface ? 3'b011 : 3'b100;
    wire [2:0] begins = {3{sets_configuration}} | (of_interface & {3{sets_interface}}) | (at & {3{clears_halt}});

    assign set_address = commit & request == SET_ADDRESS;

    always @(posedge clk) begin
        toggle_reset <= begins;
        halt <= (halt | (at & {3{sets_halt}})) & ~begins;
        flush <= sets_configuration | sets_interface & data_interface;
        if (sets_configuration) configuration <= value[1:0];
        if (sets_configuration | sets_interface & data_interface) alternate <= value[0] & sets_interface;
        if (sets_feature & value[0] | clears_feature) remote_wakeup <= sets_feature;
        if (sets_feature & value[1]) test_mode <= index[10:8];
        if (rst) begin
            configuration <= 2'd0;
            alternate <= 1'b0;
            halt <= 3'd0;
            flush <= 1'b0;
            remote_wakeup <= 1'b0;
            test_mode <= 3'd0;
        end
    end
endmodule

`default_nettype wire
