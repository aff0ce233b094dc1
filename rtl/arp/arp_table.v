// SPDX-License-Identifier: BSD-2-Clause
//
// The IPv4 addresses that the card answers for, searched half an entry a clock.
//
// s_valid shifts a byte of an address in, s_last with it starts the search for the last four. They must stay where they are for
// the 2 * ENTRIES - 1 clocks behind s_last; another three later `hit` is the verdict, until the next search. With sixteen bits a
// word it is one block RAM of an iCE40.
`default_nettype none
`include "weir_link.vh"

module arp_table #(
    parameter ENTRIES = 4 // 1 to 8; arp_reply has time for 4
) (
    input  wire        clk,
    input  wire        rst,

    // A write takes three clocks, that of cfg_valid and two more, in which cfg_index and cfg_data must stay.
    input  wire        cfg_valid,
    input  wire [7:0]  cfg_table,
    input  wire [7:0]  cfg_index,
    input  wire [63:0] cfg_data,

    input  wire        s_valid,
    input  wire [7:0]  s_data,
    input  wire        s_last,
    output reg         hit
);
    localparam [7:0] TABLE = `WEIR_TABLE_ARP;
    localparam [31:0] LAST_32 = 2 * ENTRIES - 1;
    localparam [3:0] LAST = LAST_32[3:0];

    wire unused = &{1'b0, cfg_data[62:32]};

    (* no_rw_check *) reg [15:0] halves[0:15]; // of entry n the upper at 2 n, the lower behind it
    reg  [ENTRIES-1:0]           used;

    reg  write, write_low;
    always @(posedge clk) begin
        write     <= cfg_valid && cfg_table == TABLE && cfg_index[7:3] == 5'd0;
        write_low <= write;
        if (write || write_low) halves[{cfg_index[2:0], write_low}] <= write_low ? cfg_data[15:0] : cfg_data[31:16];
    end

    integer i;
    always @(posedge clk)
        for (i = 0; i < ENTRIES; i = i + 1)
            if (rst) used[i] <= 1'b0;
            else if (write && cfg_index[2:0] == i[2:0]) used[i] <= cfg_data[63];

    // index → half, its entry's use → equal → hit. Between searches the first half waits in its register.
    reg [31:0] key;
    reg [3:0]  index;
    reg        running;              // `index` is of a search
    reg        fetched, compared;    // and so is `half`, and `equal`
    reg        low, low_q;           // which half
    reg [15:0] half;
    reg        half_used;
    reg        equal, equal_before;
    wire [7:0] used_8 = {{8 - ENTRIES{1'b0}}, used};
    always @(posedge clk) begin
        if (s_valid) key <= {key[23:0], s_data};

        if (s_last || running) begin
            index   <= index == LAST ? 4'd0 : index + 4'd1;
            running <= index != LAST;
        end
        half         <= halves[index];
        half_used    <= used_8[index[3:1]];
        fetched      <= s_last || running;
        low          <= index[0];
        equal        <= half_used && half == (low ? key[15:0] : key[31:16]);
        compared     <= fetched;
        low_q        <= low;
        equal_before <= equal;
        if (compared && low_q && equal && equal_before) hit <= 1'b1;

        if (s_last) hit <= 1'b0;
        if (rst) begin
            index    <= 4'd0;
            running  <= 1'b0;
            fetched  <= 1'b0;
            compared <= 1'b0;
            hit      <= 1'b0;
        end
    end
endmodule

`default_nettype wire
