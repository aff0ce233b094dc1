// SPDX-License-Identifier: BSD-2-Clause
//
// The segments' payloads put together are the record's, each byte once and in its place, in whole frames of the right length, and it always gets to the record's end.
//
// Of any record, with any descriptor, any stalls and an abort at any moment. One byte of each frame, at an arbitrary offset, is
// followed: what was committed there was written in this frame, and is the payload byte, or segment_header's, that belongs there.
// That it gets on: a measure falls in each clock in which it waits neither for a byte that is to come nor for room that there can be.
//
// segment_header and the adders may do anything but what is assumed of them below; segment_header_formal.v and
// segmenter_sums_formal.v prove that, and what the checksums are.
//% quick
//% induction 1
//% solver yices
//% with segment_header tx_checksum
//% free segment_header tx_checksum
//% mutant-depth 8
//% mutant segmenter: all_fits <= !gso || rest[17]; => all_fits <= !gso || rest[17] || rest == 0;
//% mutant segmenter: ROOM:    if (abort) state <= IDLE; => ROOM:    if (abort) state <= TURN;
//% mutant segmenter: PAYLOAD: if (abort) state <= IDLE; => PAYLOAD: if (abort) state <= TURN;
//% mutant segmenter: ROOM:    if (room) offset <= {{(BITS-8){1'b0}}, hdr_len}; => ROOM:    if (room) offset <= 0;
//% mutant segmenter: wire room     = wr_ready && => wire room     =
//% mutant segmenter: if (commit) first_segment <= 0; => 
//% mutant segmenter: if (step == 5) state <= last_segment ? IDLE : PLAN; => if (step == 5) state <= PLAN;
//% mutant segmenter: if (state == LOAD && take) no_payload <= s_last; => 
//% mutant segmenter: state <= !header_bad && !early ? LENGTH : no_payload ? IDLE : SKIP; => state <= !header_bad && !early ? LENGTH : SKIP;
//% mutant segmenter: state <= !header_bad && !early ? LENGTH => state <= !header_bad ? LENGTH
//% mutant segmenter: else if (misplaced) state <= SKIP; => 
//% mutant segmenter: rest_of_frame[BITS-1:1] == 0); => rest_of_frame[BITS-1:0] == 0);
//% mutant segmenter: LENGTH:  state <= size_bad ? SKIP : ROOM; => LENGTH:  state <= ROOM;
//% mutant segmenter: wr_commit <= commit; => wr_commit <= commit || abort;
//% mutant segmenter: all_fits ? remaining : {2'd0, gso_size} => {2'd0, gso_size}
//% mutant segmenter: {2'd0, gso_size}, all_fits} => {2'd0, gso_size}, 1'b0}

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
        if (s_rec_valid) assume(s_rec_length != 0 && s_rec_length <= 65536 + 255 && (l4_type == 0 || l4_type == `WEIR_GSO_TCPV4 ||
                                l4_type == `WEIR_GSO_TCPV6 || l4_type == `WEIR_GSO_UDP_L4));
    end

    // ---- The memory: room only grows, but for a frame that is committed ----
    reg [ADDR_WIDTH:0] f_free;          // what there is room for at the least
    reg                f_ready;
    reg                f_settled;       // no commit one clock ago
    always @(posedge clk) begin
        f_free <= rst ? 0 : wr_free - (wr_commit ? {1'b0, wr_length} : 0);
        f_ready <= wr_ready && !wr_commit && f_settled && !rst;
        f_settled <= !wr_commit && !rst;
    end
    always @* begin
        assume(wr_free >= f_free && wr_free <= (1 << ADDR_WIDTH));
        if (f_ready) assume(wr_ready);
    end

    // ---- segment_header ----
    reg f_found;                        // it showed the IPv4 checksum's place in this walk
    always @(posedge clk) f_found <= state == HEADER ? f_found || at_ip_checksum : state == TAIL && f_found;
    always @* begin
        if (state == PLAN && (!gso || !first_segment)) assume(!header_bad);
        if (state == PLAN && gso && !header_bad) begin
            assume(csum_start >= 34 && csum_start + (udp ? 8 : 20) <= f_hdr && f_hdr[1:0] == csum_start[1:0]);
        end
        if (state == HEADER && at_ip_checksum) assume(offset >= 24 && offset + 10 <= csum_start && !offset[0]);
        if (state == TAIL && gso && !ipv6) assume(f_found);
    end
    reg f_ipv6, f_stepped;
    always @(posedge clk) {f_ipv6, f_stepped} <= {ipv6, state == HEADER || state == LOAD};
    always @* if (!f_stepped) assume(ipv6 == f_ipv6);

    // ---- The monitor ----
    (* anyconst *) wire [ADDR_WIDTH-1:0] f_pos;
    reg [17:0] f_base;                  // payload bytes in the frames committed
    reg [17:0] f_taken;                 // payload bytes taken
    reg        f_cover;                 // byte f_pos of the open frame has been written
    reg  [7:0] f_value, f_want;
    wire [17:0] f_hdr = {10'd0, hdr_len};
    wire [17:0] f_p = {{(18-ADDR_WIDTH){1'b0}}, f_pos};
    wire       f_payload = take && f_got >= f_hdr && state != SKIP;
    wire       f_hit = wr_en && wr_offset == f_pos;
    wire       f_covered = f_cover || f_hit;
    wire [7:0] f_now = f_hit ? wr_data : f_value;
    always @(posedge clk) begin
        if (f_payload) f_taken <= f_taken + 1;
        if (f_payload && f_taken == f_base + f_p - f_hdr) f_want <= s_data;
        if (state == HEADER && offset == f_p) f_want <= header_data;
        if (f_hit) f_value <= wr_data;
        f_cover <= f_covered && !wr_commit;
        if (wr_commit) f_base <= f_base + wr_length - f_hdr;
        if (state == IDLE) {f_base, f_taken, f_cover} <= 0;
        if (rst) {f_base, f_taken, f_cover} <= 0;
    end
    wire f_in_csum = (needs_csum && (f_p == csum_at || f_p == csum_at + 1)) ||
                     (gso && !ipv6 && (f_p == ip_csum_at || f_p == ip_csum_at + 1));
    wire f_right = f_covered && (f_in_csum || f_now == f_want);

    // ---- The measure: bytes that are still to come, and then the clocks until it wants one ----
    wire [17:0] f_left = f_length - f_got;
    wire [17:0] f_remaining = remaining + 18'd1; // from CHECK on it is one less
    reg  [10:0] f_clocks;
    always @*
        case (state)
            CHECK:   f_clocks = 1200;
            PLAN:    f_clocks = no_payload ? 1003 : 13;
            LENGTH:  f_clocks = no_payload ? 1002 : 12;
            ROOM:    f_clocks = no_payload ? 1001 : 11;
            TURN:    f_clocks = 1000;
            HEADER:  f_clocks = 20 + f_hdr - offset;
            TAIL:    f_clocks = 20 - step;
            default: f_clocks = 0;
        endcase
    wire [28:0] f_measure = {f_left, f_clocks};
    wire        f_waits = state == ROOM ? !room && !abort && !misplaced : s_ready && !s_valid;

    reg  [28:0] f_before;               // a clock ago
    reg  [3:0]  f_state;
    reg  [BITS-1:0] f_offset_before;
    reg         f_waited;
    always @(posedge clk) begin
        {f_before, f_waited, f_offset_before} <= {f_measure, f_waits, offset};
        f_state <= rst || !f_past ? IDLE : state;
    end

    // ---- Properties ----
    always @* if (f_past && !rst) begin
        if (f_state != IDLE && state != IDLE)
            assert(f_waited ? state == f_state && f_measure == f_before : f_measure < f_before);
        if (s_ready && state != ROOM) assert(f_open);                   // a byte that it waits for is to come
        if (state == ROOM) assert(frame_length <= MAX_FRAME);           // room that it waits for there can be
        if (wr_commit) begin
            assert(wr_ready && wr_length >= 14 && wr_length <= MAX_FRAME && {1'b0, wr_length} <= wr_free);
            if (f_pos < wr_length) assert(f_right);                     // whole, and the right bytes
            if (gso && !last_segment) assert(wr_length == f_hdr + gso_size);
            if (gso) assert(wr_length <= f_hdr + gso_size);
            assert(f_base + wr_length - f_hdr == f_taken);              // no byte of another segment, none left out
            assert(ev_segment && ev_csum_inserted == needs_csum);
        end
        if (wr_en) assert(wr_offset < wr_length && {1'b0, wr_length} <= wr_free);
        if (ev_segment || ev_superframe || ev_csum_inserted) assert(wr_commit);
        if (ev_superframe) assert(!f_open && f_taken + f_hdr == f_length && f_got == f_length);
        if (ev_superframe || ev_bad_record) assert(f_owed && !f_open && !(ev_superframe && ev_bad_record));
        if (state == IDLE) assert(!f_open && f_owed == (ev_superframe || ev_bad_record));
        if (state == TURN) assert(f_state == ROOM || f_state == PAYLOAD);
        if (state == HEADER) begin                                      // what segment_header is told
            assert(f_state == TURN ? offset == 0 : f_state == HEADER && offset == f_offset_before + 1);
            assert(to_frame_end == frame_length - offset);
            assert(first_segment == (f_base == 0) && last_segment == (f_got == f_length));
        end
        if (state == LOAD) assert(offset == f_got);
    end

    // ---- What induction needs to know ----
    wire        f_cutting = state == LENGTH || state == ROOM || state == PAYLOAD || state == TURN || state == HEADER || state == TAIL;
    wire        f_sized = (f_cutting && state != LENGTH) || wr_commit;
    wire        f_roomy = (f_sized && state != ROOM) || wr_commit;
    wire        f_all_taken = state == TURN || state == HEADER || state == TAIL || wr_commit;
    wire [17:0] f_size = frame_length - f_hdr;
    wire [17:0] f_offset = {{(18-BITS){1'b0}}, offset};
    wire [17:0] f_w = {{(18-ADDR_WIDTH){1'b0}}, wr_offset};
    always @* if (f_past && !rst) begin
        assert(state <= SKIP);
        if (state != IDLE) begin
            assert(f_got <= f_length && f_open == (f_got != f_length) && f_owed);
            assert(!ev_superframe && !ev_bad_record && f_length <= 65536 + 255 && f_length != 0);
            assert(csum_at >= {1'b0, csum_start});
        end
        if (state == CHECK || state == LOAD) assert(first_segment && f_base == 0 && f_taken == 0 && !f_cover && !wr_en && !wr_commit);
        if (state == CHECK && gso && csum_of_l4) assert(csum_at == csum_start + (udp ? 6 : 16));
        if (state == CHECK) assert((gso || f_hdr == 0) && f_got == 0 && remaining == f_length && !no_payload && offset == 0);
        if (state == LOAD) assert(gso && f_offset < f_hdr && f_remaining == f_length - f_hdr);
        if (state == SKIP) assert(f_got < f_length && !wr_commit);
        if (state == LOAD || state == PLAN || f_cutting || wr_commit) begin
            if (gso) assert(needs_csum && gso_size != 0 && f_hdr != 0 && csum_at == csum_start + (udp ? 6 : 16));
            else assert(f_hdr == 0 && f_base == 0 && !no_payload);
            if (!gso && state == ROOM) assert(misplaced == (needs_csum && {1'b0, csum_at} + 2 > f_length));
            if (!gso && state > ROOM && needs_csum) assert({1'b0, csum_at} + 2 <= f_length);
            if (wr_commit && !gso && needs_csum) assert({1'b0, csum_at} + 2 <= f_length);
            if (f_cutting || wr_commit) assert(f_hdr <= f_length);
        end
        if (f_cutting || wr_commit || state == PLAN) assert(f_base <= f_taken && f_taken <= f_length);
        if (f_cutting) assert(!early);
        if (wr_commit && !last_segment) assert(f_size == gso_size);
        if (wr_commit) assert(state == (last_segment ? IDLE : PLAN) && !wr_en);
        if (state == PLAN) begin
            assert(f_got == (early ? f_length : f_hdr + f_taken) && f_remaining == f_length - f_hdr - f_taken && wr_commit == !first_segment && !wr_en);
            assert(early == (f_hdr > f_length) && (!early || (no_payload && first_segment)));
            if (first_segment) assert(f_base == 0 && f_taken == 0 && !f_cover);
            else assert(gso && !no_payload && f_remaining != 0 && !last_segment);
            if (!early) assert(all_fits == (!gso || f_remaining <= gso_size));
            if (gso && !early) assert(no_payload == (f_remaining == 0));
        end
        if ((f_cutting || (state == PLAN && !first_segment) || wr_commit) && gso)
            assert(csum_start >= 34 && csum_start + (udp ? 8 : 20) <= f_hdr && f_hdr[1:0] == csum_start[1:0]);
        if (f_cutting) begin
            assert(f_got == f_hdr + f_taken && frame_length >= f_hdr && f_base <= f_taken && !wr_commit);
            assert(first_segment == (f_base == 0));
            if (last_segment) assert(f_base + frame_length == f_length);
            else assert(gso && f_size == gso_size && f_base + frame_length + f_remaining == f_length && f_remaining != 0 && f_remaining < 18'h20000);
            if (gso) assert(f_size <= gso_size && no_payload == (f_size == 0));
            if (no_payload) assert(first_segment && last_segment);
            if (!gso) assert(last_segment);
        end
        if (f_sized) assert(frame_length >= 14 && frame_length <= MAX_FRAME && frame_length >= f_hdr);
        if (f_roomy) assert(wr_ready && wr_free >= frame_length);
        if (f_sized && !wr_commit) assert(f_settled);
        if (wr_en) assert(state == PAYLOAD || state == TURN || state == HEADER || state == TAIL || state == IDLE);
        if (wr_en) assert(f_w < frame_length && (wr_free >= frame_length));
        if (state == LENGTH || state == ROOM) assert(f_taken == f_base && !f_covered && !wr_en && offset == (gso ? csum_start[BITS-1:0] : csum_at[BITS-1:0]));
        if (state == ROOM && fits) assert(wr_free >= frame_length);
        if (state == ROOM && gso) assert(!misplaced);
        if (state == PAYLOAD) begin
            assert(f_offset >= f_hdr && f_offset < frame_length && f_taken == f_base + f_offset - f_hdr);
            if (wr_en) assert(f_w >= f_hdr);
            if (f_p >= f_hdr && f_p < f_offset) assert(f_covered && f_now == f_want);
        end
        if (f_all_taken) assert(f_taken == f_base + f_size);
        if (wr_commit && !last_segment) assert(first_segment == 0);
        if (state == TURN) assert(f_offset == (no_payload ? f_hdr : frame_length));
        if (state == TURN || state == HEADER) begin
            if (f_p >= f_hdr && f_p < frame_length) assert(f_covered && f_now == f_want);
            assert(step == (needs_csum ? 0 : 5));
        end
        if (state == HEADER) begin
            assert(gso && f_offset < f_hdr);
            if (f_p < f_offset) assert(f_covered && f_now == f_want);
            if (f_found) assert(ip_csum_at >= 24 && ip_csum_at + 10 <= csum_start);
        end
        if (state == TAIL || wr_commit) begin
            if (f_p < frame_length) assert(f_right);
        end
        if (state == TAIL && step != (needs_csum ? 0 : 5)) assert(!f_stepped);
        if (state == TAIL) begin
            assert(step <= 5 && (needs_csum || step == 5));
            if (gso && !ipv6) assert(ip_csum_at >= 24 && ip_csum_at + 10 <= csum_start);
            if (gso && step == 1) assert(offset == {1'b0, ip_csum_at});
            if (gso && step == 2) assert(offset == {1'b0, ip_csum_at} + 1);
            if (step == 3) assert(f_offset == {1'b0, csum_at});
            if (step == 4) assert(f_offset == {1'b0, csum_at} + 1);
        end
    end

    // ---- What is found out of a byte a clock before it is in hand is true of it ----
    always @* if (f_past && !rst) begin
        if (state == CHECK) assert(offset == 0);
        if (state == LOAD || state == PAYLOAD) assert(at_csum_start == ({{(16-BITS){1'b0}}, offset} == csum_start));
        if (state == LOAD || state == HEADER) assert(at_header_end == (offset_next[7:0] == hdr_len));
    end
