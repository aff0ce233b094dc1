// SPDX-License-Identifier: BSD-2-Clause
//
// The IPv4 addresses that the card answers for, searched one entry a clock.
//
// `search` starts over with `key`, which must stay as it is for ENTRIES + 2 clocks; then `hit` holds until the next search.
`default_nettype none
`include "weir_link.vh"

module arp_table #(
    parameter ENTRIES = 4 // 1 to 16; arp_reply has time for 4
) (
    input  wire        clk,
    input  wire        rst,

    input  wire        cfg_valid,
    input  wire [7:0]  cfg_table,
    input  wire [7:0]  cfg_index,
    input  wire [63:0] cfg_data,

    input  wire        search,
    input  wire [31:0] key,
    output reg         hit
);
    localparam [7:0] TABLE = `WEIR_TABLE_ARP;
    localparam [31:0] LAST_32 = ENTRIES - 1;
    localparam [3:0] LAST = LAST_32[3:0];

    wire unused = &{1'b0, cfg_data[62:32]};

    reg [31:0]        entries[0:15];
    reg [ENTRIES-1:0] used;

    wire write = cfg_valid && cfg_table == TABLE && cfg_index[7:4] == 4'd0;
    always @(posedge clk)
        if (write) entries[cfg_index[3:0]] <= cfg_data[31:0];

    integer i;
    always @(posedge clk)
        for (i = 0; i < ENTRIES; i = i + 1)
            if (rst) used[i] <= 1'b0;
            else if (write && cfg_index[3:0] == i[3:0]) used[i] <= cfg_data[63];

    reg [3:0]  index;
    reg        running, running_q;
    reg        used_q;
    reg [31:0] entry_q;
    wire [15:0] used_16 = {{16 - ENTRIES{1'b0}}, used};
    always @(posedge clk) begin
        index     <= index + 4'd1;
        if (index == LAST) running <= 1'b0;
        running_q <= running;
        used_q    <= used_16[index];
        entry_q   <= entries[index];
        if (running_q && used_q && entry_q == key) hit <= 1'b1;

        if (search) begin
            index     <= 4'd0;
            running   <= 1'b1;
            running_q <= 1'b0;
            hit       <= 1'b0;
        end
        if (rst) begin
            running   <= 1'b0;
            running_q <= 1'b0;
            hit       <= 1'b0;
        end
    end
endmodule

`default_nettype wire
