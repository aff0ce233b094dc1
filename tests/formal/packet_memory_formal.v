// SPDX-License-Identifier: BSD-2-Clause
//
// Every committed frame comes out whole, in order, byte for byte and soon; nothing that was not committed does, nothing unread is
// overwritten, however often ring and pointers wrap; no descriptor is written into a full queue.
//
// One byte of one frame, both arbitrary, is followed. The writer keeps to what the ports promise: below wr_free, and commits while
// wr_ready. Two bits of a byte stand for all eight. The descriptors' queue is any that keeps what async_fifo_formal.v shows of
// async_fifo: in order, showing a word until it is taken, at most 2^FRAMES_LOG2 + 2 inside, ready until the next word comes; when it
// shows a word, and when it is ready, is anybody's guess. After any start both clocks tick four times in reset.
//% induction 2
//% clocks many
//% with sync_bits async_fifo
//% free sync_bits async_fifo
//% set ADDR_WIDTH 2
//% set META_WIDTH 1
//% set FRAMES_LOG2 2
//% mutant-depth 25
//% mutant packet_memory: wr_ready       <= descriptor_ready && !publish && !wr_commit; => wr_ready       <= 1'b1;
//% mutant packet_memory: wr_ready       <= descriptor_ready && !publish && !wr_commit; => wr_ready       <= descriptor_ready && !wr_commit;
//% mutant packet_memory: wr_ready       <= descriptor_ready && !publish && !wr_commit; => wr_ready       <= descriptor_ready && !publish;
//% mutant packet_memory: left_1    <= left == 2; => left_1    <= left == 3;
//% mutant packet_memory: read_there[ADDR_WIDTH-1:0]} - base_next; => read_there[ADDR_WIDTH-1:0]} - base;
//% mutant packet_memory: base        <= base_next; => base        <= base + {1'b0, wr_length};
//% mutant packet_memory: put_address <= base[ADDR_WIDTH-1:0] + wr_offset; => put_address <= wr_offset;
//% mutant packet_memory: wire                  move  = !m_valid || m_ready; => wire                  move  = 1'b1;
//% mutant packet_memory: read_gray <= read_next ^ (read_next >> 1); => read_gray <= read_next;

    localparam [P-1:0] F_SIZE = 1 << ADDR_WIDTH;

    // ---- Four ticks of both clocks in reset, then none ----
    reg [2:0] f_steps = 3'd0;
    wire      f_runs = f_steps == 3'd4;
    always @($global_clock) if (!f_runs) f_steps <= f_steps + 3'd1;
    always @* begin
        assume(wr_rst == !f_runs && rd_rst == !f_runs);
        if (!f_runs) assume(wr_clk && rd_clk && !wr_en && !wr_commit);

        // ---- The writer ----
        if (wr_en) assume({1'b0, wr_offset} < wr_free);
        if (wr_commit) assume(wr_ready && wr_length != 0 && {1'b0, wr_length} <= wr_free);
    end

    // ---- The descriptors' queue ----
    reg [2:0]            f_in = 3'd0, f_out = 3'd0;
    reg [ADDR_WIDTH:0]   f_queue[0:7];
    reg                  f_shown = 1'b0, f_ready = 1'b0;
    reg                  f_valid_before = 1'b0, f_ready_before = 1'b0, f_rd_ticked = 1'b1, f_wr_ticked = 1'b1;
    wire [2:0]           f_inside = f_in - f_out;
    always @($global_clock) begin
        {f_valid_before, f_ready_before} <= {frame_valid, descriptor_ready};
        {f_rd_ticked, f_wr_ticked} <= {rd_clk, wr_clk};
    end
    always @(posedge wr_clk) begin
        if (publish && f_runs) begin
            f_queue[f_in] <= {publish_meta, publish_length};
            f_in <= f_in + 3'd1;
        end
        f_ready <= f_runs && descriptor_ready && !publish;
    end
    always @(posedge rd_clk) begin
        if (frame_done && f_runs) f_out <= f_out + 3'd1;
        f_shown <= f_runs && frame_valid && !frame_done;
    end
    always @* begin
        if (frame_valid) assume(f_inside != 3'd0 && {m_meta, m_length} == f_queue[f_out]);
        if (f_shown) assume(frame_valid);
        if (descriptor_ready) assume(f_inside < 3'd6);
        if (f_ready) assume(descriptor_ready);
        if (!f_rd_ticked) assume(frame_valid == f_valid_before);    // changes with its clock
        if (!f_wr_ticked) assume(descriptor_ready == f_ready_before);
    end

    // ---- The synchroniser, in the open ----
    reg [P-1:0] f_gray_1, f_gray_2;
    always @(posedge wr_clk) begin
        f_gray_1 <= read_gray;
        f_gray_2 <= f_gray_1;
    end
    always @* assume(read_gray_there == f_gray_2);

    // ---- The monitor ----
    (* anyconst *) wire [ADDR_WIDTH-1:0] f_index;
    (* anyseq *) wire    f_mark;
    reg                  f_put = 1'b0;  // byte f_index of the open frame was written
    reg [1:0]            f_put_data;
    reg [2:0]            f_committed = 3'd0, f_frame;
    reg                  f_marked = 1'b0, f_marked_put, f_marked_meta;
    reg [1:0]            f_marked_data;
    reg [ADDR_WIDTH-1:0] f_marked_length;
    reg                  f_seen = 1'b0;
    wire                 f_put_now = wr_en && wr_offset == f_index;
    always @(posedge wr_clk) begin
        f_put <= !wr_commit && (f_put || f_put_now);
        if (f_put_now) f_put_data <= wr_data[1:0];
        if (wr_commit) begin
            f_committed <= f_committed + 3'd1;
            if (f_mark && !f_marked) begin
                f_marked <= 1'b1;
                f_frame <= f_committed;
                f_marked_put <= f_put || f_put_now;
                f_marked_data <= f_put_now ? wr_data[1:0] : f_put_data;
                f_marked_meta <= wr_meta;
                f_marked_length <= wr_length;
            end
        end
    end
    reg [ADDR_WIDTH-1:0] f_at = 0;      // byte of the frame that is read
    reg [2:0]            f_hidden = 3'd0; // ticks in which a descriptor shows and no byte does
    wire                 f_followed = f_marked && !f_seen && f_out == f_frame;
    always @(posedge rd_clk) if (f_runs) begin
        f_hidden <= m_valid || !frame_valid ? 3'd0 : f_hidden + 3'd1;
        if (m_valid && m_ready) begin
            f_at <= m_last ? 0 : f_at + 1'b1;
            if (m_last && f_followed) f_seen <= 1'b1;
        end
    end

    always @* if (f_runs) begin
        if (publish) assert(descriptor_ready);                          // no overrun of the queue
        if (m_valid) begin
            assert(f_inside != 3'd0 && frame_valid);
            assert(m_last == (f_at + 1'b1 == m_length));
            if (f_followed) begin
                assert(m_length == f_marked_length && m_meta == f_marked_meta);
                if (f_at == f_index && f_marked_put) assert(m_data[1:0] == f_marked_data);
            end
        end
        assert(f_hidden <= 3'd4);                                       // soon
    end

    // ---- What the proof needs to know ----
    reg [P-1:0] f_head = 0;             // where the frame begins that is read
    reg [P-1:0] f_back_1 = 0, f_back_2 = 0, f_back_3 = 0, f_back_4 = 0, f_back_5 = 0;   // `read` on its way to wr_free
    always @(posedge rd_clk) if (frame_done && f_runs) f_head <= f_head + m_length;
    always @(posedge wr_clk) if (f_runs) begin
        f_back_1 <= read;
        f_back_2 <= f_back_1;
        f_back_3 <= f_back_2;
        f_back_4 <= f_back_3;
        f_back_5 <= f_back_4;
    end
    function [4:0] f_length;            // of frame f_out + n
        input [2:0] n, inside;
        input [ADDR_WIDTH:0] word;
        f_length = n < inside ? {3'd0, word[ADDR_WIDTH-1:0]} : 5'd0;
    endfunction
    wire [2:0] f_slot_1 = f_out + 3'd1, f_slot_2 = f_out + 3'd2, f_slot_3 = f_out + 3'd3, f_slot_4 = f_out + 3'd4, f_slot_5 = f_out + 3'd5;
    wire [4:0] f_sum = f_length(3'd0, f_inside, f_queue[f_out]) + f_length(3'd1, f_inside, f_queue[f_slot_1])
        + f_length(3'd2, f_inside, f_queue[f_slot_2]) + f_length(3'd3, f_inside, f_queue[f_slot_3])
        + f_length(3'd4, f_inside, f_queue[f_slot_4]) + f_length(3'd5, f_inside, f_queue[f_slot_5])
        + (publish ? {3'd0, publish_length} : 5'd0);
    wire [P-1:0] f_fetched = read - f_head;
    wire [P-1:0] f_stored = base - read, f_d5 = base - f_back_5, f_d4 = base - f_back_4, f_d3 = base - f_back_3,
                 f_d2 = base - f_back_2, f_d1 = base - f_back_1;
    always @* if (f_runs) begin
        assert(f_inside <= 3'd6 && f_committed == f_in + {2'd0, publish});
        assert(read_gray == (read ^ (read >> 1)) && read_there == f_back_4);
        assert(f_gray_1 == (f_back_1 ^ (f_back_1 >> 1)) && f_gray_2 == (f_back_2 ^ (f_back_2 >> 1)));
        assert(read_folded == f_back_3);        // of up to four bits
        assert(wr_free == (f_free_counts ? F_SIZE - f_d5 : 0));
        assert(f_d5 <= F_SIZE && f_d4 <= f_d5 && f_d3 <= f_d4 && f_d2 <= f_d3 && f_d1 <= f_d2 && f_stored <= f_d1);
        assert(f_sum == {2'd0, f_fetched} + {2'd0, f_stored});
        if (reading) assert(f_shown && frame_valid && left <= m_length && f_fetched == {1'b0, m_length} - {1'b0, left});
        else assert(f_fetched == 0 && !fetched && !kept && !m_valid);
        if (publish) assert(publish_length != 0 && f_ready && !wr_ready);
        if (wr_ready) assert(f_ready);
        if (reading) assert(left_1 == (left == 1) && left_0 == (left == 0));
    end
    reg f_free_counts = 1'b0;           // wr_free has been computed since the reset
    always @(posedge wr_clk) if (f_runs) f_free_counts <= 1'b1;

    // The byte that is followed, and the one on its way into the memory, by their place in all that was ever written.
    reg [P-1:0] f_frame_at, f_put_at;
    always @(posedge wr_clk) begin
        f_put_at <= base + {1'b0, wr_offset};
        if (wr_commit && f_mark && !f_marked) f_frame_at <= base;
    end
    wire [P-1:0] f_put_from = f_put_at - f_back_5, f_publishing = publish ? {1'b0, publish_length} : {P{1'b0}};
    wire [P-1:0] f_byte_at = f_frame_at + {1'b0, f_index};
    wire [P-1:0] f_open_at = base + {1'b0, f_index};
    wire [1:0]   f_in_memory = f_byte_at[0] ? bank[1].memory[f_byte_at[1]][1:0] : bank[0].memory[f_byte_at[1]][1:0];
    wire [1:0]   f_open_in_memory = f_open_at[0] ? bank[1].memory[f_open_at[1]][1:0] : bank[0].memory[f_open_at[1]][1:0];
    wire [2:0]   f_before = f_frame - f_out;        // frames before it
    wire         f_waits = f_marked && !f_seen;
    wire         f_is_data = f_waits && f_marked_put && f_index < f_marked_length;
    wire         f_published = f_waits && f_before < f_inside;
    wire [4:0]   f_sum_before = f_length(3'd0, f_before, f_queue[f_out]) + f_length(3'd1, f_before, f_queue[f_slot_1])
        + f_length(3'd2, f_before, f_queue[f_slot_2]) + f_length(3'd3, f_before, f_queue[f_slot_3])
        + f_length(3'd4, f_before, f_queue[f_slot_4]) + f_length(3'd5, f_before, f_queue[f_slot_5]);
    wire [P-1:0] f_at_kept = {1'b0, f_at} + {2'd0, m_valid}, f_at_fetched = f_at_kept + {2'd0, kept};
    wire         f_reads_it = f_is_data && f_before == 3'd0 && reading;
    wire [P-1:0] f_kept_at = f_head + f_at_kept, f_fetched_at = f_head + f_at_fetched;
    always @* if (f_runs) begin
        if (f_waits) begin
            assert(f_before < f_inside || publish && f_before == f_inside);
            assert((f_before < f_inside ? f_queue[f_frame] : {publish_meta, publish_length}) == {f_marked_meta, f_marked_length});
            assert(f_frame_at == f_head + f_sum_before[P-1:0] && f_marked_length != 0);
        end
        // Where the writer writes.
        if (put) assert(put_address == f_put_at[ADDR_WIDTH-1:0] && f_put_from < F_SIZE && f_put_from >= f_d5 - f_publishing);
        if (f_put) assert({1'b0, f_index} < wr_free && f_free_counts);
        if (f_put) assert((put && f_put_at == f_open_at ? put_data[1:0] : f_open_in_memory) == f_put_data);
        if (f_is_data && (!(f_before == 3'd0 && reading) || f_fetched <= {1'b0, f_index})) begin
            assert((put && f_put_at == f_byte_at ? put_data[1:0] : f_in_memory) == f_marked_data);
            if (f_published) assert(!(put && f_put_at == f_byte_at));
        end
        // The reader's stages.
        assert(f_fetched == f_at_fetched + {2'd0, fetched});
        assert(f_hidden <= (m_valid ? 3'd4 : kept ? 3'd3 : fetched ? 3'd2 : reading ? 3'd1 : 3'd0));
        if (reading) begin
            assert(f_at < m_length);
            if (kept) assert(kept_last == (f_at_kept + 1'b1 == {1'b0, m_length}) && kept_bank == f_kept_at[0]);
            if (fetched) assert(fetched_last == (f_at_fetched + 1'b1 == {1'b0, m_length}) && fetched_bank == f_fetched_at[0]);
        end
        if (f_reads_it && kept && f_at_kept == {1'b0, f_index})
            assert((kept_bank[0] ? bank[1].kept_data[1:0] : bank[0].kept_data[1:0]) == f_marked_data);
        if (f_reads_it && fetched && f_at_fetched == {1'b0, f_index})
            assert((fetched_bank[0] ? bank[1].fetched_data[1:0] : bank[0].fetched_data[1:0]) == f_marked_data);
    end
    genvar f_n;
    generate for (f_n = 0; f_n < 8; f_n = f_n + 1) begin : f_each
        wire [2:0] slot = f_n;
        wire [2:0] place = slot - f_out;
        always @* if (f_runs && place < f_inside) assert(f_queue[slot][ADDR_WIDTH-1:0] != 0);
    end endgenerate

    always @* if (!f_runs) begin
        assert(f_steps <= 3'd4);
        assert({f_in, f_out, f_committed, f_head, f_back_1, f_back_2, f_back_3, f_back_4, f_back_5, f_at, f_hidden} == 0);
        assert(!f_shown && !f_ready && !f_marked && !f_seen && !f_put && !f_free_counts);
    end
    always @* if (f_steps != 3'd0 && !f_runs) assert({wr_free, wr_ready, put, publish, base, read, read_gray, read_folded, read_there, reading, fetched, kept, m_valid} == 0);
    always @* if (!f_runs) begin
        if (f_steps >= 3'd2) assert(f_gray_1 == 0);
        if (f_steps >= 3'd3) assert(f_gray_2 == 0);
    end
