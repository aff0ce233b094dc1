// SPDX-License-Identifier: BSD-2-Clause
//
// A bulk IN endpoint: a byte stream with transfer ends in, packets out.
//
// A slot of memory is a packet. It is closed when it is full or the transfer ends, waits its turn, and is sent again until the
// host has acknowledged it. A transfer that ends with a full packet gets an empty one behind it, so that the host sees the end.
`default_nettype none

module usb_ep_in #(
    parameter SLOTS_LOG2 = 2            // 2^SLOTS_LOG2 packets of 512 bytes, 1 or more
) (
    input  wire       clk,
    input  wire       rst,              // also forgets all packets and the toggle
    input  wire       toggle_reset,
    input  wire [9:0] max_packet,       // 512 or 64

    input  wire       s_in_valid,
    output wire       s_in_ready,
    input  wire [7:0] s_in_data,
    input  wire       s_in_last,        // the transfer's last byte
    output reg        in_drained,       // no packet waits for the bus; one that is still being filled cannot

    // to the transaction layer
    output wire       ready,            // a packet waits
    output reg        toggle,
    output wire [9:0] length,
    input  wire [8:0] offset,
    output reg  [7:0] data,             // of the offset one clock before
    input  wire       ack,              // pulse: the packet arrived

    output reg        ev_in_packet,
    output reg        ev_in_transfer
);
    localparam SLOTS = 1 << SLOTS_LOG2;

    reg [7:0]  memory [0:SLOTS*512-1];
    reg [10:0] slot_info [0:SLOTS-1];   // {ends transfer, length}
    reg [SLOTS_LOG2:0] filling;         // the slot being filled
    reg [SLOTS_LOG2:0] sending;         // the slot being sent
    reg [9:0]  filled;                  // bytes in the slot being filled
    reg        owe_empty;               // a transfer ended with a full packet

    wire [SLOTS_LOG2:0] used = filling - sending;
    wire full = used[SLOTS_LOG2];
    wire take = s_in_valid & s_in_ready;
    wire fills = &filled[5:0] & (!max_packet[9] | &filled[8:6]);
    wire unused = &{1'b0, max_packet[8:0]};
    wire close_bytes = take & (s_in_last | fills);
    wire close_empty = owe_empty & !full;
    // Read without a clock, so LUT RAM or, where there is none, registers: too little for a block RAM.
    wire ends_transfer;
    assign {ends_transfer, length} = slot_info[sending[SLOTS_LOG2-1:0]];

    assign s_in_ready = !full & !owe_empty & !rst;
    assign ready = used != 0;

    always @(posedge clk) begin
        if (take) memory[{filling[SLOTS_LOG2-1:0], filled[8:0]}] <= s_in_data;
        if (close_bytes) slot_info[filling[SLOTS_LOG2-1:0]] <= {s_in_last & !fills, filled + 1'b1};
        else if (close_empty) slot_info[filling[SLOTS_LOG2-1:0]] <= {1'b1, 10'd0};

        if (close_bytes | close_empty) filling <= filling + 1'b1;
        if (close_bytes) filled <= 10'd0;
        else if (take) filled <= filled + 1'b1;
        if (close_bytes) owe_empty <= s_in_last & fills;
        else if (close_empty) owe_empty <= 1'b0;
        in_drained <= used == 0 & !owe_empty & !close_bytes;

        data <= memory[{sending[SLOTS_LOG2-1:0], offset}];
        if (ack) sending <= sending + 1'b1;
        if (ack) toggle <= !toggle;
        ev_in_packet <= ack & !rst;
        ev_in_transfer <= ack & ends_transfer & !rst;

        if (rst | toggle_reset) toggle <= 1'b0;
        if (rst) begin
            filling <= 0;
            sending <= 0;
            filled <= 10'd0;
            owe_empty <= 1'b0;
            in_drained <= 1'b1;
        end
    end
endmodule

`default_nettype wire
