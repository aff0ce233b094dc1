// SPDX-License-Identifier: BSD-2-Clause
//
// A superframe's header: kept, checked once as it comes in, and given out again for each segment with what differs changed.
//
// Why one walk serves both: `load` and `replay` step through the same bytes, so the same small machine finds every field,
// whatever VLAN tags and options stand between, and no position needs to be remembered.
//
//   ETHERNET -ethertype-> IP -length in its first byte-> L4 -length in the TCP header-> end
//     ^   |
//     +---+ up to two VLAN tags
//
// What changes (as in Linux): IPv4 total length; identification, one more each segment (RFC 6864 allows it also with DF);
// header checksum, given out as zero and put in by the segmenter; TCP sequence number; CWR on the first segment only
// (RFC 3168 section 6.1.2), FIN and PSH on the last only.
`default_nettype none

module segment_header (
    input  wire        clk,

    // Before the first byte of a walk.
    input  wire        start,
    // Steps: a header byte comes in; the byte read with read_at one clock ago goes out.
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
    output wire        at_ip_checksum,
    // The header loaded since `start` is not the IPv4 and TCP header it should be.
    output reg         bad
);
    localparam [1:0] ETHERNET = 0, IP = 1, L4 = 2;
    localparam [7:0] PROTOCOL_TCP = 6;

    reg [7:0]  memory [0:255];
    reg [7:0]  stored;
    reg [1:0]  layer;
    reg [5:0]  pos;        // within the layer; in ETHERNET it goes back by a tag's 4 bytes
    reg [1:0]  tags;
    reg [7:0]  previous;   // the byte before this one
    reg [3:0]  last_word;  // of the IP or TCP header
    reg [15:0] total_length;
    reg [15:0] id;         // this and seq turn once around as they are given out
    reg [31:0] seq;

    assign in_ip = layer == IP;
    assign in_l4 = layer == L4;
    assign at_ip_checksum = in_ip && pos == 10;

    wire       step  = load || replay;
    wire [7:0] here  = load ? load_data : data;
    wire       in_id  = in_ip && pos[5:1] == 5'd2;
    wire       in_seq = in_l4 && pos[5:2] == 4'd1;
    wire       in_words  = (in_ip && pos == 0) || (in_l4 && pos == 12);
    wire [3:0] words     = in_ip ? here[3:0] : here[7:4];
    wire       last_of_words = pos == {last_word, 2'b11};
    wire       at_type = layer == ETHERNET && pos == 13;
    wire       is_tag  = tags != 2 && ((previous == 8'h81 && here == 8'h00) || (previous == 8'h88 && here == 8'hA8));
    wire       is_ipv4 = previous == 8'h08 && here == 8'h00;

    wire wrong = (at_type && !is_tag && !is_ipv4) ||
                 (in_ip && pos == 0 && here[7:4] != 4) ||
                 (in_ip && pos == 9 && here != PROTOCOL_TCP) ||
                 (in_words && words < 5) ||
                 (in_l4 && pos == 0 && !at_csum_start) ||
                 (at_end != (in_l4 && last_of_words));

    always @(posedge clk) begin
        if (load) memory[load_at] <= load_data;
        stored <= memory[read_at];
    end

    always @* begin
        data = stored;
        if (in_ip && pos == 2) data = total_length[15:8];
        if (in_ip && pos == 3) data = total_length[7:0];
        if (in_id) data = id[15:8];
        if (in_ip && pos[5:1] == 5) data = 0;
        if (in_seq) data = seq[31:24];
        if (in_l4 && pos == 13)
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
            end
        end

    always @(posedge clk)
        if (step) begin
            previous <= here;
            if (in_words) last_word <= words - 4'd1;
            if (in_ip && pos == 0) total_length <= to_frame_end;
        end

    always @(posedge clk)
        if (step && in_id) id <= {id[7:0], here};
        else if (advance) id <= id + 16'd1;

    always @(posedge clk)
        if (step && in_seq) seq <= {seq[23:0], here};
        else if (advance) seq <= seq + {16'd0, gso_size};
endmodule
`default_nettype wire
