// SPDX-License-Identifier: BSD-2-Clause
//
// Verifies the IPv4 header checksum (RFC 791) and the checksums of TCP and UDP (RFC 9293, RFC 768) over IPv4 and IPv6 (RFC 8200
// section 8.1) as a frame passes.
//
//     ADDRESSES ─12 bytes→ TYPE ─0800→ IPV4 ───IHL words───────────────→ L4 ─to the end by IP's length→ REST
//                          ↑  │ └86DD→ IPV6 ─40 bytes─┬────────────────→ ↑
//                          │  └8100, 88A8→ TAG        └→ EXTENSION ──────┘
//                          └──(at most two)──┘            ↑ └─┘ hop-by-hop, routing, destination options, AH
//
// The verdict is about what can be relied on. `bad`: a checksum was computed over all it covers and is wrong. `good`: IPv4's
// and the transport's are right. Neither (IPv4's header being right): not IP; not TCP or UDP, nor behind headers that are
// walked; a fragment; UDP without checksum; lengths that contradict each other (IP's against header and frame, UDP's
// against IP's); or a pseudo header with other addresses than IP's (`open`). Bytes behind IP's length are padding.
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
    localparam [2:0] ADDRESSES = 0, TYPE = 1, TAG = 2, REST = 3, IPV4 = 4, IPV6 = 5, EXTENSION = 6, L4 = 7;

    // IANA's protocol numbers
    localparam [7:0] HOP_BY_HOP = 8'd0, TCP = 8'd6, UDP = 8'd17, ROUTING = 8'd43, AH = 8'd51, DESTINATION = 8'd60;

    reg  [2:0]  state;
    reg  [4:0]  count;     // byte within the state; goes round in 24 to 31
    reg  [1:0]  tags;
    reg  [7:0]  previous;  // the byte before
    reg  [15:0] left;      // bytes of the IP packet still to come

    reg         header_done; // IPv4's
    reg         tcp;
    reg         udp;
    reg         open;        // the pseudo header may have other addresses, or there is nothing to verify
    reg         long_enough; // the byte at hand is not before the last of the transport header
    reg         l4_done;     // all of it was there, and it is long enough for its header

    wire        vlan = {previous, s_data} == 16'h8100 || {previous, s_data} == 16'h88A8;

    // ---- The headers of IP: where they end ----
    reg  [7:0]  words; // still to come behind the one at hand: of 4 bytes in IPv4, else of 8
    reg        last_word; // there are none; known a clock late, which is soon enough, for a word has four bytes at least
    reg         word_end, header_end, third; // known with the byte before, to keep all the paths that begin with them short
    reg         has_ihl, has_length;         // so are these: where IPv4 or an extension follows, its length is in the byte at hand
    wire        word_end_next = count[1:0] == 2'd2 && (count[2] || state == IPV4);
    always @(posedge clk) begin
        last_word <= words == 8'd0;
        if (s_valid) begin
            word_end   <= word_end_next;
            header_end <= word_end_next && last_word;
            third      <= state == IPV4 && count == 5'd1; // of IPv4's bytes
            has_ihl    <= state == TYPE;
            has_length <= count == 5'd0;
        end
        if (rst || ended) {word_end, header_end, third} <= 3'd0;
    end

    always @(posedge clk)
        if (s_valid) begin
            if (state == TYPE) words <= 8'd4; // IPv6
            else if (state == IPV4 && has_ihl) words <= {4'd0, s_data[3:0]};
            else if (state == EXTENSION && has_length) words <= kind_ah ? {1'b0, s_data[7:1]} : s_data;
            else if (word_end || third) words <= words - 8'd1;
        end

    // ---- What follows the header: known from its first byte in an extension, so the header's own kind is kept apart ----
    reg         next_walked, next_routing, next_destination, next_ah;
    reg         kind_routing, kind_destination, kind_ah;
    wire        names_next = (state == IPV4 && count == 5'd9) || (state == IPV6 && count == 5'd6) ||
                             (state == EXTENSION && count == 5'd0);

    always @(posedge clk)
        if (s_valid) begin
            if (names_next) begin
                tcp              <= s_data == TCP;
                udp              <= s_data == UDP;
                next_routing     <= s_data == ROUTING;
                next_destination <= s_data == DESTINATION;
                next_ah          <= s_data == AH;
                next_walked      <= s_data == HOP_BY_HOP || s_data == ROUTING || s_data == DESTINATION || s_data == AH;
            end
            if (header_end) {kind_routing, kind_destination, kind_ah} <= {next_routing, next_destination, next_ah};
        end

    always @(posedge clk) begin
        if (s_valid) begin
            previous <= s_data;
            count    <= count == 5'd31 ? 5'd24 : count + 5'd1;
            case (state)
            ADDRESSES: if (count == 5'd11) begin
                state <= TYPE;
                count <= 5'd0;
            end
            TYPE: if (count[0]) begin
                state <= vlan && !tags[1] ? TAG : {previous, s_data} == 16'h0800 ? IPV4 : {previous, s_data} == 16'h86DD ? IPV6 : REST;
                count <= 5'd0;
                tags  <= {tags[0], 1'b1};
            end
            TAG: if (count[0]) begin
                state <= TYPE;
                count <= 5'd0;
            end
            IPV4: begin
                if (count == 5'd0 && (s_data[7:4] != 4'd4 || s_data[3:2] == 2'd0 || s_data[3:0] == 4'd4)) state <= REST;
                if (header_end) begin
                    state       <= L4;
                    count       <= 5'd0;
                    header_done <= 1'b1;
                end
            end
            IPV6, EXTENSION: begin
                if (state == IPV6 && count == 5'd0 && s_data[7:4] != 4'd6) state <= REST;
                if (header_end) begin
                    state <= tcp || udp ? L4 : next_walked ? EXTENSION : REST;
                    count <= 5'd0;
                end
            end
            L4: begin
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
            state       <= ADDRESSES;
            count       <= 5'd0;
            tags        <= 2'd0;
            header_done <= 1'b0;
            long_enough <= 1'b0;
            l4_done     <= 1'b0;
        end
    end

    // Counts down from IP's length: IPv4's includes the header, of which four bytes have passed when it is known; IPv6's begins
    // behind it. For UDP's length to be compared with, it stands still at the start of L4 and makes up for it at the seventh byte. A
    // length that ends inside a header wraps around and is never reached again.
    reg        ipv4_fifth, l4_seventh, still; // of the byte at hand, known with the one before to keep the subtraction's path short
    wire [2:0] passed = {ipv4_fifth || l4_seventh, l4_seventh, !still}; // bytes to take off: 5, 7, 0 or 1
    always @(posedge clk)
        if (s_valid) begin
            ipv4_fifth <= state == IPV4 && count == 5'd3;
            l4_seventh <= state == L4 && count == 5'd5;
            still      <= (state == IPV6 && !header_end) || (state == L4 && count < 5'd5) ||
                          (state[2] && state != L4 && header_end && (state == IPV4 || tcp || udp));
        end
    always @(posedge clk)
        if (s_valid) begin
            if ((state == IPV4 && count == 5'd2) || (state == IPV6 && count == 5'd4)) left[15:8] <= s_data;
            else if ((state == IPV4 && count == 5'd3) || (state == IPV6 && count == 5'd5)) left[7:0] <= s_data;
            else left <= left - {13'd0, passed};
        end

    // ---- Options: where each one's type stands. One that runs past its header's end is the last ----
    wire       in_ipv4    = state == IPV4;
    wire       in_options = count[4] || (!in_ipv4 && count[4:1] != 4'd0); // of IPv4, with the four bytes before; of an extension
    reg        type_here, size_here; // the byte at hand is an option's type, or its length, which includes both in IPv4 alone
    reg  [7:0] data_left;            // with the byte at hand, of the option's data
    wire       no_data    = s_data[7:2] == 6'd0 && s_data[1:0] == {in_ipv4, 1'b0};

    always @(posedge clk)
        if (s_valid && count == (in_ipv4 ? 5'd19 : 5'd1)) begin
            {type_here, size_here} <= 2'b10;
            data_left <= 8'd0;
        end else if (s_valid && in_options) begin
            // Options of one byte: in IPv4 NOP, 1 (0 ends them all); in IPv6 Pad1, 0.
            type_here <= type_here ? s_data == {7'd0, in_ipv4} : size_here ? no_data : data_left == 8'd1;
            size_here <= type_here && s_data[7:1] != 7'd0 || type_here && !in_ipv4 && s_data[0];
            data_left <= size_here ? s_data - {6'd0, in_ipv4, 1'b0} : data_left == 8'd0 ? 8'd0 : data_left - 8'd1;
        end

    // ---- Reasons to leave it open ----
    // Addresses: on the way along a source route (RFC 791, RFC 8200 section 4.4) the destination is not the last one, and a home
    // address option (RFC 6275 section 6.3) replaces the source.
    wire source_route = type_here && (s_data == 8'd131 || s_data == 8'd137); // loose, strict
    wire home_address = type_here && s_data == 8'hC9;

    reg  reason; // with the byte before there was one
    always @(posedge clk) begin
        reason <= 1'b0;
        if (s_valid)
            case (state)
            IPV4: begin
                if (count == 5'd6 && s_data[5:0] != 6'd0) reason <= 1'b1; // more fragments, or an offset
                if (count == 5'd7 && s_data != 8'd0)      reason <= 1'b1;
                if (count[4] && count[3:2] != 2'd0 && source_route) reason <= 1'b1;
            end
            EXTENSION: begin
                if (kind_routing && count == 5'd3 && s_data != 8'd0)    reason <= 1'b1;
                if (kind_destination && count[4:1] != 4'd0 && home_address) reason <= 1'b1;
                if (kind_ah && count == 5'd1 && s_data[0])              reason <= 1'b1; // not a multiple of 8 (RFC 4302 section 3.3)
            end
            L4: if (udp) begin
                if (count == 5'd4 && s_data != left[15:8])              reason <= 1'b1;
                if (count == 5'd5 && s_data != left[7:0])               reason <= 1'b1;
                if (count == 5'd7 && {previous, s_data} == 16'd0)       reason <= 1'b1;
            end
            default: ;
            endcase
        open <= (open || reason) && !rst && !ended;
        if (rst) reason <= 1'b0;
    end

    // ---- Sums ----
    wire header_right;
    wire transport_right;
    ones_sum header (.clk(clk), .clear(rst || ended), .en(s_valid && state == IPV4), .data(s_data), .right(header_right));

    // The pseudo header is taken from IP's headers as they pass: length less that of the headers, protocol, addresses. Even
    // bytes are added to the sum's upper half, odd ones to the lower; ~x takes x off. IPv4 gives the protocol where it stands, IPv6
    // and extensions a few bytes later, when it is known to be the last.
    // What to take of a byte is decided with the one before it, for the adder's sake; outside of IP nobody looks.
    wire [7:0] protocol = {3'd0, udp, 1'b0, tcp, tcp, udp};
    reg        take;                                                       // the byte at hand, else:
    reg        own_ones, own_ihl, own_size_high, own_size_low, own_extra, own_protocol;
    always @(posedge clk)
        if (s_valid) begin
            if (header_end) take <= state == IPV4 || tcp || udp;
            else
                take <= state == L4 || (state == IPV6 && (count >= 5'd7 || count == 5'd3 || count == 5'd4)) ||
                        (state == IPV4 && (count == 5'd1 || count == 5'd2 || count == 5'd8 || (count >= 5'd11 && count < 5'd19)));
            own_ones      <= (state == TYPE && !s_data[0]) || (state == EXTENSION && count == 5'd3); // before IPV4, not IPV6
            own_ihl       <= state == IPV4 && count == 5'd0;
            own_size_high <= state == EXTENSION && count == 5'd1;
            own_size_low  <= state == EXTENSION && count == 5'd2;
            own_extra     <= state == EXTENSION && count == 5'd4;
            own_protocol  <= (state == IPV6 || state == EXTENSION) && count == 5'd6;
        end
    wire [7:0] own = {8{own_ones}} | ({8{own_ihl}} & {2'b11, ~words[3:0], 2'b11}) | ({8{own_size_high}} & {5'b11111, ~words[7:5]}) |
                     ({8{own_size_low}} & {~words[4:0], 3'b111}) | ({8{own_extra}} & 8'hF7) | ({8{own_protocol}} & protocol);
    wire [7:0] term = take ? s_data : own;
    ones_sum transport (.clk(clk), .clear(rst || ended), .en(s_valid && state[2]), .data(term), .right(transport_right));

    wire checked = l4_done && !open && !reason && (tcp || udp);
    wire ip_right = !header_done || header_right;
    always @(posedge clk) begin
        good <= checked && ip_right && transport_right;
        bad  <= !ip_right || (checked && !transport_right);
    end
endmodule

`default_nettype wire
