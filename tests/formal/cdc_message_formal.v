// SPDX-License-Identifier: BSD-2-Clause
//
// Between clocks that tick as they like, every message arrives once, unchanged, in order and soon; nothing else arrives.
//
// Every message is followed: there is one under way at most, and one whose pulse the destination's next tick will see. Two bits stand for any width. Registers start with any value, so this
// is also what a reset in the middle of the traffic leaves; the resets are reset_group's. The destination is ready as it likes, and "soon"
// counts the ticks in which it is.
//% pdr
//% quick
//% clocks many
//% with cdc_message sync_bits
//% mutant-depth 40
//% mutant cdc_message: assign s_ready = sent == received_there; => assign s_ready = 1'b1;
//% mutant cdc_message: if (m_ready) seen <= sent_here; => seen <= !seen;
//% mutant cdc_message: if (m_ready) seen <= sent_here; => seen <= sent_here;
//% mutant cdc_message: received <= read[1]; => received <= sent_here;
//% mutant cdc_message: received <= read[1]; => received <= read[0];
//% mutant cdc_message: if (s_rst) sent <= 1'b0; =>
//% mutant cdc_message: m_valid  <= m_ready && sent_here != seen; => m_valid  <= m_ready && sent_here;
//% mutant cdc_message: m_valid  <= m_ready && sent_here != seen; => m_valid  <= sent_here != seen;
`default_nettype none

module cdc_message_formal (
    input wire       s_clk, s_valid, m_clk, m_ready,
    input wire [1:0] s_data
);
    // ---- Reset: until each clock has ticked four times, then for four ticks of the own (reset_group) ----
    reg  [2:0] s_seen = 3'd0, m_seen = 3'd0, s_ticks = 3'd0, m_ticks = 3'd0;
    wire       request = s_seen != 3'd4 || m_seen != 3'd4;
    wire       s_rst = s_ticks != 3'd4, m_rst = m_ticks != 3'd4;
    always @(posedge s_clk) begin
        if (s_seen != 3'd4) s_seen <= s_seen + 3'd1;
        if (!request && s_rst) s_ticks <= s_ticks + 3'd1;
    end
    always @(posedge m_clk) begin
        if (m_seen != 3'd4) m_seen <= m_seen + 3'd1;
        if (!request && m_rst) m_ticks <= m_ticks + 3'd1;
    end

    wire       s_ready, m_valid;
    wire [1:0] m_data;
    cdc_message #(.WIDTH(2)) crossing (
        .s_clk(s_clk), .s_rst(s_rst), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data),
        .m_clk(m_clk), .m_rst(m_rst), .m_ready(m_ready), .m_valid(m_valid), .m_data(m_data));

    // ---- The monitor ----
    reg [1:0] sent = 2'd0, got = 2'd0, even, odd, arrived;
    reg       was_ready = 1'b0;         // in the clock before
    reg [1:0] late = 2'b00;             // one arrived in that, and the one before
    wire [1:0] inside = sent - got;
    wire      under_way = inside != 2'd0;
    always @(posedge s_clk)
        if (s_valid && s_ready && !s_rst) begin
            sent <= sent + 2'd1;
            if (sent[0]) odd <= s_data;
            else even <= s_data;
        end
    always @(posedge m_clk) begin
        was_ready <= m_ready;
        late <= {late[0], m_valid && !m_rst};
        if (m_valid && !m_rst) begin
            got <= got + 2'd1;
            arrived <= m_data;
        end
    end

    reg [2:0] travels = 3'd0, rests = 3'd0;
    always @(posedge m_clk) travels <= m_rst || m_valid || !under_way ? 3'd0 : travels + {2'd0, m_ready};
    always @(posedge s_clk) rests <= s_rst || s_ready || under_way || late != 2'b00 ? 3'd0 : rests + 3'd1;
    always @* if (!s_rst && !m_rst) begin
        assert(inside <= (m_valid ? 2'd2 : 2'd1));
        if (m_valid) assert(under_way && m_data == (got[0] ? odd : even));             // none made up, none twice, none changed
        if (late != 2'b00) assert(m_data == arrived);                   // and it stays for two clocks
        if (m_valid) assert(was_ready);
        if (under_way && !m_valid) assert(!s_ready);
        assert(travels <= 3'd3 && rests <= 3'd2);                       // soon
    end
endmodule

`default_nettype wire
