// SPDX-License-Identifier: BSD-2-Clause
//
// Is this frame's destination one of the card's addresses? An exact-match table, so that no hash lets strangers through.
//
// Entry 0 is the station's own address: it is compared byte by byte as the frame passes, and also with the sender address
// of what may be an ARP packet (bytes 22 to 27). The other entries lie in a memory that is searched, half an entry a clock,
// when the destination is in; that takes 2 * ENTRIES + 10 clocks from the frame's first byte, less than the shortest frame. An entry
// that is not in use holds the broadcast address, which is ours anyway. So half an entry is 24 bits, and the memory one block RAM of an ECP5 or two
// of an iCE40.
//
// In the 66 clocks after reset, or a write to WEIR_TABLE_MAC_RESET, the table is cleared: cfg_ready is low, and no frame's
// verdict to be relied on. A write takes three clocks, that of cfg_valid and two more, in which cfg_index and cfg_data must stay.
//
// The source cannot wait. `ended` is high the clock after s_last, without s_valid; results hold from byte 2 * ENTRIES + 10, those of
// the sender from byte 29, until the clock of `ended`.
`default_nettype none
`include "weir_link.vh"

module address_filter #(
    parameter ENTRIES = 20 // 2 to 24
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [47:0] mac_address, // station address after reset

    input  wire        cfg_valid,
    output wire        cfg_ready,   // cfg_valid may come with the next clock
    input  wire [7:0]  cfg_table,
    input  wire [7:0]  cfg_index,
    input  wire [63:0] cfg_data,

    input  wire        s_valid,
    input  wire [7:0]  s_data,
    input  wire [5:0]  s_position, // of this byte in the frame, stops at 63
    input  wire        ended,

    output wire        ours,       // in the table, or broadcast
    output wire        group,      // multicast or broadcast
    output reg         sender_is_station,
    output reg  [7:0]  station_byte // of entry 0, a clock behind s_position: the first with position 0, 22 and 32, and so on
);
    localparam [7:0] TABLE = `WEIR_TABLE_MAC, CLEAR = `WEIR_TABLE_MAC_RESET;
    localparam [31:0] LAST_32 = ENTRIES - 1;
    localparam [4:0] LAST = LAST_32[4:0];

    wire unused = &{1'b0, cfg_data[62:48]};

    reg  clear;
    always @(posedge clk) clear <= rst || (cfg_valid && cfg_table == CLEAR);

    // ---- Entry 0 ----
    reg         write;
    always @(posedge clk) write <= cfg_valid && cfg_table == TABLE && cfg_index[7:5] == 3'd0;
    reg  [47:0] station;
    reg         station_used;
    always @(posedge clk)
        if (clear) begin
            station      <= mac_address;
            station_used <= 1'b1;
        end else if (write && cfg_index[4:0] == 5'd0) begin
            station      <= cfg_data[47:0];
            station_used <= cfg_data[63];
        end

    // Bytes 0 and 32 meet the first byte of the station's address, and so does byte 22 = 6 modulo 8. One clock to pick the byte,
    // one to compare.
    wire       in_destination = s_position[5:2] == 4'd0 || s_position[5:1] == 5'd2; // 0 to 5
    wire       in_sender = s_position[5:1] == 5'd11 || s_position[5:1] == 5'd12 || s_position[5:1] == 5'd13; // 22 to 27
    wire [2:0] place = s_position[2:0] + {1'b0, s_position[4], 1'b0};
    reg  [7:0] data_q;
    reg        in_destination_q, in_sender_q;
    always @(posedge clk) begin
        case (place)
        3'd0:    station_byte <= station[47:40];
        3'd1:    station_byte <= station[39:32];
        3'd2:    station_byte <= station[31:24];
        3'd3:    station_byte <= station[23:16];
        3'd4:    station_byte <= station[15:8];
        default: station_byte <= station[7:0];
        endcase
        data_q           <= s_data;
        in_destination_q <= s_valid && in_destination;
        in_sender_q      <= s_valid && in_sender;
    end

    wire same = data_q == station_byte;
    reg  station_hit;
    always @(posedge clk)
        if (rst || ended) begin
            station_hit       <= 1'b1;
            sender_is_station <= 1'b1;
        end else begin
            if (in_destination_q && !same) station_hit       <= 1'b0;
            if (in_sender_q && !same)      sender_is_station <= 1'b0;
        end

    // ---- The others ----
    // A memory has no reset: in the 64 clocks behind it the search's counter marks all of them unused.
    (* no_rw_check, ram_style = "block" *) reg [23:0] halves[0:63]; // of entry n the first bytes at 2 n, the others behind them
    reg  [5:0]  index;
    reg         clearing;
    reg         write_low;
    assign      cfg_ready = !clearing;
    wire        erase = clearing || !cfg_data[63];
    wire [23:0] half  = cfg_data[24 * !write_low +: 24];
    always @(posedge clk) begin
        write_low <= write;
        if (write || write_low || clearing)
            halves[clearing ? index : {cfg_index[4:0], write_low}] <= half | {24{erase}};
        if (&index) clearing <= 1'b0;
        if (clear) clearing <= 1'b1;
    end

    reg [47:0] destination;
    reg        broadcast;
    always @(posedge clk)
        if (s_valid && in_destination) begin
            destination <= {destination[39:0], s_data};
            broadcast   <= s_data == 8'hFF && (s_position == 6'd0 || broadcast);
        end

    // Step by step: fetch, a register of its own since a block RAM is late in its clock, compare in four parts, all four, both halves.
    reg  [4:0]  search;      // the step has something of a search
    reg  [3:0]  low;         // the step is at an entry's second half
    reg  [23:0] fetched, kept;
    wire [23:0] sought = low[1] ? destination[23:0] : destination[47:24];
    reg  [3:0]  equal;
    reg         same_half, same_before;
    reg         table_hit;
    always @(posedge clk) begin
        index       <= index + 6'd1;
        if (index == {LAST, 1'b1}) search[0] <= 1'b0;
        search[4:1] <= search[3:0];
        low         <= {low[2:0], index[0]};
        fetched     <= halves[index];
        kept        <= fetched;
        equal[0]    <= kept[5:0]   == sought[5:0];
        equal[1]    <= kept[11:6]  == sought[11:6];
        equal[2]    <= kept[17:12] == sought[17:12];
        equal[3]    <= kept[23:18] == sought[23:18];
        same_half   <= &equal;
        same_before <= same_half;
        if (search[4] && low[3] && same_half && same_before) table_hit <= 1'b1;

        if (s_valid && s_position == 6'd5) begin
            index     <= 6'd2;
            search[0] <= 1'b1;
        end
        if (clear) index <= 6'd0;
        if (rst || ended) begin
            search    <= 5'd0;
            table_hit <= 1'b0;
        end
    end

    assign ours  = broadcast || table_hit || (station_hit && station_used);
    assign group = destination[40];
endmodule

`default_nettype wire
