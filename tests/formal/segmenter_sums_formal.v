// SPDX-License-Identifier: BSD-2-Clause
//
// Each checksum is the complement of a sum over what it covers: each byte that was written there once, in the right half of its word, and else only the L4 length and zeros.
//
// One byte of each frame, at an arbitrary offset, is followed to the adders. tx_checksum_formal.v proves what they make of the
// bytes, after an even number and two zeros; that the sum does not depend on the words' order is RFC 1071.
//
// Assumed, in `always @*` below, is what segmenter_formal.v proves of the states, and segment_header_formal.v of its outputs.
//% quick
//% induction 1
//% solver yices
//% of segmenter
//% with segment_header tx_checksum
//% free segment_header
//% mutant-depth 8
//% mutant segmenter: (state == TURN && odd) => (state == TURN && frame_length[0])
//% mutant segmenter: (state == TAIL && step < 2); => (state == TAIL && step < 1);
//% mutant segmenter: (summing || at_csum_start)) => summing)
//% mutant segmenter: ((state == LENGTH || (state == ROOM && room)) && gso) => ((state == LENGTH || state == ROOM) && gso)
//% mutant segmenter: LENGTH:  chosen = to_frame_end[15:8]; => LENGTH:  chosen = 0;
//% mutant segmenter: (state == HEADER && in_l4) => (state == HEADER)
//% mutant segmenter: ip_byte <= in_ip; => ip_byte <= 1;
//% mutant segmenter: l4_byte <= state != TAIL; => l4_byte <= 1;
//% mutant segmenter: {16{(alone || udp) && l4_sum == 16'hFFFF}} => {16{alone && l4_sum == 16'hFFFF}}
//% mutant segmenter: 1: chosen = ~ip_sum[15:8]; => 1: chosen = ip_sum[15:8];
//% mutant segmenter: step == 2 ? csum_at[BITS-1:0] : offset_next => offset_next

    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @* if (!f_past) assume(rst);

    wire [17:0] f_hdr = {10'd0, hdr_len};
    wire [17:0] f_offset = {{(18-BITS){1'b0}}, offset};
    wire        f_cutting = state == LENGTH || state == ROOM || state == PAYLOAD || state == TURN || state == HEADER || state == TAIL;
    wire        f_framed = (f_cutting && state != LENGTH) || wr_commit;

    // ---- What segmenter_formal.v proves ----
    always @* if (f_past && !rst) begin
        assume(state <= SKIP);
        if ((f_cutting || wr_commit) && gso)
            assume(needs_csum && csum_at == csum_start + (udp ? 6 : 16) && csum_start + (udp ? 8 : 20) <= f_hdr &&
                   f_hdr[1:0] == csum_start[1:0] && f_hdr <= frame_length);
        if (f_framed) assume(frame_length >= 14 && frame_length <= MAX_FRAME);
        if (f_framed && !gso) assume(f_hdr == 0 && first_segment == !wr_commit && last_segment);
        if (f_framed && state != ROOM && !gso && needs_csum) assume(csum_at >= csum_start && csum_at + 2 <= frame_length);
        if (state == LENGTH || state == ROOM) assume(offset == (gso ? csum_start[BITS-1:0] : csum_at[BITS-1:0]) && !wr_en);
        if (state == PAYLOAD) assume(f_offset >= f_hdr && f_offset < frame_length);
        if (state == TURN) assume(f_offset == frame_length);
        if (state == HEADER) assume(gso && f_offset < f_hdr);
        if (state == TAIL) assume(step <= 5 && (needs_csum || step == 5));
        if (wr_commit) assume(!wr_en && (state == IDLE || state == PLAN));

        // ---- What segment_header_formal.v proves ----
        if (state == HEADER) assume(in_l4 == (offset >= csum_start));
        if (state == HEADER && in_ip) assume(offset < csum_start);
        if (state == HEADER && at_ip_checksum) assume(in_ip && offset + 10 <= csum_start && !csum_start[0]);
        if (state == TAIL && gso && !ipv6) assume(f_found);
        if (!f_stepped) assume(ipv6 == f_ipv6);
    end
    reg f_found;                        // it showed the IPv4 checksum's place in this walk
    reg f_ipv6, f_stepped;
    always @(posedge clk) begin
        f_found <= state == HEADER ? f_found || at_ip_checksum : state == TAIL && f_found;
        {f_ipv6, f_stepped} <= {ipv6, state == HEADER || state == LOAD};
    end

    // ---- The monitor ----
    (* anyconst *) wire [BITS-1:0] f_pos;
    wire [17:0] f_p = {{(18-BITS){1'b0}}, f_pos};
    reg  [3:0]  f_from;                 // the state that the byte which is written comes from
    wire        f_body = wr_en && (f_from == PAYLOAD || f_from == HEADER);
    wire        f_hit = f_body && wr_offset == f_pos;
    reg  [7:0]  f_value;                // of the byte, but for checksums
    wire [7:0]  f_now = f_hit ? wr_data : f_value;
    reg  [7:0]  f_final;                // with them
    wire [7:0]  f_at_last = wr_en && wr_offset == f_pos ? wr_data : f_final;

    reg         f_odd, f_ip_odd;        // bytes that were added
    reg         f_length_high, f_length_low;
    reg         f_added, f_ip_added, f_ip_due;
    reg  [7:0]  f_added_value, f_ip_value;
    reg  [1:0]  f_zeros, f_ip_zeros;    // the last ones, up to two
    reg         f_alone;
    reg  [7:0]  f_ip_at;
    wire        f_add = add_l4 && f_hit, f_ip_add = add_ip && ip_byte && f_hit;
    wire        f_odd_soon = f_odd ^ add_l4, f_ip_odd_soon = f_ip_odd ^ add_ip;
    wire        f_added_soon = f_added || f_add, f_ip_added_soon = f_ip_added || f_ip_add;
    wire [7:0]  f_added_value_soon = f_add ? wr_data : f_added_value, f_ip_value_soon = f_ip_add ? wr_data : f_ip_value;
    wire [7:0]  f_given = wr_data & {8{l4_byte}}, f_ip_given = wr_data & {8{ip_byte}};
    wire [1:0]  f_zeros_soon = !add_l4 ? f_zeros : f_given != 0 ? 2'd0 : f_zeros == 2 ? 2'd2 : f_zeros + 2'd1;
    wire [1:0]  f_ip_zeros_soon = !add_ip ? f_ip_zeros : f_ip_given != 0 ? 2'd0 : f_ip_zeros == 2 ? 2'd2 : f_ip_zeros + 2'd1;
    always @(posedge clk) begin
        f_from <= state;
        f_value <= f_now;
        f_final <= f_at_last;
        {f_odd, f_ip_odd, f_added, f_ip_added} <= {f_odd_soon, f_ip_odd_soon, f_added_soon, f_ip_added_soon};
        {f_added_value, f_ip_value, f_zeros, f_ip_zeros} <= {f_added_value_soon, f_ip_value_soon, f_zeros_soon, f_ip_zeros_soon};
        if (add_l4 && f_from == LENGTH) f_length_high <= 1;
        if (add_l4 && f_from == ROOM) f_length_low <= 1;
        if (state == HEADER && offset == f_pos) f_ip_due <= in_ip;
        if (state == HEADER && at_ip_checksum) f_ip_at <= offset[7:0];
        f_alone <= state == TAIL ? first_segment && last_segment : f_alone;
        if (state == PLAN) {f_odd, f_ip_odd, f_added, f_ip_added, f_ip_due, f_length_high, f_length_low} <= 0;
        if (state == PLAN) {f_zeros, f_ip_zeros} <= 4'b1010;
    end
    wire [17:0] f_l4_length = frame_length - csum_start;
    wire [15:0] f_l4_csum = l4_sum == 16'hFFFF && (f_alone || udp) ? 16'hFFFF : ~l4_sum;
    wire        f_summed = f_p >= csum_start && f_p < frame_length;

    // ---- Properties ----
    always @* if (f_past && !rst && (f_cutting || wr_commit)) begin
        if (add_l4 && needs_csum) begin                                 // nothing but this is added
            if (f_from == LENGTH) assert(gso && !f_odd && !f_length_high && f_given == f_l4_length[15:8]);
            else if (f_from == ROOM) assert(gso && f_odd && !f_length_low && f_given == f_l4_length[7:0]);
            else if (f_body) assert(l4_byte && wr_offset >= csum_start && f_odd == (wr_offset[0] ^ csum_start[0]));
            else assert(f_given == 0);
            if (f_hit) assert(!f_added);                                // and no byte twice
        end
        if (add_ip && ip_byte) assert(f_body && f_ip_odd == wr_offset[0]);
        if (f_ip_add) assert(!f_ip_added);
        if (wr_commit && needs_csum) begin                              // everything that is covered was added
            assert(f_added == f_summed && f_length_high == gso && f_length_low == gso && !f_odd && f_zeros == 2 && !add_l4);
            if (f_summed) assert(f_added_value == f_value);
            if (f_p == csum_at) assert(f_at_last == f_l4_csum[15:8]);
            if (f_p == csum_at + 1) assert(f_at_last == f_l4_csum[7:0]);
        end
        if (wr_commit && gso && !ipv6) begin
            if (f_p < f_hdr) assert(f_ip_added == f_ip_due);
            else assert(!f_ip_added);
            assert(!f_ip_odd && f_ip_zeros == 2 && !add_ip);
            if (f_ip_added) assert(f_ip_value == f_value);
            if (f_p == f_ip_at) assert(f_at_last == ~ip_sum[15:8]);
            if (f_p == f_ip_at + 1) assert(f_at_last == ~ip_sum[7:0]);
        end
    end

    // ---- What induction needs to know ----
    always @* if (f_past && !rst && f_cutting) begin
        assert(f_zeros <= 2 && f_ip_zeros <= 2);
        if (state == LENGTH) assert(!f_odd && !add_l4 && !f_added && !f_length_high && !f_length_low && f_zeros == 2);
        if (state == LENGTH || state == ROOM || state == PAYLOAD || state == TURN)
            assert(!f_ip_odd && !add_ip && !f_ip_added && f_ip_zeros == 2);
        if (needs_csum && state != LENGTH) begin
            assert(f_length_high == gso || (gso && add_l4 && f_from == LENGTH));
            if (state == ROOM) assert(!f_length_low && !f_added_soon && f_odd_soon == gso && (!add_l4 || f_from == LENGTH));
            else assert(f_length_low == gso || (gso && add_l4 && f_from == ROOM));
            if (f_from == ROOM && state != ROOM) assert(add_l4 == gso && f_length_high == gso && f_length_low == 0);
            if (state == ROOM && !gso) assert(!f_length_high && !add_l4 && f_zeros == 2);
        end
        if (needs_csum && state == PAYLOAD) begin
            assert(summing == (gso || f_offset > csum_start));
            assert(f_odd_soon == ((gso || f_offset > csum_start) && (offset[0] ^ csum_start[0])));
            assert(f_added_soon == (f_p >= f_hdr && f_p >= csum_start && f_p < f_offset));
        end
        if (needs_csum && state == TURN) begin
            assert(f_odd_soon == odd);
            assert(f_added_soon == (f_p >= f_hdr && f_summed));
        end
        if (needs_csum && state == HEADER) begin
            assert(f_odd_soon == (f_offset > csum_start && (offset[0] ^ csum_start[0])));
            assert(f_added_soon == (f_summed && (f_p >= f_hdr || f_p < f_offset)));
        end
        if (needs_csum && state == TAIL) assert(f_added_soon == f_summed);
        if (needs_csum && f_added_soon) assert(f_added_value_soon == f_now);
        if (state == HEADER) begin
            assert(f_ip_odd_soon == offset[0]);
            assert(f_ip_added_soon == (f_p < f_offset && f_ip_due));
            if (f_offset >= csum_start + 2) assert(f_ip_zeros_soon == 2);
            if (f_offset == csum_start + 1) assert(f_ip_zeros_soon != 0);
            if (f_found) assert(f_ip_at == ip_csum_at && f_ip_at + 10 <= csum_start && !csum_start[0]);
        end
        if (f_ip_added_soon) assert(f_ip_value_soon == f_now);
        if (state == TAIL && gso) begin
            assert(f_ip_odd_soon == f_hdr[0] && f_ip_zeros_soon == 2);
            assert(f_ip_added_soon == (f_p < f_hdr && f_ip_due));
            if (step != 0) assert(!add_ip);
            if (f_found) assert(f_ip_at == ip_csum_at && f_ip_at + 10 <= csum_start && !csum_start[0]);
        end
        if (state == TAIL && needs_csum) begin
            assert((step == 0) == (f_from != TAIL));
            if (step == 0) assert(!f_odd_soon);
            if (step == 1) assert(add_l4 && !l4_byte && !f_odd);
            if (step == 2) assert(add_l4 && !l4_byte && f_odd && f_zeros != 0);
            if (step >= 3) assert(!add_l4 && !f_odd && f_zeros == 2);
            if (step != 0) assert(f_alone == (first_segment && last_segment) && f_length_high == gso && f_length_low == gso);
            if (gso && !ipv6 && step == 1) assert(offset == {1'b0, ip_csum_at});
            if (gso && !ipv6 && step == 2) assert(offset == {1'b0, ip_csum_at} + 1);
            if (step == 3) assert(f_offset == csum_at);
            if (step == 4) assert(f_offset == csum_at + 1);
            if (step >= 4 && f_p == csum_at) assert(f_at_last == f_l4_csum[15:8]);
            if (step >= 5 && f_p == csum_at + 1) assert(f_at_last == f_l4_csum[7:0]);
            if (gso && !ipv6 && step >= 2 && f_p == f_ip_at) assert(f_at_last == ~ip_sum[15:8]);
            if (gso && !ipv6 && step >= 3 && f_p == f_ip_at + 1) assert(f_at_last == ~ip_sum[7:0]);
        end
    end

    // ---- What is found out of a byte a clock before it is in hand is true of it ----
    always @* if (f_past && !rst) begin
        if (state == CHECK) assert(offset == 0);
        if (state == LOAD || state == PAYLOAD) assert(at_csum_start == ({{(16-BITS){1'b0}}, offset} == csum_start));
        if (state == LOAD || state == HEADER) assert(at_header_end == (offset_next[7:0] == hdr_len));
    end
