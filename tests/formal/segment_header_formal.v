// SPDX-License-Identifier: BSD-2-Clause
//
// Whatever header is loaded, it is called bad exactly when it should be, and each replay gives its bytes out again but for the fields that differ, which are right.
//
// The monitor finds the fields by their distance from the header's start, from what the bytes say; one byte, at an arbitrary
// place, is followed through every replay. The walks are those of the segmenter, with any stalls: a start, the header's bytes from the first
// to the last; then, unless it was bad, for each segment a start, the same bytes, an `advance`.
//% induction 1
//% solver yices
//% mutant-depth 2
//% mutant segment_header: is_tag  = tags != 2 && => is_tag  = tags != 3 &&
//% mutant segment_header: {first_segment, 3'b111, last_segment, 2'b11, last_segment}; => {first_segment, 3'b111, last_segment, 2'b11, 1'b1};
//% mutant segment_header: else if (in_ip && ipv6 && pos == 1) length => else if (in_ip && pos == 1) length
//% mutant segment_header: (in_rest && !ipv6 && !at_csum_start) || => 
//% mutant segment_header: (at_end != (layer == L4 && last_of_words)); => (at_end && layer != L4);
//% mutant segment_header: if (in_ip && !ipv6 && pos[5:1] == 5) data = 0; => 
//% mutant segment_header: else if (advance && !id_fixed) id <= id + 16'd1; => else if (advance) id <= id + 16'd1;
//% mutant segment_header: seq <= {seq[23:0], replay ? seq[31:24] : load_data}; => seq <= {seq[23:0], load_data};
//% mutant segment_header: (in_words && words < 5 && !(in_l4 && udp)) => (in_words && words < 4 && !(in_l4 && udp))
//% mutant segment_header: pos  <= 10; => pos  <= 11;

    // ---- The segmenter ----
    localparam [2:0] F_BEFORE = 0, F_LOAD = 1, F_BETWEEN = 2, F_REPLAY = 3, F_AFTER = 4;
    (* anyconst *) wire [7:0]  f_hdr_len;           // stable while there is no descriptor
    (* anyconst *) wire [15:0] f_csum_start;
    (* anyconst *) wire        f_v4, f_v6, f_udp, f_fixed;
    (* anyconst *) wire [15:0] f_gso_size;
    reg  [2:0]  f_phase = F_BEFORE;
    reg  [7:0]  f_offset;
    reg         f_at_rest;                          // a clock ago read_at was 0
    reg  [15:0] f_frame;                            // this segment's length
    (* anyseq *) wire [15:0] f_any_frame;
    wire        f_last = f_offset + 8'd1 == f_hdr_len;
    always @* begin
        assume(f_hdr_len != 0 && ipv4_allowed == f_v4 && ipv6_allowed == f_v6 && udp == f_udp && id_fixed == f_fixed && gso_size == f_gso_size);
        assume(at_csum_start == ({8'd0, f_offset} == f_csum_start) && at_end == f_last);
        assume(load_at == f_offset);
        assume(!(load && f_phase != F_LOAD) && replay == (f_phase == F_REPLAY));
        if (f_phase == F_BEFORE) assume(!advance);
        if (f_phase == F_LOAD) assume(!start && !advance);
        if (f_phase == F_BETWEEN) assume(!advance && (!start || (f_at_rest && !bad)));
        if (f_phase == F_REPLAY) assume(!start && !advance);
        if (f_phase == F_AFTER) assume(!start);
        assume(read_at == (f_phase == F_REPLAY ? f_offset + 8'd2 : {7'd0, start && f_phase == F_BETWEEN}));
        assume(to_frame_end == f_frame - f_offset);
    end
    always @(posedge clk) begin
        f_at_rest <= read_at == 0;
        case (f_phase)
            F_BEFORE:  if (start) {f_phase, f_offset} <= {F_LOAD, 8'd0};
            F_LOAD:    if (load) {f_phase, f_offset} <= {f_last ? F_BETWEEN : F_LOAD, f_offset + 8'd1};
            F_BETWEEN: if (start) {f_phase, f_offset} <= {F_REPLAY, 8'd0};
            F_REPLAY:  {f_phase, f_offset} <= {f_last ? F_AFTER : F_REPLAY, f_offset + 8'd1};
            default:   if (advance) f_phase <= F_BETWEEN;
        endcase
        if (f_phase == F_BETWEEN) f_frame <= f_any_frame;
    end

    // ---- The monitor: where the fields are, and what they said ----
    (* anyconst *) wire [7:0] f_k;                  // the byte that is followed
    reg  [7:0]  f_byte, f_before;
    reg         f_found;                            // the type that is no tag has come
    reg         f_ipv6;
    reg  [1:0]  f_tags;
    reg         f_bad;
    reg  [3:0]  f_ihl, f_doff;
    reg  [15:0] f_id;
    reg  [31:0] f_seq;
    wire [8:0]  f_o = {1'b0, f_offset};
    wire [8:0]  f_type_at = 9'd13 + {5'd0, f_tags, 2'd0};   // while it is looked for
    wire [8:0]  f_ip = 9'd14 + {5'd0, f_tags, 2'd0};
    wire [8:0]  f_ip_end = f_ip + (f_ipv6 ? 9'd40 : {3'd0, f_ihl, 2'd0});
    wire [16:0] f_l4 = {1'b0, f_csum_start};
    wire        f_type = !f_found && f_o == f_type_at;
    wire [15:0] f_type_is = {f_before, load_data};
    wire        f_a_tag = f_tags != 2 && (f_type_is == 16'h8100 || f_type_is == 16'h88A8);
    wire        f_words_at = f_found && f_o == f_ip;
    always @(posedge clk) begin
        if (f_phase == F_BEFORE && start) {f_found, f_tags, f_bad} <= 0;
        if (load) begin
            f_before <= load_data;
            if (f_offset == f_k) f_byte <= load_data;
            if (f_type && f_a_tag) f_tags <= f_tags + 2'd1;
            if (f_type && !f_a_tag) begin
                f_found <= 1;
                f_ipv6 <= f_type_is == 16'h86DD;
                if (!(f_type_is == 16'h0800 && f_v4) && !(f_type_is == 16'h86DD && f_v6)) f_bad <= 1;
            end
            if (f_words_at) f_ihl <= load_data[3:0];
            if (f_words_at && (load_data[7:4] != (f_ipv6 ? 4'd6 : 4'd4) || (!f_ipv6 && load_data[3:0] < 5))) f_bad <= 1;
            if (f_found && !f_ipv6 && f_o == f_ip + 9 && load_data != (f_udp ? 8'd17 : 8'd6)) f_bad <= 1;
            if (f_found && !f_ipv6 && f_o == f_ip + 4) f_id[15:8] <= load_data;
            if (f_found && !f_ipv6 && f_o == f_ip + 5) f_id[7:0] <= load_data;
            if (!f_udp && f_o == f_l4 + 4) f_seq[31:24] <= load_data;
            if (!f_udp && f_o == f_l4 + 5) f_seq[23:16] <= load_data;
            if (!f_udp && f_o == f_l4 + 6) f_seq[15:8] <= load_data;
            if (!f_udp && f_o == f_l4 + 7) f_seq[7:0] <= load_data;
            if (!f_udp && f_o == f_l4 + 12) f_doff <= load_data[7:4];
        end
        if (advance && !f_fixed) f_id <= f_id + 16'd1;
        if (advance) f_seq <= f_seq + {16'd0, f_gso_size};
    end
    // Of the header, once it is there: each part begins where the one before ends.
    wire [16:0] f_end = {9'd0, f_hdr_len};
    wire        f_wrong = f_bad || !f_found || f_end <= {8'd0, f_ip} + 9 || (f_ipv6 ? f_l4 < {8'd0, f_ip_end} : f_l4 != {8'd0, f_ip_end}) ||
                          (f_udp ? f_end != f_l4 + 8 : f_end < f_l4 + 20 || f_doff < 5 || f_end != f_l4 + {11'd0, f_doff, 2'd0});

    // ---- Properties ----
    wire [16:0] f_at_ip = {9'd0, f_k} - {8'd0, f_ip}, f_at_l4 = {9'd0, f_k} - f_l4;
    wire        f_of_l4 = {9'd0, f_k} >= f_l4;
    wire [15:0] f_ip_length = f_frame - {7'd0, f_ip} - (f_ipv6 ? 16'd40 : 16'd0);
    wire [15:0] f_udp_length = f_frame - f_csum_start;
    reg  [7:0]  f_want;
    always @* begin
        f_want = f_byte;
        if (!f_of_l4 && f_at_ip == (f_ipv6 ? 4 : 2)) f_want = f_ip_length[15:8];
        if (!f_of_l4 && f_at_ip == (f_ipv6 ? 5 : 3)) f_want = f_ip_length[7:0];
        if (!f_ipv6 && f_at_ip == 4) f_want = f_id[15:8];
        if (!f_ipv6 && f_at_ip == 5) f_want = f_id[7:0];
        if (!f_ipv6 && (f_at_ip == 10 || f_at_ip == 11)) f_want = 0;
        if (f_udp && f_at_l4 == 4) f_want = f_udp_length[15:8];
        if (f_udp && f_at_l4 == 5) f_want = f_udp_length[7:0];
        if (!f_udp && f_at_l4 == 4) f_want = f_seq[31:24];
        if (!f_udp && f_at_l4 == 5) f_want = f_seq[23:16];
        if (!f_udp && f_at_l4 == 6) f_want = f_seq[15:8];
        if (!f_udp && f_at_l4 == 7) f_want = f_seq[7:0];
        if (!f_udp && f_at_l4 == 13)                // CWR on the first, PSH and FIN on the last
            f_want = f_byte & (first_segment ? 8'hFF : 8'h7F) & (last_segment ? 8'hFF : 8'hF6);
    end
    reg f_past = 1'b0, f_stepped, f_ipv6_was;
    always @(posedge clk) {f_past, f_stepped, f_ipv6_was} <= {1'b1, step, ipv6};
    always @* begin
        if (f_phase == F_BETWEEN) assert(bad == f_wrong);
        if (f_phase == F_LOAD && f_offset == 0) assert(!bad);
        if (f_phase == F_REPLAY) begin
            if (f_offset == f_k) assert(data == f_want);
            assert(in_ip == (f_o >= f_ip && f_o < f_ip_end) && in_l4 == ({8'd0, f_o} >= f_l4));
            assert(at_ip_checksum == (!f_ipv6 && f_o == f_ip + 10));
        end
        if (f_phase == F_AFTER) assert(ipv6 == f_ipv6);
        // What else the segmenter's proofs assume.
        if (f_past && !f_stepped) assert(ipv6 == f_ipv6_was);
        if ((f_phase == F_BETWEEN && !bad) || f_phase == F_REPLAY) begin
            assert(f_csum_start >= 34 && f_csum_start + (f_udp ? 8 : 20) <= f_hdr_len && f_hdr_len[1:0] == f_csum_start[1:0]);
            if (!f_ipv6) assert(!f_csum_start[0]);
        end
        if (f_phase == F_REPLAY && in_ip) assert(f_offset < f_csum_start);
        if (f_phase == F_REPLAY && at_ip_checksum) assert(!ipv6 && f_offset >= 24 && f_offset + 10 <= f_csum_start && !f_offset[0]);
    end

    // ---- What induction needs to know ----
    wire        f_kept = f_phase == F_BETWEEN || f_phase == F_REPLAY || f_phase == F_AFTER;
    wire        f_words = f_found && (f_kept || f_o > f_ip);        // the IP header's length is known
    wire        f_lost = f_ipv6 ? f_l4 < {8'd0, f_ip_end} : f_l4 != {8'd0, f_ip_end};
    wire [16:0] f_ow = {8'd0, f_o};
    wire        f_l4_bad   = f_words && !f_lost && (f_udp ? f_ow >= f_l4 + 8 : f_ow > f_l4 + 12 && (f_doff < 5 || f_ow >= f_l4 + {11'd0, f_doff, 2'd0}));
    wire        f_sure = f_bad || (f_words && !f_ipv6 && f_lost && f_o > f_ip_end) || f_l4_bad;
    wire        f_ethernet = f_phase == F_LOAD ? !f_found : f_o < f_ip;
    wire [1:0]  f_tags_here = f_o < 14 ? 2'd0 : f_o < 18 ? 2'd1 : 2'd2;
    wire [16:0] f_into_l4 = f_ow - f_l4;
    wire [8:0]  f_into_ip = f_o - f_ip;
    wire [7:0]  f_doff_at = f_csum_start[7:0] + 8'd12;
    wire [7:0]  f_ip_at = f_ip[7:0], f_type_low = f_ip[7:0] - 8'd1, f_type_high = f_ip[7:0] - 8'd2, f_one_before = f_offset - 8'd1, f_one_after = f_offset + 8'd1;
    wire [15:0] f_first_type = {memory[12], memory[13]}, f_second_type = {memory[16], memory[17]};
    wire [15:0] f_last_type = {memory[f_type_high], memory[f_type_low]};
    always @* begin
        assert(f_phase <= F_AFTER && (f_phase == F_BEFORE || f_tags <= 2));
        if (f_phase == F_LOAD) begin
            assert(f_offset < f_hdr_len && f_at_rest && bad == f_sure);
            if (f_found) assert(f_o >= f_ip);
            else assert(f_o <= f_type_at && f_o >= f_type_at - (f_tags == 0 ? 13 : 3));
            if (f_o != 0) assert(memory[f_one_before] == f_before && previous == f_before);
            if (f_o > 1) assert(fetched == memory[0]);
            if (f_found && !f_ipv6) assert(f_bad || f_last_type == 16'h0800);
        end
        if (f_kept) begin
            assert(bad == f_wrong && (f_phase == F_BETWEEN || !bad));
            if (f_found && !f_ipv6) assert(f_bad || f_last_type == 16'h0800);
            if (!bad && f_at_rest) assert(f_phase == F_REPLAY || fetched == memory[0]);
        end
        if (f_phase == F_REPLAY) assert(f_offset < f_hdr_len && stored == memory[f_offset] && fetched == memory[f_one_after]);
        if (f_phase == F_REPLAY && f_o != 0) assert(previous == memory[f_one_before]);
        // What was loaded is there.
        if ((f_phase == F_LOAD && f_offset > f_k) || (f_kept && f_k < f_hdr_len)) assert(memory[f_k] == f_byte);
        if (f_phase == F_LOAD || f_kept) begin
            if (f_tags != 0) assert(f_first_type == 16'h8100 || f_first_type == 16'h88A8);
            if (f_tags == 2) assert(f_second_type == 16'h8100 || f_second_type == 16'h88A8);
            if (f_found) assert(f_ipv6 == (f_last_type == 16'h86DD) && (f_tags == 2 || (f_last_type != 16'h8100 && f_last_type != 16'h88A8)));
        end
        if ((f_phase == F_LOAD && f_words) || (f_kept && !bad)) assert(memory[f_ip_at][3:0] == f_ihl && (f_bad || f_ipv6 || f_ihl >= 5));
        if (((f_phase == F_LOAD && f_ow > f_l4 + 12) || (f_kept && !bad)) && !f_udp && f_l4 + 12 < 256)
            assert(memory[f_doff_at][7:4] == f_doff);
        // The walk.
        if ((f_phase == F_LOAD && !bad) || f_phase == F_REPLAY) begin
            if (f_ethernet) begin
                assert(layer == ETHERNET && tags == (f_phase == F_LOAD ? f_tags : f_tags_here));
                assert(f_o == {3'd0, pos} + {5'd0, tags, 2'd0} && pos <= 13);
            end else begin
                assert(ipv6 == f_ipv6);
                if (!f_words || f_o < f_ip_end || f_o == f_ip) assert(layer == IP && pos == f_into_ip);
                else if (f_lost || f_ow <= f_l4) assert(layer == REST && pos == 0);
                else assert(layer == L4 && pos == f_into_l4);
                if (f_words && f_o > f_ip && (f_o < f_ip_end || f_lost || f_into_l4 <= (f_udp ? 0 : 12) || f_into_l4[16]))
                    assert(last_word == (f_ipv6 ? 4'd9 : f_ihl - 4'd1));
                if (layer == L4 && f_udp) assert(last_word == 1 && pos < 8);
                if (layer == L4 && !f_udp && pos > 12) assert(last_word == f_doff - 4'd1 && f_into_l4 < {11'd0, f_doff, 2'd0});
            end
        end
        // What is counted on.
        if (f_phase == F_LOAD && !bad && f_words && !f_ipv6) begin
            if (f_into_ip == 5) assert(id[7:0] == f_id[15:8]);
            if (f_into_ip >= 6) assert(id == f_id);
        end
        if (f_phase == F_LOAD && !bad && f_words && !f_lost && !f_udp && f_ow > f_l4) begin
            if (f_into_l4 == 5) assert(seq[7:0] == f_seq[31:24]);
            if (f_into_l4 == 6) assert(seq[15:0] == f_seq[31:16]);
            if (f_into_l4 == 7) assert(seq[23:0] == f_seq[31:8]);
            if (f_into_l4 >= 8) assert(seq == f_seq);
        end
        if (f_kept && !bad && !f_ipv6)
            assert(id == (f_phase == F_REPLAY && f_o == f_ip + 5 ? {f_id[7:0], f_id[15:8]} : f_id));
        if (f_kept && !bad && !f_udp) begin
            if (f_phase == F_REPLAY && f_into_l4 == 5) assert(seq == {f_seq[23:0], f_seq[31:24]});
            else if (f_phase == F_REPLAY && f_into_l4 == 6) assert(seq == {f_seq[15:0], f_seq[31:16]});
            else if (f_phase == F_REPLAY && f_into_l4 == 7) assert(seq == {f_seq[7:0], f_seq[31:8]});
            else assert(seq == f_seq);
        end
        if (f_phase == F_REPLAY) begin
            if (f_o > f_ip && f_into_ip <= (f_ipv6 ? 4 : 2)) assert(length == f_ip_length + (f_ipv6 && f_into_ip == 1 ? 16'd40 : 16'd0));
            if (f_o > f_ip && f_into_ip == (f_ipv6 ? 5 : 3)) assert(length == {f_ip_length[7:0], 8'd0});
            if (f_udp && f_ow > f_l4 && f_into_l4 <= 4) assert(length == f_udp_length);
            if (f_udp && f_into_l4 == 5) assert(length == {f_udp_length[7:0], 8'd0});
        end
    end
