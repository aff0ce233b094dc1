// SPDX-License-Identifier: BSD-2-Clause
//
// Answers the standard requests (USB 2.0 section 9.4) and holds what they set: address, configuration, halts. To endpoint 0 it
// looks like the responder of vendor requests: started with the eight bytes, it accepts or not, offers a length and bytes by
// offset, and acts when endpoint 0 says `commit`.
//
// SET_ADDRESS waits for the end of the status stage (9.4.6). Should the host's last ACK be lost, the card cannot know that
// the stage has ended; so from then on it answers to both addresses, until either proves to be the one.
`default_nettype none
`include "weir_link.vh"

module usb_standard (
    input  wire        clk,
    input  wire        rst,             // also while the bus is being reset
    input  wire        high_speed,
    input  wire [47:0] mac_address,

    // from endpoint 0
    input  wire        start,           // pulse: setup holds a standard request
    input  wire [63:0] setup,
    output reg         accept,          // three clocks after start, until the next
    output reg  [7:0]  in_length,
    input  wire [7:0]  in_address,
    output wire [7:0]  in_data,         // of the address one clock before
    input  wire        commit,          // pulse

    // the device's address
    input  wire [6:0]  token_address,
    output wire        token_is_ours,
    input  wire        token_taken,     // pulse: a SETUP came to token_address
    input  wire        status_ack,      // pulse: the host acknowledged a status stage

    output reg         configured,
    output reg         halt_out,
    output reg         halt_in,
    output reg         halt_notify,
    output reg         toggle_reset_out,    // pulses
    output reg         toggle_reset_in,
    output reg         toggle_reset_notify,
    output reg         flush            // pulse: SET_CONFIGURATION
);
    localparam [15:0] GET_STATUS_DEVICE = 16'h8000, GET_STATUS_INTERFACE = 16'h8100, GET_STATUS_ENDPOINT = 16'h8200,
                      CLEAR_FEATURE_ENDPOINT = 16'h0201, SET_FEATURE_ENDPOINT = 16'h0203, SET_ADDRESS = 16'h0005,
                      GET_DESCRIPTOR = 16'h8006, GET_CONFIGURATION = 16'h8008, SET_CONFIGURATION = 16'h0009,
                      GET_INTERFACE = 16'h810A, SET_INTERFACE = 16'h010B;

    wire [15:0] request = {setup[7:0], setup[15:8]};
    wire [15:0] value = setup[31:16];
    wire [15:0] index = setup[47:32];
    wire        no_data = setup[63:48] == 16'd0;

    wire at_out = index == `WEIR_EP_OUT & configured;
    wire at_in = index == `WEIR_EP_IN & configured;
    wire at_notify = index == `WEIR_EP_NOTIFY & configured;
    wire at_control = index[15:8] == 8'h00 & index[6:0] == 7'd0;
    wire halted = at_out & halt_out | at_in & halt_in | at_notify & halt_notify;

    // ---- Answering ----
    wire       found;
    wire [7:0] descriptor_length, descriptor_data;
    reg  [7:0] answer;                   // byte 0 of the answers without a descriptor; byte 1 is zero
    reg        answer_byte;
    reg        second_byte;
    reg  [1:0] started;

    usb_descriptors descriptors (
        .clk(clk), .high_speed(high_speed), .mac_address(mac_address),
        .kind(setup[31:24]), .index(setup[23:16]), .found(found), .length(descriptor_length),
        .offset(in_address), .data(descriptor_data)
    );

    wire is_descriptor = request == GET_DESCRIPTOR;
    assign in_data = !answer_byte ? descriptor_data : second_byte ? 8'h00 : answer;

    always @(posedge clk) begin
        answer_byte <= !is_descriptor;
        second_byte <= in_address != 8'd0;
        started <= {started[0], start & !rst};
        if (started[1]) begin
            accept <= 1'b0;
            in_length <= 8'd2;
            answer <= 8'h00;
            case (request)
            GET_STATUS_DEVICE: accept <= value == 16'd0 & index == 16'd0;
            GET_STATUS_INTERFACE: accept <= value == 16'd0 & index == 16'd0 & configured;
            GET_STATUS_ENDPOINT: begin
                accept <= value == 16'd0 & (at_out | at_in | at_notify | at_control);
                answer <= {7'd0, halted};
            end
            CLEAR_FEATURE_ENDPOINT, SET_FEATURE_ENDPOINT: // wValue 0 is ENDPOINT_HALT
                accept <= value == 16'd0 & (at_out | at_in | at_notify) & no_data;
            SET_ADDRESS: accept <= value < 16'd128 & index == 16'd0 & no_data;
            GET_DESCRIPTOR: begin
                accept <= found;
                in_length <= descriptor_length;
            end
            GET_CONFIGURATION: begin
                accept <= value == 16'd0 & index == 16'd0;
                in_length <= 8'd1;
                answer <= {7'd0, configured};
            end
            SET_CONFIGURATION: accept <= value < 16'd2 & index == 16'd0 & no_data;
            GET_INTERFACE: begin
                accept <= value == 16'd0 & index == 16'd0 & configured;
                in_length <= 8'd1;
            end
            SET_INTERFACE: accept <= value == 16'd0 & index == 16'd0 & configured & no_data;
            default: ;
            endcase
        end
        if (rst) started <= 2'b00;
    end

    // ---- Acting ----
    wire sets_halt = request == SET_FEATURE_ENDPOINT;
    wire clears_halt = request == CLEAR_FEATURE_ENDPOINT;
    wire sets_all = request == SET_CONFIGURATION | request == SET_INTERFACE;

    always @(posedge clk) begin
        toggle_reset_out <= commit & (sets_all | clears_halt & at_out);
        toggle_reset_in <= commit & (sets_all | clears_halt & at_in);
        toggle_reset_notify <= commit & (sets_all | clears_halt & at_notify);
        flush <= commit & request == SET_CONFIGURATION;
        if (commit & request == SET_CONFIGURATION) configured <= value[0];
        if (commit & (sets_all | (sets_halt | clears_halt) & at_out)) halt_out <= sets_halt;
        if (commit & (sets_all | (sets_halt | clears_halt) & at_in)) halt_in <= sets_halt;
        if (commit & (sets_all | (sets_halt | clears_halt) & at_notify)) halt_notify <= sets_halt;
        if (rst) begin
            configured <= 1'b0;
            halt_out <= 1'b0;
            halt_in <= 1'b0;
            halt_notify <= 1'b0;
            flush <= 1'b0;
        end
    end

    // ---- Address ----
    reg  [6:0] address, next_address;
    reg        moving;                  // both addresses are ours
    wire       is_next = moving & token_address == next_address;

    assign token_is_ours = token_address == address | is_next;

    always @(posedge clk) begin
        if (commit & request == SET_ADDRESS) begin
            next_address <= value[6:0];
            moving <= 1'b1;
        end else if (moving & (status_ack | token_taken & is_next)) begin
            address <= next_address;
            moving <= 1'b0;
        end else if (token_taken) moving <= 1'b0;
        if (rst) begin
            address <= 7'd0;
            moving <= 1'b0;
        end
    end
endmodule

`default_nettype wire
