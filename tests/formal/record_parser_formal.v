// SPDX-License-Identifier: BSD-2-Clause
//
// Whatever bytes come, every transfer begins in step, each sound record and no other is handed on, whole or with one abort.
//
// The monitor cuts the stream by the bytes that were taken alone: where a record's header begins, how many bytes follow it,
// what is skipped. Each of the record's bytes goes on in the clock in which it is taken, so nothing is lost or made up.
//% induction 2
//% quick
//% with record_parser
//% mutant-depth 20
//% mutant record_parser: if (beat && s_eot) state <= HEADER; => if (beat && s_eot && count == 0) state <= HEADER;
//% mutant record_parser: state <= record_owed && !rst ? ABORT : HEADER; => state <= HEADER;
//% mutant record_parser: count <= s_eot ? 4'd0 : count + 4'd1; => count <= count + 4'd1;
//% mutant record_parser: if (s_eot || count[1:0] == 3) state <= HEADER; => if (count[1:0] == 3) state <= HEADER;
//% mutant record_parser: (padding ? others_zero : m_rec_length != 0) => (padding || m_rec_length != 0)
//% mutant record_parser: state <= count[1:0] == 3 ? HEADER : PADDING; => state <= count[1:0] == 2 ? HEADER : PADDING;
//% mutant record_parser: (state == BODY && !padding && !(beat && body_ends)) => (state == BODY && !padding)
//% mutant record_parser: else if (rest != 0) rest <= rest - 5'd1; => 

    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @* if (!f_past) assume(rst);

    // ---- The monitor ----
    reg [95:0] f_header;                // the last twelve bytes of headers, the oldest in the low bits
    reg [3:0]  f_at;                    // bytes of this header so far
    reg [17:0] f_left;                  // bytes of the record still to come
    reg [1:0]  f_pad;                   // and then of padding
    reg        f_skip;                  // to the end of the transfer
    reg        f_filler;                // this is a record of padding
    reg        f_due;                   // a record's descriptor has not been taken yet
    reg        f_owed;                  // it has been taken, and the record's end has not
    wire [95:0] f_next = {s_data, f_header[95:8]};
    wire [7:0]  f_flags = f_next[15:8];
    wire [3:0]  f_type = f_next[95:92];
    wire [17:0] f_length = f_next[89:72];
    wire f_sound = f_next[7:0] == `WEIR_RECORD_MAGIC && f_next[91:90] == 0 && f_length <= MAX_LENGTH &&
                   (f_flags == `WEIR_F_PAD ? f_next[71:16] == 0 && f_type == 0 :
                    (f_flags & ~(`WEIR_F_NEEDS_CSUM | `WEIR_F_IP_ID_FIXED)) == 0 && f_length != 0 &&
                    (f_type == 0 || f_type == 1 || f_type == 4 || f_type == 5 || f_type == 9 || f_type == 12));
    wire f_described = m_rec_valid && m_rec_ready;
    wire f_ended = m_valid && m_ready && (m_last || m_abort);

    always @(posedge clk) begin
        if (f_described) {f_due, f_owed} <= 2'b01;
        if (f_ended) f_owed <= 0;
        if (beat && s_eot) {f_at, f_left, f_pad, f_skip} <= 0;
        else if (beat && f_left != 0) f_left <= f_left - 1;
        else if (beat && f_pad != 0) f_pad <= f_pad - 1;
        else if (beat && !f_skip) begin
            f_header <= f_next;
            f_at <= f_at + 1;
            if (f_at == 0) f_skip <= s_data != `WEIR_RECORD_MAGIC;
            if (f_at == 0 && s_data != `WEIR_RECORD_MAGIC) f_at <= 0;
            if (f_at == 11) begin
                f_at <= 0;
                f_skip <= !f_sound;
                f_filler <= f_flags == `WEIR_F_PAD;
                f_left <= f_sound ? f_length : 0;
                f_pad <= f_sound ? -f_length[1:0] : 0;
                f_due <= f_sound && f_flags != `WEIR_F_PAD;
            end
        end
        if (rst || link_flush) {f_at, f_left, f_pad, f_skip, f_due} <= 0;
        if (rst) f_owed <= 0;
    end

    wire f_of_frame = f_left != 0 && !f_filler;
    reg  [4:0] f_still;                 // clocks in which nothing was taken, though everybody behind was ready
    reg        f_late;
    always @(posedge clk) begin
        f_still <= rst || s_ready || !m_ready || !m_rec_ready ? 5'd0 : f_still + 1;
        f_late <= !rst && !link_flush && f_due && !f_described;
    end

    // ---- Properties ----
    always @* if (f_past && !rst) begin
        if (m_rec_valid) begin
            assert(f_due && !f_owed);
            assert({m_rec_gso_type, m_rec_length, m_rec_hdr_len, m_rec_gso_size, m_rec_csum_offset, m_rec_csum_start, m_rec_flags}
                   == {f_header[95:92], f_header[89:8]});
        end
        if (f_due && f_late) assert(m_rec_valid);                       // offered in the second clock, and until it is taken
        if (m_valid) assert(f_owed);
        if (m_valid && !m_abort) begin
            assert(s_valid && !s_eot && f_of_frame && m_data == s_data && m_last == (f_left == 1));
            assert(m_ready == s_ready);
        end
        if (beat && f_of_frame) assert(m_valid && m_ready && m_abort == s_eot);
        if (beat) assert(!f_due);
        if (f_owed && !f_of_frame) assert(m_valid && m_abort);          // flushed: the abort comes at once, and until taken
        assert(f_still <= 24);                                          // no deadlock
    end

    // ---- What induction needs to know ----
    genvar i;
    generate
        for (i = 0; i < 11; i = i + 1) begin : f_kept
            always @* if (f_past && !rst && (state == HEADER ? count > i : state == CHECK || state == OFFER))
                assert(header[80-8*i +: 8] == f_header[88-8*i +: 8]);
            always @* if (f_past && !rst && state == HEADER && count == i + 1) assert(f_header[95-8*i -: 8] == `WEIR_RECORD_MAGIC);
        end
    endgenerate
    always @* if (f_past && !rst) begin
        assert(state <= ABORT && !(f_due && f_owed));
        assert(rest <= AFTER_BAD);
        if (state != BODY) assert(f_owed == (state == ABORT));
        if (f_skip) assert(f_left == 0 && f_pad == 0 && f_at == 0 && !f_due);
        if (state == HEADER || state == ABORT)
            assert(count == f_at && count < 12 && f_left == 0 && f_pad == 0 && !f_skip && !f_due);
        if (state == CHECK) begin
            assert(f_header[7:0] == `WEIR_RECORD_MAGIC && f_skip == !sound && count == 0 && f_at == 0);
            assert(f_due == (sound && !padding));
        end
        if (state == CHECK && sound) assert(f_left == m_rec_length && f_filler == padding && f_pad == -m_rec_length[1:0]);
        if (ev_bad_transfer) assert(state == SKIP || state == ABORT || (state == HEADER && count == 0));
        if (state == OFFER) assert(f_left == m_rec_length && f_left != 0 && !f_filler && f_due && count == 0 && f_pad == -m_rec_length[1:0]);
        if (state == OFFER || state == BODY) assert(!f_skip && f_at == 0 && f_filler == padding);
        if (state == BODY) begin
            assert(f_left == m_rec_length && f_left != 0 && !f_due && f_owed == !padding);
            assert(count[1:0] + f_left[1:0] + f_pad == 2'd0);
        end
        if (state == PADDING) assert(f_left == 0 && f_pad != 0 && count[1:0] + f_pad == 2'd0 && !f_skip && f_at == 0 && !f_due);
        if (state == SKIP) assert(f_skip);
        if (state == ABORT) assert(count == 0);
        if (state == HEADER && !ev_bad_transfer && f_still != 0) assert(f_still + rest <= 24);
        if (state != HEADER) assert(f_still <= (state == CHECK ? 0 : state == OFFER ? 1 : state == BODY ? 2 : 3));
        if (ev_bad_transfer) assert(f_still <= 3);
    end
