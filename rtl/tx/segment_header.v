// SPDX-License-Identifier: BSD-2-Clause
//
// A superframe's header: kept, checked once as it comes in, and given out again for each segment with what differs changed.
//
// Why one walk serves both: `load` and `replay` step through the same bytes, so the same small machine finds every field,
// whatever VLAN tags and options stand between, and no position needs to be remembered.
//
//   ETHERNET -ethertype-> IP -its fixed header, IPv4 with options-> REST -csum_start-> L4 -its length-> end
//     ^   |
//     +---+ up to two VLAN tags
//
// REST is what stands between IPv6's fixed header and the L4 header: extension headers, whatever they are. The host said
// where they end, and nobody looks into them; so L4's kind is known only from gso_type. In IPv4 nothing may stand there.
//
// What changes (as in Linux): IPv4 total length, IPv6 payload length, UDP length; IPv4 identification, one more each segment
// (RFC 6864 allows it also with DF) or the same in all; IPv4 header checksum, given out as zero and put in by the segmenter;
// TCP sequence number; CWR on the first segment only (RFC 3168 section 6.1.2), FIN and PSH on the last only.
`default_nettype none

module segment_header (
    input  wire        clk,

    // What the record says of the superframe, stable from `start` on: IP versions that it may have; UDP instead of TCP;
    // identification the same in all segments.
    input  wire        ipv4_allowed,
    input  wire        ipv6_allowed,
    input  wire        udp,
    input  wire        id_fixed,

    // Before the first byte of a walk.
    input  wire        start,
    // Steps: a header byte comes in; the byte read with read_at two clocks ago goes out.
    input  wire        load,
    input  wire [7:0]  load_data,
    input  wire [7:0]  load_at,
    input  wire        replay,
    input  wire [7:0]  read_at,
    // Of the byte of this step: it is the first that the L4 checksum covers; it is the header's last.
    input  wire        at_csum_start,
    input  wire        at_end,

    // Bytes from this step's byte to the end of the segment's frame.
    input  wire [15:0] to_frame_end,
    input  wire        first_segment,
    input  wire        last_segment,
    // Pulse between two segments: sequence number and identification move on.
    input  wire        advance,
    input  wire [15:0] gso_size,

    output reg  [7:0]  data,
    output wire        in_ip,
    output wire        in_l4,
    output wire        at_ip_checksum, // of IPv4
    output reg         ipv6,
    // The header loaded since `start` is not the IP and TCP or UDP header it should be.
    output reg         bad
);
    localparam [1:0] ETHERNET = 0, IP = 1, REST = 2, L4 = 3;
    localparam [7:0] PROTOCOL_TCP = 6, PROTOCOL_UDP = 17;
    localparam [15:0] IPV6_HEADER = 40;

    reg [7:0]  memory [0:255];
    reg [7:0]  fetched, stored; // twice, since a block RAM is slow
    reg [1:0]  layer;
    reg [5:0]  pos;        // within the layer; in ETHERNET it goes back by a tag's 4 bytes; in REST it waits for L4
    reg [1:0]  tags;
    reg [7:0]  previous;   // the byte before this one
    reg [3:0]  last_word;  // of the IP or L4 header
    reg [15:0] length;     // what IP's or UDP's length field says; this, id and seq turn as they are given out
    reg [15:0] id;
    reg [31:0] seq;

    wire in_rest  = layer == REST;
    assign in_ip  = layer == IP;
    assign in_l4  = layer == L4 || (in_rest && at_csum_start);
    assign at_ip_checksum = in_ip && !ipv6 && pos == 10;

    wire       step  = load || replay;
    wire [7:0] here  = replay ? stored : load_data;
    wire       in_id  = in_ip && !ipv6 && pos[5:1] == 2;
    wire       in_seq = layer == L4 && !udp && pos[5:2] == 1;
    wire       in_length = (in_ip && pos[5:1] == (ipv6 ? 5'd2 : 5'd1)) || (layer == L4 && udp && pos[5:1] == 2);
    wire       in_words  = (in_ip && pos == 0) || (in_l4 && pos == (udp ? 6'd0 : 6'd12));
    wire [3:0] words     = in_ip ? (ipv6 ? 4'd10 : here[3:0]) : udp ? 4'd2 : here[7:4];
    wire       last_of_words = pos == {last_word, 2'b11};
    wire       at_type = layer == ETHERNET && pos == 13;
    wire       is_tag  = tags != 2 && ((previous == 8'h81 && here == 8'h00) || (previous == 8'h88 && here == 8'hA8));
    wire       is_ipv4 = previous == 8'h08 && here == 8'h00;
    wire       is_ipv6 = previous == 8'h86 && here == 8'hDD;

    // Of the byte that comes in.
    wire wrong = (at_type && !is_tag && !(is_ipv4 && ipv4_allowed) && !(is_ipv6 && ipv6_allowed)) ||
                 (in_ip && pos == 0 && load_data[7:4] != (ipv6 ? 4'd6 : 4'd4)) ||
                 (in_ip && pos == 9 && !ipv6 && load_data != (udp ? PROTOCOL_UDP : PROTOCOL_TCP)) ||
                 (in_words && words < 5 && !(in_l4 && udp)) ||
                 (in_rest && !ipv6 && !at_csum_start) ||
                 (at_end != (layer == L4 && last_of_words));

    always @(posedge clk) begin
        if (load) memory[load_at] <= load_data;
        fetched <= memory[read_at];
        stored  <= fetched;
    end

    always @* begin
        data = stored;
        if (in_length) data = length[15:8];
        if (in_id) data = id[15:8];
        if (in_ip && !ipv6 && pos[5:1] == 5) data = 0;
        if (in_seq) data = seq[31:24];
        if (layer == L4 && !udp && pos == 13)
            data = stored & {first_segment, 3'b111, last_segment, 2'b11, last_segment};
    end

    always @(posedge clk)
        if (start) begin
            layer <= ETHERNET;
            pos   <= 0;
            tags  <= 0;
            bad   <= 0;
        end else if (step) begin
            if (load && wrong) bad <= 1;
            pos <= pos + 6'd1;
            if (at_type && is_tag) begin
                pos  <= 10;
                tags <= tags + 2'd1;
            end else if (at_type || (in_ip && last_of_words)) begin
                pos   <= 0;
                layer <= layer + 2'd1;
            end else if (in_rest) begin
                pos <= {5'd0, at_csum_start};
                if (at_csum_start) layer <= L4;
            end
        end

    always @(posedge clk)
        if (step) begin
            previous <= here;
            if (at_type) ipv6 <= is_ipv6;
            if (in_words) last_word <= words - 4'd1;
            if (pos == 0) length <= to_frame_end;
            else if (in_ip && ipv6 && pos == 1) length <= length - IPV6_HEADER;
            else if (in_length) length <= {length[7:0], 8'd0};
        end

    always @(posedge clk)
        if (step && in_id) id <= {id[7:0], replay ? id[15:8] : load_data};
        else if (advance && !id_fixed) id <= id + 16'd1;

    always @(posedge clk)
        if (step && in_seq) seq <= {seq[23:0], replay ? seq[31:24] : load_data};
        else if (advance) seq <= seq + {16'd0, gso_size};
endmodule
`default_nettype wire
