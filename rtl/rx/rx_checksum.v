// SPDX-License-Identifier: BSD-2-Clause
//
// Verifies the IPv4 header checksum (RFC 791) and the TCP and UDP checksums over IPv4 (RFC 9293, RFC 768) as a frame passes.
//
//     ADDRESSES ─12 bytes→ TYPE ─0800→ IPV4 ─IHL words→ L4 ─to the end by IP's total length→ REST
//                          ↑  └8100, 88A8→ TAG (at most two)
//
// The verdict is about what can be relied on. `bad`: a checksum was computed over all it covers and is wrong. `good`: the
// header's and the transport's are right. Neither: not IPv4, not TCP or UDP, a fragment, UDP without checksum, or lengths
// that contradict each other (IP's total length against header and frame, UDP's against IP's); bytes behind IP's total
// length are padding. IPv6 fits in as a state beside IPV4 that feeds `transport` with its own pseudo header.
//
// The source cannot wait. `ended` is high the clock after s_last, without s_valid; good and bad hold the clock after that.
`default_nettype none

module rx_checksum (
    input  wire       clk,
    input  wire       rst,

    input  wire       s_valid,
    input  wire [7:0] s_data,
    input  wire       ended,

    output reg        good,
    output reg        bad
);
    localparam [2:0] ADDRESSES = 0, TYPE = 1, TAG = 2, IPV4 = 3, L4 = 4, REST = 5;

    localparam [7:0] PROTOCOL_TCP = 8'd6, PROTOCOL_UDP = 8'd17;

    reg  [2:0]  state;
    reg  [4:0]  count;     // byte within the state; stops at 31
    reg  [1:0]  tags;
    reg  [7:0]  previous;  // the byte before
    reg  [3:0]  words;     // of the IPv4 header, still to come
    reg  [15:0] left;      // bytes of the IPv4 packet still to come, from byte 5 on
    reg  [15:0] l4_length;

    reg         header_done;
    reg         fragment;
    reg         tcp;
    reg         udp;
    reg         udp_length_wrong;
    reg         udp_checksum_zero;
    reg         long_enough; // the byte at hand is not before the last of the transport header
    reg         l4_done;   // all of it was there, and it is long enough for its header

    wire        vlan = {previous, s_data} == 16'h8100 || {previous, s_data} == 16'h88A8;
    wire        ipv4 = {previous, s_data} == 16'h0800;

    always @(posedge clk) begin
        if (s_valid) begin
            previous <= s_data;
            if (count != 5'd31) count <= count + 5'd1;
            case (state)
            ADDRESSES: if (count == 5'd11) begin
                state <= TYPE;
                count <= 5'd0;
            end
            TYPE: if (count[0]) begin
                state <= vlan && !tags[1] ? TAG : ipv4 ? IPV4 : REST;
                count <= 5'd0;
                tags  <= {tags[0], 1'b1};
            end
            TAG: if (count[0]) begin
                state <= TYPE;
                count <= 5'd0;
            end
            IPV4: begin
                if (count == 5'd0) begin
                    words <= s_data[3:0];
                    if (s_data[7:4] != 4'd4 || s_data[3:2] == 2'd0 || s_data[3:0] == 4'd4) state <= REST;
                end
                if (count == 5'd6) fragment <= s_data[5:0] != 6'd0;
                if (count == 5'd7) fragment <= fragment || s_data != 8'd0;
                if (count == 5'd9) begin
                    tcp <= s_data == PROTOCOL_TCP;
                    udp <= s_data == PROTOCOL_UDP;
                end
                if (ipv4_word) words <= words - 4'd1;
                if (ipv4_word && words == 4'd1) begin
                    state       <= L4;
                    count       <= 5'd0;
                    header_done <= 1'b1;
                end
            end
            L4: begin
                if (count == 5'd0) l4_length <= left;
                if (count == 5'd4 && s_data != l4_length[15:8]) udp_length_wrong <= 1'b1;
                if (count == 5'd5 && s_data != l4_length[7:0])  udp_length_wrong <= 1'b1;
                if (count == 5'd7) udp_checksum_zero <= {previous, s_data} == 16'd0;
                if (count == (tcp ? 5'd18 : 5'd6)) long_enough <= 1'b1;
                if (left == 16'd1) begin
                    state   <= REST;
                    l4_done <= long_enough;
                end
            end
            default: ;
            endcase
        end
        if (rst || ended) begin
            state             <= ADDRESSES;
            count             <= 5'd0;
            tags              <= 2'd0;
            header_done       <= 1'b0;
            udp_length_wrong  <= 1'b0;
            long_enough       <= 1'b0;
            l4_done           <= 1'b0;
        end
    end

    // The header's words end at every fourth byte; `phase` goes on where `count` stops.
    reg  [1:0] phase;
    wire       ipv4_word = phase == 2'd3;
    always @(posedge clk)
        if (state != IPV4) phase <= 2'd0;
        else if (s_valid)  phase <= phase + 2'd1;

    // Counts down from total length; the four bytes before it was known are taken off with the fifth. A total length
    // that ends inside the header wraps around and is never reached again.
    always @(posedge clk)
        if (s_valid) begin
            if (state == IPV4 && count == 5'd2)      left[15:8] <= s_data;
            else if (state == IPV4 && count == 5'd3) left[7:0]  <= s_data;
            else left <= left - (state == IPV4 && count == 5'd4 ? 16'd5 : 16'd1);
        end

    // ---- Sums ----
    wire header_right;
    wire transport_right;
    ones_sum header (.clk(clk), .clear(rst || ended), .en(s_valid && state == IPV4), .data(s_data), .right(header_right));

    // The pseudo header is taken from the IPv4 header as it passes: total length less header length, protocol, addresses.
    reg [7:0] term;
    always @* begin
        term = 8'd0;
        if (state == L4) term = s_data;
        else case (count)
            5'd0: term = 8'hFF;
            5'd1: term = {2'b11, ~words, 2'b11};
            5'd2, 5'd3, 5'd9, 5'd12, 5'd13, 5'd14, 5'd15, 5'd16, 5'd17, 5'd18, 5'd19: term = s_data;
            default: ;
        endcase
    end
    ones_sum transport (.clk(clk), .clear(rst || ended), .en(s_valid && (state == IPV4 || state == L4)), .data(term),
                        .right(transport_right));

    wire checked = l4_done && !fragment && (tcp || (udp && !udp_length_wrong && !udp_checksum_zero));
    always @(posedge clk) begin
        good <= header_done && header_right && checked && transport_right;
        bad  <= header_done && !(header_right && (!checked || transport_right));
    end
endmodule

`default_nettype wire
