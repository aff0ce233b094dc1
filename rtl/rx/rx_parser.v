// SPDX-License-Identifier: BSD-2-Clause
//
// Decides about each received frame while it arrives, and writes it into the receive memory meanwhile.
//
// Why both at once: a frame that is not committed never existed (lib/packet_memory), so a frame for others, a broken one
// or an ARP request costs nothing but the bytes that the next frame writes over. The memory's pointers move only for
// frames that the host is to see.
//
//     mac_rx ─┬─ write ─────────────────────────────→ packet_memory
//             ├─ address_filter ─ ours, group ──┐         ↑
//             ├─ rx_checksum ──── good, bad ────┼─ verdict ┴→ events
//             └─ arp_reply ────── request ... ──┘
//                    └→ arp_queue
//
// Clock by clock, T being that of s_last: T+1 `ended`, the parts' states are complete; T+2 the verdict, an ARP request is
// answered; T+3 commit and events. T+1 carries no byte.
//
// The source cannot wait. Every frame ends in exactly one of events 0 to 9, in the order of the chain below.
`default_nettype none
`include "weir_link.vh"

module rx_parser #(
    parameter ADDR_WIDTH  = 14, // of the receive memory
    parameter MAC_ENTRIES = 20,
    parameter ARP_ENTRIES = 4
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  byte_time,   // a byte time of the wire begins: each clock at 1000 Mb/s
    input  wire [47:0]           mac_address, // the station's after reset, first byte on top

    input  wire                  cfg_valid,
    output wire                  cfg_ready,    // cfg_valid may come with the next clock
    input  wire [7:0]            cfg_table,
    input  wire [7:0]            cfg_index,
    input  wire [63:0]           cfg_data,

    // From mac_rx
    input  wire                  s_valid,
    input  wire [7:0]            s_data,
    input  wire                  s_last,
    input  wire                  s_error_fcs,
    input  wire                  s_error_symbol,
    input  wire                  s_error_length,

    // Of lib/cdc_time_capture: it has the time of this frame's start; and it shall keep that until the frame is committed.
    input  wire                  stamp_fresh,
    output wire                  stamp_hold,

    // To the receive packet_memory's writer; wr_meta is the record's flags byte
    output reg                   wr_en,
    output reg  [ADDR_WIDTH-1:0] wr_offset,
    output reg  [7:0]            wr_data,
    output reg                   wr_commit,
    output reg  [ADDR_WIDTH-1:0] wr_length,
    output reg  [7:0]            wr_meta,
    input  wire [ADDR_WIDTH:0]   wr_free,
    input  wire                  wr_ready,

    // To arp_queue
    output wire                  m_arp_en,
    output wire [4:0]            m_arp_place,
    output wire [7:0]            m_arp_data,
    output wire                  m_arp_commit,
    input  wire                  m_arp_room,

    output wire [15:0]           events // bit n: one-clock pulse of counter n in weir_link.vh
);
    localparam [7:0] TABLE_CONTROL = `WEIR_TABLE_RX_CONTROL;
    localparam [7:0] ENABLE = `WEIR_RX_ENABLE, PROMISCUOUS = `WEIR_RX_PROMISCUOUS;
    localparam [7:0] ALL_MULTICAST = `WEIR_RX_ALL_MULTICAST, DROP_BAD_CSUM = `WEIR_RX_DROP_BAD_CSUM;
    localparam [7:0] ARP_REPLY = `WEIR_RX_ARP_REPLY;
    localparam [7:0] DATA_VALID = `WEIR_F_DATA_VALID, CSUM_BAD = `WEIR_F_CSUM_BAD, CONFLICT = `WEIR_F_CONFLICT;
    localparam [7:0] TIMESTAMP = `WEIR_F_TIMESTAMP;

    reg [7:0] control;
    always @(posedge clk)
        if (rst) control <= 8'd0;
        else if (cfg_valid && cfg_table == TABLE_CONTROL && cfg_index == 8'd0) control <= cfg_data[7:0];

    // ---- Where we are ----
    reg       ended;
    reg [5:0] position;
    always @(posedge clk) begin
        ended <= s_valid && s_last;
        if (rst || ended)                      position <= 6'd0;
        else if (s_valid && position != 6'd63) position <= position + 6'd1;
        if (rst) ended <= 1'b0;
    end

    // ---- Write: never past what is free, for behind it lie frames that wait for the host ----
    reg  [ADDR_WIDTH:0] length; // bytes so far
    reg                 overflow;
    wire                fits = length < wr_free;
    always @(posedge clk) begin
        wr_en     <= s_valid && fits && !overflow;
        wr_offset <= length[ADDR_WIDTH-1:0];
        wr_data   <= s_data;
        if (s_valid) begin
            length <= length + 1'b1;
            if (!fits) overflow <= 1'b1;
        end
        if (rst || ended) begin
            length   <= 0;
            overflow <= 1'b0;
        end
        if (rst) wr_en <= 1'b0;
    end

    // ---- The parts ----
    wire        ours, group, sender_is_station;
    wire [7:0]  station_byte;
    address_filter #(.ENTRIES(MAC_ENTRIES)) filter (
        .clk(clk), .rst(rst), .mac_address(mac_address),
        .cfg_valid(cfg_valid), .cfg_ready(cfg_ready), .cfg_table(cfg_table), .cfg_index(cfg_index), .cfg_data(cfg_data),
        .s_valid(s_valid), .s_data(s_data), .s_position(position), .ended(ended),
        .ours(ours), .group(group), .sender_is_station(sender_is_station), .station_byte(station_byte));

    wire good, bad; // at T+2
    rx_checksum checksum (
        .clk(clk), .rst(rst), .s_valid(s_valid), .s_data(s_data), .ended(ended), .good(good), .bad(bad));

    wire request_ours, request_others, conflict, answer;
    arp_reply #(.ENTRIES(ARP_ENTRIES)) arp (
        .clk(clk), .rst(rst), .byte_time(byte_time),
        .cfg_valid(cfg_valid), .cfg_table(cfg_table), .cfg_index(cfg_index), .cfg_data(cfg_data),
        .s_valid(s_valid), .s_data(s_data), .s_position(position), .ended(ended),
        .station_byte(station_byte), .sender_is_station(sender_is_station),
        .request_ours(request_ours), .request_others(request_others), .conflict(conflict),
        .answer(answer), .m_en(m_arp_en), .m_place(m_arp_place), .m_data(m_arp_data),
        .m_commit(m_arp_commit), .m_room(m_arp_room),
        .ev_rate_limited(events[`WEIR_CNT_ARP_RATE_LIMITED]), .ev_queue_full(events[`WEIR_CNT_ARP_QUEUE_FULL]));

    // ---- T+1 ----
    reg  error_fcs, error_symbol, error_length, stamped;
    always @(posedge clk) begin
        error_fcs    <= s_error_fcs;
        error_symbol <= s_error_symbol;
        error_length <= s_error_length;
        stamped      <= stamp_fresh;
    end

    wire enabled  = |(control & ENABLE);
    wire take_arp = |(control & ARP_REPLY) && ours;
    wire passes   = ours || |(control & PROMISCUOUS) || (group && |(control & ALL_MULTICAST));

    // ---- T+2 ----
    reg                  judge;
    reg                  stamped_q;
    reg                  disabled_q, length_q, symbol_q, fcs_q, filtered_q, answered_q, others_q, conflict_q, overflow_q;
    reg [ADDR_WIDTH-1:0] bytes_q;
    always @(posedge clk) begin
        judge      <= ended && !rst;
        disabled_q <= !enabled;
        length_q   <= error_length;
        symbol_q   <= error_symbol;
        fcs_q      <= error_fcs;
        filtered_q <= !passes;
        answered_q <= take_arp && request_ours;
        others_q   <= take_arp && request_others;
        conflict_q <= conflict;
        stamped_q  <= stamped;
        overflow_q <= overflow;
        bytes_q    <= length[ADDR_WIDTH-1:0];
    end

    // One bit a counter, by number; the first that applies.
    reg  [9:0] outcome;
    always @* begin
        outcome = 10'd0;
        if (disabled_q)                                outcome[`WEIR_CNT_RX_DISABLED]     = 1'b1;
        else if (length_q)                             outcome[`WEIR_CNT_RX_LENGTH_ERROR] = 1'b1;
        else if (symbol_q)                             outcome[`WEIR_CNT_RX_SYMBOL_ERROR] = 1'b1;
        else if (fcs_q)                                outcome[`WEIR_CNT_RX_FCS_ERROR]    = 1'b1;
        else if (filtered_q)                           outcome[`WEIR_CNT_RX_FILTERED]     = 1'b1;
        else if (answered_q)                           outcome[`WEIR_CNT_RX_ARP_ANSWERED] = 1'b1;
        else if (others_q)                             outcome[`WEIR_CNT_RX_ARP_FILTERED] = 1'b1;
        else if (bad && |(control & DROP_BAD_CSUM))    outcome[`WEIR_CNT_RX_CSUM_DROPPED] = 1'b1;
        else if (overflow_q || !wr_ready)              outcome[`WEIR_CNT_RX_OVERFLOW]     = 1'b1;
        else                                           outcome[`WEIR_CNT_RX_FRAMES]       = 1'b1;
    end
    // As outcome[WEIR_CNT_RX_ARP_ANSWERED]: what the card answers is for its own address, so it has passed the filter.
    assign answer = judge && answered_q && !disabled_q && !length_q && !symbol_q && !fcs_q;

    // Frames for the host, whether it gets them or not.
    wire for_host = judge && (outcome[`WEIR_CNT_RX_FRAMES] || outcome[`WEIR_CNT_RX_OVERFLOW] ||
                              outcome[`WEIR_CNT_RX_CSUM_DROPPED]);

    // The next frame may begin as early as T, before the memory has taken this one's time.
    assign stamp_hold = (s_valid && s_last) || ended || judge || wr_commit;

    // ---- T+3 ----
    reg  [13:0] events_q;
    assign events[13:0] = events_q;
    always @(posedge clk) begin
        events_q[9:0]                        <= judge ? outcome : 10'd0;
        events_q[`WEIR_CNT_RX_CSUM_GOOD]      <= for_host && good;
        events_q[`WEIR_CNT_RX_CSUM_BAD]       <= for_host && bad;
        events_q[`WEIR_CNT_RX_CSUM_UNCHECKED] <= for_host && !good && !bad;
        events_q[`WEIR_CNT_RX_ARP_CONFLICT]   <= for_host && conflict_q;

        wr_commit <= judge && outcome[`WEIR_CNT_RX_FRAMES];
        wr_length <= bytes_q;
        wr_meta   <= (good ? DATA_VALID : 8'd0) | (bad ? CSUM_BAD : 8'd0) | (conflict_q ? CONFLICT : 8'd0) |
                     (stamped_q ? TIMESTAMP : 8'd0);
        if (rst) begin
            events_q  <= 14'd0;
            wr_commit <= 1'b0;
        end
    end
endmodule

`default_nettype wire
