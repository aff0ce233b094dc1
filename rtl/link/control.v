// SPDX-License-Identifier: BSD-2-Clause
//
// Answers the vendor requests of weir_link.vh, and tells the host of link changes and ARP conflicts.
//
// Each request is atomic: what is read is taken at its start (a register's value, all counters held), and what is written
// is collected and takes effect when the host has ended the request well. Whatever is not exactly a request of weir_link.vh
// is refused, so that later versions may give it a meaning: unknown numbers, wValue other than 0, a wrong length, a register or
// table entry that is not there. Capabilities and counters may be read in part, from the start. Of WEIR_REG_RX_MODE the bits
// that the card has can be set; the others stay 0.
//
// An access by MDIO is refused while the one before is under way.
//
// A table entry is refused while there is no room for it: behind table_queue when that is full of what waits for the wire's clock; without
// it while the entry before has not reached that clock. So it happens only when the clock stands still, or is slow.
`default_nettype none
`include "weir_link.vh"

module control #(
    parameter FEATURES       = 0,     // WEIR_CAP_ bits
    parameter MAX_SUPERFRAME = 65791, // bytes: 65,536 behind the longest header
    parameter MAX_FRAME      = 9600,  // bytes, without FCS
    parameter MAC_ENTRIES    = 20,
    parameter ARP_ENTRIES    = 4,
    parameter TX_MEMORY      = 32768, // bytes
    parameter RX_MEMORY      = 65536  // bytes
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        link_flush,    // pulse: the host starts anew
    input  wire [47:0] mac_address,   // first byte on the wire in bits 47..40
    input  wire [3:0]  link_status,   // bits of WEIR_REG_LINK, of no clock
    input  wire [31:0] phy_id,        // WEIR_REG_PHY, constant
    input  wire        arp_conflict,  // pulse
    output reg  [3:0]  link,          // link_status, settled
    output reg  [15:0] in_timeout,    // microseconds
    output reg  [15:0] ack_hold,      // microseconds
    output reg  [1:0]  rx_mode,       // WEIR_RX_MODE_ bits; 0 again with link_flush
    output reg         loopback,      // WEIR_LOOPBACK_MAC; 0 again with link_flush
    input  wire [63:0] device_time,   // ns; not looked at without WEIR_CAP_TIMESTAMP

    // Vendor requests, from usb_device
    input  wire [63:0] ctl_setup,
    input  wire        ctl_start,
    output reg         ctl_accept,
    output reg  [15:0] ctl_in_length,
    input  wire [9:0]  ctl_in_address,
    output wire [7:0]  ctl_in_data,     // of the address one clock before; of one that is not the next, two
    input  wire        ctl_out_valid,
    input  wire [9:0]  ctl_out_address,
    input  wire [7:0]  ctl_out_data,
    input  wire        ctl_commit,

    // Interrupt messages
    output wire        m_notify_valid, // falls again when there is nothing to tell any more
    input  wire        m_notify_ready,
    output wire [63:0] m_notify_data,

    // To the tables: {table, entry, value}
    output reg         m_table_valid,
    input  wire        m_table_ready,
    output wire [79:0] m_table_data,

    // To mdio_access
    output wire        m_mdio_valid,    // pulse
    output wire [21:0] m_mdio_request,
    input  wire        mdio_busy,
    input  wire [16:0] mdio_answer,

    // From the counter banks
    output reg         counters_hold,
    output wire [6:0]  counters_index, // {counter, 1: its upper 16 bits}
    input  wire [15:0] counters_value  // of the index one clock before
);
    // ---- The request: USB 2.0 section 9.3 ----
    wire [7:0]  request_type = ctl_setup[7:0];
    wire [7:0]  request      = ctl_setup[15:8];
    wire [15:0] value        = ctl_setup[31:16];
    wire [15:0] index        = ctl_setup[47:32];
    wire [15:0] length       = ctl_setup[63:48];

    localparam [15:0] COUNTERS_SIZE = `WEIR_COUNTERS * 4;
    localparam [0:0] HAS_TIME     = (FEATURES & `WEIR_CAP_TIMESTAMP) != 0;
    localparam [0:0] HAS_COALESCE = (FEATURES & `WEIR_CAP_COALESCE) != 0;
    localparam [0:0] HAS_LOOPBACK = (FEATURES & `WEIR_CAP_LOOPBACK) != 0;
    localparam [0:0] HAS_MDIO     = (FEATURES & `WEIR_CAP_MDIO) != 0;
    localparam [0:0] HAS_MODE     = HAS_TIME | HAS_COALESCE;

    wire read  = request_type == 8'hC0 && value == 0;
    wire write = request_type == 8'h40 && value == 0;
    wire writable = index == `WEIR_REG_IN_TIMEOUT || index == `WEIR_REG_SCRATCH ||
                    (HAS_MODE && index == `WEIR_REG_RX_MODE) || (HAS_COALESCE && index == `WEIR_REG_ACK_HOLD) ||
                    (HAS_LOOPBACK && index == `WEIR_REG_LOOPBACK) || (HAS_MDIO && index == `WEIR_REG_MDIO);
    wire refused  = HAS_MDIO && index == `WEIR_REG_MDIO && mdio_busy;
    wire readable = writable || index == `WEIR_REG_ID || index == `WEIR_REG_LINK || index == `WEIR_REG_PHY ||
                    (HAS_TIME && (index == `WEIR_REG_TIME || index == `WEIR_REG_TIME_HIGH));

    reg [7:0] entries; // of the table that is named
    always @* case (index[15:8])
        `WEIR_TABLE_RX_CONTROL, `WEIR_TABLE_ARP_RATE: entries = 8'd1;
        `WEIR_TABLE_MAC: entries = MAC_ENTRIES;
        `WEIR_TABLE_ARP: entries = ARP_ENTRIES;
        default:         entries = 8'd0;
    endcase

    reg known;
    always @* case (request)
        `WEIR_REQ_GET_CAPS, `WEIR_REQ_GET_COUNTERS: known = read && index == 0 && length != 0;
        `WEIR_REQ_READ_REG:    known = read && length == 4 && readable;
        `WEIR_REQ_WRITE_REG:   known = write && length == 4 && writable && !refused;
        `WEIR_REQ_WRITE_TABLE: known = write && length == 8 && index[7:0] < entries && m_table_ready && !m_table_valid;
        default:               known = 1'b0;
    endcase

    // ---- Registers and writes ----
    reg  [31:0] scratch;
    reg  [63:0] read_time;  // as WEIR_REG_TIME was read
    reg  [3:0]  read_link;
    reg         read_busy;
    reg  [63:0] collected;  // what a write brings, the last byte on top
    reg         whole;      // its last byte is in
    wire        act = ctl_commit && ctl_accept && whole;
    wire [31:0] written = collected[63:32]; // to a register

    assign m_table_data = {index, collected};

    assign m_mdio_valid   = HAS_MDIO && act && request == `WEIR_REQ_WRITE_REG && index[3:0] == `WEIR_REG_MDIO;
    assign m_mdio_request = written[21:0];

    wire [15:0] saturated = written[31:16] != 0 ? 16'hFFFF : written[15:0]; // a time in microseconds

    always @(posedge clk) begin
        if (ctl_start) begin
            ctl_accept <= known;
            read_link  <= link;
            read_busy  <= mdio_busy;
            case (request)
                `WEIR_REQ_GET_CAPS:     ctl_in_length <= `WEIR_CAPS_SIZE;
                `WEIR_REQ_GET_COUNTERS: ctl_in_length <= COUNTERS_SIZE;
                default:                ctl_in_length <= 16'd4;
            endcase
            if (known && request == `WEIR_REQ_READ_REG && index[3:0] == `WEIR_REG_TIME) read_time <= device_time;
        end

        // A write is of 4 bytes or 8, or it was not accepted.
        if (ctl_start) whole <= 1'b0;
        else if (ctl_out_valid) begin
            collected <= {ctl_out_data, collected[63:8]};
            whole     <= ctl_out_address[2:0] == {request == `WEIR_REQ_WRITE_TABLE, 2'b11};
        end

        if (act && request == `WEIR_REQ_WRITE_REG) begin
            case (index[3:0])
                `WEIR_REG_SCRATCH: scratch <= written;
                `WEIR_REG_RX_MODE: rx_mode <= written[1:0] & {HAS_TIME, HAS_COALESCE};
                `WEIR_REG_ACK_HOLD: ack_hold <= saturated;
                `WEIR_REG_LOOPBACK: loopback <= written[0] && HAS_LOOPBACK;
                `WEIR_REG_IN_TIMEOUT: in_timeout <= saturated;
                default: ; // WEIR_REG_MDIO
            endcase
        end
        m_table_valid <= m_table_valid ? !m_table_ready : act && request == `WEIR_REQ_WRITE_TABLE;

        // Held until the request has ended, or another begins.
        if (ctl_start) counters_hold <= known && request == `WEIR_REQ_GET_COUNTERS;
        else if (ctl_commit) counters_hold <= 1'b0;

        if (link_flush) begin
            ctl_accept    <= 1'b0;
            counters_hold <= 1'b0;
            rx_mode       <= 2'd0; // a host that starts anew may not know of it
            loopback      <= 1'b0;
        end
        if (rst) begin
            ctl_accept    <= 1'b0;
            m_table_valid <= 1'b0;
            counters_hold <= 1'b0;
            in_timeout    <= `WEIR_IN_TIMEOUT_RESET;
            ack_hold      <= `WEIR_ACK_HOLD_RESET;
            rx_mode       <= 2'd0;
            loopback      <= 1'b0;
            scratch       <= 32'd0;
        end
    end

    // ---- What is read, a clock after its address ----
    reg [31:0] register;
    always @* case (index[3:0])
        `WEIR_REG_PHY:        register = phy_id;
        `WEIR_REG_ID:         register = 32'h52494557;
        `WEIR_REG_LINK:       register = {28'd0, read_link};
        `WEIR_REG_IN_TIMEOUT: register = {16'd0, in_timeout};
        `WEIR_REG_RX_MODE:    register = {30'd0, rx_mode};
        `WEIR_REG_ACK_HOLD:   register = HAS_COALESCE ? {16'd0, ack_hold} : 32'd0;
        `WEIR_REG_LOOPBACK:   register = {31'd0, loopback};
        `WEIR_REG_MDIO:       register = HAS_MDIO ? {14'd0, read_busy, mdio_answer} : 32'd0;
        `WEIR_REG_TIME:       register = HAS_TIME ? read_time[31:0] : 32'd0;
        `WEIR_REG_TIME_HIGH:  register = HAS_TIME ? read_time[63:32] : 32'd0;
        default:              register = scratch;
    endcase

    wire [8*`WEIR_CAPS_SIZE-1:0] caps;
    localparam [31:0] SUPERFRAME = MAX_SUPERFRAME, FEATURE_BITS = FEATURES, TX_BYTES = TX_MEMORY, RX_BYTES = RX_MEMORY;
    localparam [15:0] FRAME = MAX_FRAME, COUNTERS = `WEIR_COUNTERS;
    localparam [7:0]  MAJOR = `WEIR_VERSION_MAJOR, MINOR = `WEIR_VERSION_MINOR, MACS = MAC_ENTRIES, ARPS = ARP_ENTRIES;

    assign caps[8*`WEIR_CAPS_MAJOR          +: 8]  = MAJOR;
    assign caps[8*`WEIR_CAPS_MINOR          +: 8]  = MINOR;
    assign caps[8*`WEIR_CAPS_COUNTERS       +: 16] = COUNTERS;
    assign caps[8*`WEIR_CAPS_FEATURES       +: 32] = FEATURE_BITS;
    assign caps[8*`WEIR_CAPS_MAX_SUPERFRAME +: 32] = SUPERFRAME;
    assign caps[8*`WEIR_CAPS_MAX_FRAME      +: 16] = FRAME;
    assign caps[8*`WEIR_CAPS_MAC_ENTRIES    +: 8]  = MACS;
    assign caps[8*`WEIR_CAPS_ARP_ENTRIES    +: 8]  = ARPS;
    assign caps[8*`WEIR_CAPS_MAC            +: 64] = {16'd0, mac_address[7:0], mac_address[15:8], mac_address[23:16],
                                                      mac_address[31:24], mac_address[39:32], mac_address[47:40]};
    assign caps[8*`WEIR_CAPS_TX_MEMORY      +: 32] = TX_BYTES;
    assign caps[8*`WEIR_CAPS_RX_MEMORY      +: 32] = RX_BYTES;

    // Counters come in words of two bytes, a clock after their index. So an even byte has the next word fetched by the odd one
    // before it, and leaves the odd one here.
    // They and all the rest have registers of their own, since block RAM is late in its clock.
    reg  [7:0] data, counters_data;
    reg  [7:0] counters_upper;
    reg        for_counters;

    assign counters_index = ctl_in_address[7:1] + {6'd0, ctl_in_address[0]};
    assign ctl_in_data    = for_counters ? counters_data : data;

    always @(posedge clk) begin
        if (!ctl_in_address[0]) counters_upper <= counters_value[15:8];
        counters_data <= ctl_in_address[0] ? counters_upper : counters_value[7:0];
        data <= request == `WEIR_REQ_GET_CAPS ? caps[{ctl_in_address[4:0], 3'd0} +: 8] : register[{ctl_in_address[1:0], 3'd0} +: 8];
        for_counters <= request == `WEIR_REQ_GET_COUNTERS;
    end

    // ---- Link status and notification ----
    wire [3:0] link_sampled;
    reg  [3:0] link_before;
    reg  [3:0] link_told;
    reg        conflict;

    sync_bits #(.WIDTH(4)) link_sync (.clk(clk), .d(link_status), .q(link_sampled));

    assign m_notify_valid = link != link_told || conflict;
    assign m_notify_data  = {55'd0, conflict, 4'd0, link};

    always @(posedge clk) begin
        link_before <= link_sampled;
        if (link_sampled == link_before) link <= link_sampled; // its bits may arrive a clock apart

        if (m_notify_valid && m_notify_ready) link_told <= link;
        conflict <= arp_conflict || (conflict && !m_notify_ready);

        // A host that starts anew reads the link's state itself.
        if (rst || link_flush) begin
            link_told <= link;
            conflict  <= 1'b0;
        end
    end

    wire unused = &{1'b0, ctl_in_address[9:8], ctl_out_address[9:3], device_time, mdio_answer};
endmodule

`default_nettype wire
