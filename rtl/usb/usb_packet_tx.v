// SPDX-License-Identifier: BSD-2-Clause
//
// Sends one packet: a handshake, or a data packet with its CRC16 (USB 2.0 section 8.3).
//
// The data is fetched by offset from a source that answers one clock later; its byte 0 must be there when `start` comes.
// Offsets are registered and two bytes may be under way, so a byte can leave on every clock, and the PHY's wish to wait
// goes nowhere but to clock enables. Sending a packet again is the same thing again.
`default_nettype none

module usb_packet_tx (
    input  wire       clk,
    input  wire       rst,

    input  wire       start,            // pulse while not busy
    input  wire [3:0] pid,              // with start; DATA0 and DATA1 send `length` bytes
    input  wire [9:0] length,
    output wire       busy,             // from the clock after start until the last byte was taken

    output reg  [8:0] offset,
    input  wire [7:0] data,             // of the offset one clock before

    output reg        tx_valid,
    output reg  [7:0] tx_data,
    input  wire       tx_ready
);
    localparam [2:0] IDLE = 3'd0, DATA = 3'd1, CRC_LOW = 3'd2, CRC_HIGH = 3'd3, LAST = 3'd4;

    reg  [2:0]  state;
    reg  [9:0]  left;                   // data bytes not yet in tx_data
    reg         fetched;                // `data` is a byte asked for and not yet kept
    reg         kept_valid;
    reg  [7:0]  kept;
    reg  [15:0] crc;
    reg         took;                   // tx_data is a byte that the CRC has not seen yet

    wire       room = tx_ready | !tx_valid;
    wire       take = state == DATA & room & (kept_valid | fetched);
    wire       direct = state == DATA & !kept_valid; // `data` into tx_data: it comes late in the clock, everything else by `other`
    reg  [7:0] other;
    wire       keeps = (kept_valid | fetched) & !take;
    wire       ask = (state == IDLE & start) | (state == DATA & !keeps);

    wire [15:0] crc_next;
    wire [15:0] crc_now = took ? crc_next : crc;
    usb_crc16 step (.crc(crc), .data(tx_data), .next(crc_next));

    assign busy = state != IDLE;

    always @* case (state)
        IDLE:    other = {~pid, pid};
        DATA:    other = kept;
        CRC_LOW: other = ~crc_now[7:0];
        default: other = ~crc_now[15:8];
    endcase

    always @(posedge clk) begin
        fetched <= ask;
        if (ask) offset <= offset + 1'b1;
        if (fetched) kept <= data;
        kept_valid <= keeps;
        took <= take;
        crc <= crc_now;

        if (state == IDLE | room) tx_data <= direct ? data : other;

        case (state)
        IDLE: begin
            crc <= 16'hFFFF;
            left <= length;
            kept_valid <= 1'b0;
            if (start) begin
                tx_valid <= 1'b1;
                state <= pid[1:0] != 2'b11 ? LAST : length == 10'd0 ? CRC_LOW : DATA;
            end
        end
        DATA:
            if (take) begin
                left <= left - 1'b1;
                if (left == 10'd1) state <= CRC_LOW;
            end
        CRC_LOW:
            if (room) state <= CRC_HIGH;
        CRC_HIGH:
            if (room) state <= LAST;
        default: begin // LAST
            offset <= 9'd0;
            if (tx_ready) begin
                tx_valid <= 1'b0;
                state <= IDLE;
            end
        end
        endcase

        if (rst) begin
            state <= IDLE;
            tx_valid <= 1'b0;
            offset <= 9'd0;
            fetched <= 1'b0;
            kept_valid <= 1'b0;
        end
    end
endmodule

`default_nettype wire
