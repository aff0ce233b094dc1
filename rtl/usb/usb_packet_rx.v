// SPDX-License-Identifier: BSD-2-Clause
//
// Takes packets apart: checks PID, length, CRC5 and CRC16 (USB 2.0 section 8.3) and tells at the packet's end whether it was good.
//
// A data packet's bytes are handed on while it arrives, two bytes late so that the CRC is not among them; whoever stores
// them must be able to forget them when `packet_end` comes without `packet_good`. The source cannot wait.
`default_nettype none

module usb_packet_rx (
    input  wire        clk,
    input  wire        rst,
    input  wire        enable,          // low: the bus carries chirps, not packets

    input  wire        rx_active,
    input  wire        rx_valid,
    input  wire [7:0]  rx_data,
    input  wire        rx_error,

    output reg  [3:0]  pid,             // from the packet's first byte on
    output reg         data_valid,      // a byte of a data packet
    output reg  [7:0]  data,
    output reg  [9:0]  length,          // data bytes so far, at most 1023; until the next packet's PID
    output reg         packet_end,      // pulse
    output reg         packet_good,     // with packet_end
    output wire [6:0]  token_address,   // with packet_end of a token
    output wire [3:0]  token_endpoint,

    output reg         ev_crc_error     // a packet was broken in any way
);
    localparam [15:0] CRC16_GOOD = 16'hB001;
    localparam [3:0] PID_PING = 4'h4;

    reg        active_before;
    reg        have_pid;
    reg        broken;
    reg [1:0]  held;                    // bytes in last and before_last, and the third that pushed one out
    reg [7:0]  last, before_last;
    reg [15:0] crc;

    wire [15:0] crc_next;
    wire [4:0]  crc5;
    usb_crc16 step16 (.crc(crc), .data(rx_data), .next(crc_next));
    usb_crc5 step5 (.token({last[2:0], before_last}), .crc(crc5));

    wire is_data = pid[1:0] == 2'b11;
    wire is_token = pid[1:0] == 2'b01 | pid == PID_PING;
    wire is_handshake = pid[1:0] == 2'b10;
    wire token_good = held == 2'd2 & crc5 == last[7:3];
    wire data_good = held[1] & crc == CRC16_GOOD;
    wire good = is_token ? token_good : is_data ? data_good : held == 2'd0;
    wire ended = active_before & !rx_active & have_pid;

    assign token_address = before_last[6:0];
    assign token_endpoint = {last[2:0], before_last[7]};

    always @(posedge clk) begin
        active_before <= rx_active & enable & !rst;
        data_valid <= 1'b0;
        packet_end <= ended;
        packet_good <= ended & !broken & good & (is_token | is_data | is_handshake);
        // SPLIT, PRE and other special packets are for hubs; their checks are not ours.
        ev_crc_error <= ended & (broken | (!good & (is_token | is_data | is_handshake)));

        if (!active_before) begin
            have_pid <= 1'b0;
            broken <= 1'b0;
            held <= 2'd0;
            crc <= 16'hFFFF;
        end
        if (rx_active & rx_error) broken <= 1'b1;
        if (rx_active & rx_valid & enable) begin
            have_pid <= 1'b1;
            if (!have_pid | !active_before) begin
                pid <= rx_data[3:0];
                length <= 10'd0;
                if (rx_data[7:4] != ~rx_data[3:0]) broken <= 1'b1;
            end else begin
                last <= rx_data;
                before_last <= last;
                crc <= crc_next;
                if (held != 2'd3) held <= held + 1'b1;
                if (held[1] & is_data) begin
                    data_valid <= 1'b1;
                    data <= before_last;
                    if (length != 10'h3FF) length <= length + 1'b1;
                end
            end
        end
        if (rst) begin
            packet_end <= 1'b0;
            ev_crc_error <= 1'b0;
        end
    end
endmodule

`default_nettype wire
