// SPDX-License-Identifier: BSD-2-Clause
//
// The segments' payloads put together are the record's bytes, each once and in order; lengths and checksums are right, only whole frames are committed, and it never stands still.
//
// Of any record, with any descriptor, any stalls and an abort at any moment. One byte of the frame, at an arbitrary offset, is
// followed: whatever was committed there is the payload byte that belongs there, and it was written in this frame. What is
// summed is compared with a sum over what is written. The header and the adder are free but for what is
// assumed of them here; segment_header_formal.v and tx_checksum_formal.v prove that.
//% induction 1
//% with segment_header tx_checksum
//% free segment_header tx_checksum
//% set MAX_FRAME 300
//% set ADDR_WIDTH 10
//% mutant-depth 100
//% mutant segmenter: wire        fits = !gso || (rest_below_2 && (rest[18] || !rest[0])); => wire        fits = !gso || rest[18];
//% mutant segmenter: ROOM:    if (abort) state <= IDLE; => ROOM:    if (abort) state <= TURN;
//% mutant segmenter: ROOM:    if (room) offset <= {{(BITS-8){1'b0}}, hdr_len}; => ROOM:    if (room) offset <= 0;
//% mutant segmenter: (state == TURN && odd) => (state == TURN && frame_length[0])
//% mutant segmenter: wire room     = wr_ready && => wire room     =
//% mutant segmenter: (state == TAIL && step < 2); => (state == TAIL && step < 1);

    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @* if (!f_past) assume(rst);

    // ---- The record, as record_parser gives it ----
    reg        f_open;                  // its last byte has not been taken, nor its abort
    reg        f_owed;                  // neither ev_superframe nor ev_bad_record has come
    reg [17:0] f_length, f_got;
    always @(posedge clk) begin
        if (take) f_got <= f_got + 1;
        if (abort || (take && s_last)) f_open <= 0;
        if (ev_superframe || ev_bad_record) f_owed <= 0;
        if (s_rec_valid && s_rec_ready) begin
            {f_open, f_owed} <= 2'b11;
            f_got <= 0;
            f_length <= s_rec_length;
        end
        if (rst) {f_open, f_owed} <= 0;
    end
    always @* begin
        if (s_valid) assume(f_open);
        if (!s_abort) assume(s_last == (f_got + 1 == f_length));
        if (s_rec_valid) assume(s_rec_length != 0 && s_rec_length <= 65536 + 255);
    end
    always @(posedge clk)
        if (f_past && !$past(rst) && $past(s_valid && !s_ready))
            assume(rst || (s_valid && s_data == $past(s_data) && s_abort == $past(s_abort)) || ($past(!s_abort) && s_valid && s_abort));

    // ---- The memory: room only grows, but for a frame that is committed ----
    always @(posedge clk) if (f_past) begin
        assume(wr_free <= (1 << ADDR_WIDTH));
        assume($past(rst) || wr_free + ($past(wr_commit) ? {1'b0, $past(wr_length)} : 0) >= $past(wr_free));
        if ($past(wr_ready && !wr_commit && !rst)) assume(wr_ready);
    end

    // ---- segment_header and the adders, as far as needed ----
    wire [17:0] f_hdr = {10'd0, hdr_len};
    reg        f_sound;                 // the header that was loaded
    reg  [7:0] f_ip_at;
    always @(posedge clk) if (state == PLAN && first_segment) f_sound <= gso && !header_bad;
    always @* begin
        if (state == PLAN && (!gso || !first_segment)) assume(!header_bad);
        if (state == PLAN && gso && !header_bad && first_segment) begin
            assume(csum_start >= 34 && csum_at == {1'b0, csum_start} + (udp ? 6 : 16));
            assume(csum_start + (udp ? 8 : 20) <= f_hdr && f_hdr[1:0] == csum_start[1:0]);
        end
        if (state == HEADER) assume(in_l4 == (offset >= csum_start));
        if (state == HEADER && in_ip) assume(offset < csum_start);
        if (f_sound && !ipv6) assume(!csum_start[0] && !f_ip_at[0]);
        if (state == HEADER) assume(at_ip_checksum == (!ipv6 && offset == f_ip_at));
    end
    (* anyconst *) wire [7:0] f_some;
    always @* begin
        assume(f_ip_at == f_some);
        assume(f_some >= 24 && f_some + 10 <= csum_start);
    end
    always @(posedge clk) if (f_past && $past(state) != LOAD && $past(state) != CHECK) assume(ipv6 == $past(ipv6));

    // ---- The monitor: payload ----
    (* anyconst *) wire [ADDR_WIDTH-1:0] f_pos;
    reg [17:0] f_base;                  // payload bytes in the frames committed
    reg [17:0] f_taken;                 // payload bytes taken
    reg        f_cover;                 // byte f_pos of the open frame has been written
    reg  [7:0] f_value, f_want;
    wire       f_payload = take && f_got >= f_hdr && state != SKIP;
    wire       f_hit = wr_en && wr_offset == f_pos;
    wire       f_covered = f_cover || f_hit;
    wire [7:0] f_now = f_hit ? wr_data : f_value;
    always @(posedge clk) begin
        if (f_payload) f_taken <= f_taken + 1;
        if (f_payload && f_taken == f_base + f_pos - f_hdr) f_want <= s_data;
        if (f_hit) f_value <= wr_data;
        f_cover <= f_covered && !wr_commit;
        if (wr_commit) f_base <= f_base + wr_length - f_hdr;
        if (state == IDLE) {f_base, f_taken, f_cover} <= 0;
        if (rst) {f_base, f_taken, f_cover} <= 0;
    end
    wire f_in_csum = needs_csum && ({7'd0, f_pos} == csum_at || {7'd0, f_pos} == csum_at + 1);
    wire f_right = f_covered && (f_pos < f_hdr || f_in_csum || f_now == f_want);

    // ---- The monitor: sums over what is written, and what the adders were given ----
    function [15:0] f_plus;             // RFC 1071: one more byte, upper or lower
        input [15:0] sum;
        input        lower;
        input [7:0]  more;
        reg   [16:0] wide;
        begin
            wide = {1'b0, sum} + (lower ? {9'd0, more} : {1'b0, more, 8'd0});
            f_plus = wide[15:0] + {15'd0, wide[16]};
        end
    endfunction
    reg  [15:0] f_l4, f_ip;             // over the written frame
    reg  [15:0] f_l4_given, f_ip_given;
    reg         f_l4_odd, f_ip_odd;
    reg  [1:0]  f_l4_zeros, f_ip_zeros;
    reg         f_in_ip, f_from_tail;   // of the byte that is written
    wire [7:0]  f_l4_byte = wr_data & {8{l4_byte}}, f_ip_byte = wr_data & {8{ip_byte}};
    wire        f_of_l4 = wr_en && !f_from_tail && wr_offset >= csum_start;
    wire        f_of_ip = wr_en && !f_from_tail && f_in_ip;
    wire        f_parity = wr_offset[0] ^ csum_start[0];
    wire [15:0] f_l4_soon = f_of_l4 ? f_plus(f_l4, f_parity, wr_data) : f_l4;
    wire [15:0] f_ip_soon = f_of_ip ? f_plus(f_ip, wr_offset[0], wr_data) : f_ip;
    wire [15:0] f_l4_given_soon = add_l4 ? f_plus(f_l4_given, f_l4_odd, f_l4_byte) : f_l4_given;
    wire [15:0] f_ip_given_soon = add_ip ? f_plus(f_ip_given, f_ip_odd, f_ip_byte) : f_ip_given;
    wire [1:0]  f_ip_zeros_soon = !add_ip || f_ip_zeros == 2 && f_ip_byte == 0 ? f_ip_zeros : f_ip_byte != 0 ? 0 : f_ip_zeros + 1;
    wire        f_l4_odd_soon = f_l4_odd ^ add_l4, f_ip_odd_soon = f_ip_odd ^ add_ip;
    always @(posedge clk) begin
        f_in_ip <= in_ip && state == HEADER;
        f_from_tail <= state == TAIL;
        f_l4 <= state == ROOM ? (gso ? {16'd0, frame_length} - csum_start : 0) : f_l4_soon;
        f_ip <= state == ROOM ? 0 : f_ip_soon;
        {f_l4_given, f_l4_odd} <= {f_l4_given_soon, f_l4_odd_soon};
        {f_ip_given, f_ip_odd} <= {f_ip_given_soon, f_ip_odd_soon};
        if (add_l4) f_l4_zeros <= f_l4_byte != 0 ? 0 : f_l4_zeros == 2 ? 2 : f_l4_zeros + 1;
        if (add_ip) f_ip_zeros <= f_ip_byte != 0 ? 0 : f_ip_zeros == 2 ? 2 : f_ip_zeros + 1;
        if (state == PLAN) {f_l4_given, f_l4_odd, f_l4_zeros} <= 2;
        if (state == PLAN) {f_ip_given, f_ip_odd, f_ip_zeros} <= 2;
    end
    always @* begin
        if (!f_l4_odd && f_l4_zeros == 2) assume(l4_sum == f_l4_given); // tx_checksum_formal.v
        if (!f_ip_odd && f_ip_zeros == 2) assume(ip_sum == f_ip_given);
    end
    wire [15:0] f_l4_csum = f_l4 == 16'hFFFF && ((first_segment_then && last_segment) || udp) ? 16'hFFFF : ~f_l4;
    reg         first_segment_then;     // `first_segment` goes with the commit
    always @(posedge clk) first_segment_then <= first_segment;

    // ---- Properties ----
    reg  [9:0] f_still;                 // clocks in which it took nothing, though there was room
    always @(posedge clk) f_still <= rst || s_rec_ready || s_ready || (state == ROOM && !room) ? 0 : f_still + 1;

    always @* if (f_past && !rst) begin
        if (wr_commit) begin
            assert(wr_ready && wr_length >= 14 && wr_length <= MAX_FRAME && {1'b0, wr_length} <= wr_free);
            if (f_pos < wr_length) assert(f_right);                     // whole, and the right bytes
            if (gso && !last_segment) assert(wr_length == f_hdr + gso_size);
            if (gso) assert(wr_length <= f_hdr + gso_size);
            assert(f_base + wr_length - f_hdr == f_taken);              // no byte of another segment, none left out
            if (needs_csum && f_pos == csum_at) assert(f_now == f_l4_csum[15:8]);
            if (needs_csum && f_pos == csum_at + 1) assert(f_now == f_l4_csum[7:0]);
            if (gso && !ipv6 && f_pos == f_ip_at) assert(f_now == ~f_ip[15:8]);
            if (gso && !ipv6 && f_pos == f_ip_at + 1) assert(f_now == ~f_ip[7:0]);
        end
        if (wr_en) assert(wr_offset < wr_length && {1'b0, wr_length} <= wr_free);
        if (ev_superframe) assert(wr_commit && !f_open && f_taken + f_hdr == f_length && f_got == f_length);
        if (ev_superframe || ev_bad_record) assert(f_owed && !f_open && !(ev_superframe && ev_bad_record));
        if (state == IDLE) assert(!f_open && f_owed == (ev_superframe || ev_bad_record));
        assert(f_still < 280);                                          // no deadlock: it takes a byte or a record again
    end

    // ---- What induction needs to know ----
    wire        f_cutting = state == LENGTH || state == ROOM || state == PAYLOAD || state == TURN || state == HEADER || state == TAIL;
    wire        f_sized = (f_cutting && state != LENGTH) || wr_commit;
    wire        f_roomy = (f_sized && state != ROOM) || wr_commit;
    wire        f_all_taken = state == TURN || state == HEADER || state == TAIL || wr_commit;
    wire [17:0] f_from_start = frame_length - csum_start;
    wire [17:0] f_size = frame_length - f_hdr;
    wire [17:0] f_offset = {{(18-BITS){1'b0}}, offset};
    wire [17:0] f_p = {{(18-ADDR_WIDTH){1'b0}}, f_pos};
    wire [17:0] f_w = {{(18-ADDR_WIDTH){1'b0}}, wr_offset};
    always @* if (f_past && !rst) begin
        assert(state <= SKIP);
        if (state != IDLE) assert(f_got <= f_length && f_open == (f_got != f_length) && f_owed != (ev_superframe || ev_bad_record && 0));
        if (state != IDLE) assert(!ev_superframe && !ev_bad_record && f_length <= 65536 + 255 && f_length != 0);
        if (state != IDLE && state != CHECK && state != SKIP && !gso)
            assert(f_hdr == 0 && first_segment && !no_payload && (!needs_csum || {1'b0, csum_at} + 2 <= f_length) && (state == PLAN || last_segment));
        if (state != IDLE && state != CHECK && state != SKIP && gso) assert(needs_csum && gso_size != 0 && f_hdr != 0 && f_hdr <= f_length);
        if (state != IDLE) assert(csum_at >= {1'b0, csum_start});
        if (state == CHECK) assert(f_got == 0 && remaining == f_length && first_segment && !no_payload && f_base == 0 && f_taken == 0 && !f_cover && offset == 0);
        if (state == LOAD) begin
            assert(gso && f_got == f_offset && f_offset < f_hdr && remaining == f_length - f_hdr);
            assert(first_segment && f_base == 0 && f_taken == 0 && !f_cover);
        end
        if (state == SKIP) assert(f_got < f_length);
        if (state == PLAN && !first_segment) assert(gso && !no_payload && remaining != 0 && !last_segment);
        if (wr_commit) assert(state == (last_segment ? IDLE : PLAN));
        if (state == PLAN) begin
            assert(f_got == f_hdr + f_taken && remaining == f_length - f_hdr - f_taken && wr_commit == !first_segment);
            assert(!first_segment || (f_base == 0 && f_taken == 0 && !f_cover));
            if (gso) assert(no_payload == (remaining == 0));
        end
        if ((f_cutting || (state == PLAN && !first_segment) || wr_commit) && gso) begin
            assert(f_sound && csum_start >= 34 && csum_at == {1'b0, csum_start} + (udp ? 6 : 16));
            assert(csum_start + (udp ? 8 : 20) <= f_hdr && f_hdr[1:0] == csum_start[1:0] && needs_csum && f_hdr <= f_length);
            assert(f_ip_at >= 24 && f_ip_at + 10 <= csum_start);
        end
        if (f_cutting || wr_commit || state == PLAN) assert(f_base <= f_taken && f_taken <= f_length && f_hdr <= f_length);
        if (f_cutting) begin
            assert(f_taken + f_hdr <= f_length && f_got == f_hdr + f_taken && frame_length >= f_hdr);
            if (last_segment) assert(f_base + f_size + f_hdr == f_length);
            else assert(gso && f_size == gso_size && f_base + f_size + f_hdr + remaining == f_length && remaining != 0 && remaining < 18'h20000);
            if (gso) assert(f_size <= gso_size && no_payload == (f_size == 0));
            if (no_payload) assert(first_segment && last_segment && f_base == 0);
            if (!gso) assert(f_base == 0 && frame_length == f_length);
        end
        if (f_sized) assert(frame_length >= 14 && frame_length <= MAX_FRAME && frame_length >= f_hdr);
        if (f_roomy) assert(wr_ready && wr_free >= frame_length);
        if (wr_en) assert(state == PAYLOAD || state == TURN || state == HEADER || state == TAIL || state == IDLE);
        if (wr_en) assert(f_w < frame_length && wr_free >= frame_length);
        if (wr_commit) assert(!wr_en);
        if (state == LENGTH || state == ROOM) assert(f_taken == f_base && !f_covered && !wr_en);
        if (state == LENGTH || state == ROOM) assert(offset == csum_start[BITS-1:0]);
        if (state == PAYLOAD) begin
            assert(f_offset >= f_hdr && f_offset < frame_length && f_taken == f_base + f_offset - f_hdr);
            if (wr_en) assert(f_w >= f_hdr);
            if (f_p >= f_hdr && f_p < f_offset) assert(f_covered && f_now == f_want);
        end
        if (f_all_taken) assert(f_taken == f_base + f_size);
        if (state == TURN) assert(f_offset == frame_length);
        if (state == TURN || state == HEADER) begin
            if (f_p >= f_hdr && f_p < frame_length) assert(f_covered && f_now == f_want);
            assert(step == (needs_csum ? 0 : 5));
        end
        if (state == HEADER) begin
            assert(gso && f_offset < f_hdr);
            if (f_p < f_offset) assert(f_covered);
            if (wr_en) assert(f_offset != 0 && f_w == f_offset - 1);
            if (!ipv6 && f_offset > f_ip_at) assert(ip_csum_at == f_ip_at);
        end
        if (state == TAIL || wr_commit) begin
            if (f_p < frame_length) assert(f_right);
            if (gso && !ipv6) assert(ip_csum_at == f_ip_at);
        end
        if (state == TAIL) begin
            assert(step <= 5 && (needs_csum || step == 5));
            if (gso && step == 1) assert(offset == {1'b0, ip_csum_at} || ipv6);
            if (gso && step == 2) assert(offset == {1'b0, ip_csum_at} + 1 || ipv6);
            if (step == 3) assert(f_offset == {1'b0, csum_at});
            if (step == 4) assert(f_offset == {1'b0, csum_at} + 1);
        end
        // The sums: what the adder was given is what was, or is being, written.
        if (state == PAYLOAD && needs_csum) begin
            assert(summing == (gso || f_offset > csum_start));
            assert(f_l4_odd_soon == ((gso || f_offset > csum_start) && (offset[0] ^ csum_start[0])));
        end
        if ((state == PAYLOAD || state == TURN || state == HEADER || state == TAIL) && needs_csum)
            assert(f_l4_given_soon == f_l4_soon);
        if (state == TURN && needs_csum) assert(f_l4_odd_soon == odd);
        if (state == HEADER && needs_csum) assert(f_l4_odd_soon == (f_offset > csum_start && (offset[0] ^ csum_start[0])));
        if (state == TAIL && needs_csum) begin
            assert(f_from_tail == (step != 0));
            if (step >= 3) assert(f_l4_given == f_l4);
            if (step <= 2) assert(f_l4_odd_soon == step[0]);
            if (step == 1) assert(add_l4 && !l4_byte);
            if (step == 2) assert(add_l4 && !l4_byte && f_l4_zeros != 0);
            if (step >= 3) assert(!f_l4_odd && f_l4_zeros == 2 && !add_l4);
        end
        if (state == TAIL) begin
            assert(first_segment_then == first_segment);
            if (gso) assert(f_ip_given_soon == f_ip_soon && !f_ip_odd_soon && f_ip_zeros_soon == 2 || ipv6);
            if (step != 0 && gso) assert(!add_ip && !f_of_ip);
            if (needs_csum && step >= 4 && f_p == csum_at) assert(f_now == f_l4_csum[15:8]);
            if (needs_csum && step >= 5 && f_p == csum_at + 1) assert(f_now == f_l4_csum[7:0]);
            if (gso && !ipv6 && step >= 2 && f_p == f_ip_at) assert(f_now == ~f_ip[15:8]);
            if (gso && !ipv6 && step >= 3 && f_p == f_ip_at + 1) assert(f_now == ~f_ip[7:0]);
        end
        if (state == HEADER && f_offset >= csum_start + 2) assert(f_ip_zeros_soon == 2);
        if (state == HEADER && f_offset == csum_start + 1) assert(f_ip_zeros_soon >= 1);
        if (state == HEADER) assert(f_ip_given_soon == f_ip_soon && f_ip_odd_soon == offset[0]);
        assert(f_l4_zeros <= 2 && f_ip_zeros <= 2 || state == IDLE || state == CHECK || state == LOAD || state == SKIP || state == PLAN);
        if (state == LENGTH) assert(f_l4_given == 0 && !f_l4_odd && !add_l4);
        if (state == ROOM) assert(f_l4_given_soon == (gso ? {f_from_start[15:8], 8'd0} : 0) && f_l4_odd_soon == gso);
        if (state == LENGTH || state == ROOM || state == TURN || state == PAYLOAD) assert(f_ip_given == 0 && !f_ip_odd && !add_ip && f_ip_zeros == 2);
        if (state == TURN || state == PAYLOAD) assert(f_ip_soon == 0);
        assert(f_still <= (state == IDLE ? 279 : state == CHECK ? 1 : state == LOAD || state == PAYLOAD || state == SKIP ? 279 :
                           state == PLAN && first_segment ? 2 : state == LENGTH && first_segment ? 3 : state == ROOM && first_segment ? 4 :
                           state == TURN ? 5 : state == HEADER ? 6 + f_offset : state == TAIL ? 6 + f_hdr + step :
                           state == PLAN ? 12 + f_hdr : state == LENGTH ? 13 + f_hdr : 14 + f_hdr));
    end
