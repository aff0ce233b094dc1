// SPDX-License-Identifier: BSD-2-Clause
//
// Frames leave whole and unchanged, never mixed, and a source that waits lets at most one frame of the other go before it.
// And one that waits alone begins two clocks later at most, so nothing stands still.
//
// The sources do as they like, but hold what they offer until it is taken.
//% pdr
//% quick
//% mutant-depth 20
//% mutant tx_arbiter: arp <= s_arp_valid && (!s_valid || !arp) => arp <= s_arp_valid
//% mutant tx_arbiter: arp <= s_arp_valid && (!s_valid || !arp) => arp <= s_arp_valid && !s_valid
//% mutant tx_arbiter: wire over = m_valid && m_ready && m_last => wire over = m_valid && m_ready
//% mutant tx_arbiter: assign s_ready     = m_ready && busy && !arp => assign s_ready     = m_ready && busy
//% mutant tx_arbiter: ev_arp_reply <= over && arp => ev_arp_reply <= over
//% mutant tx_arbiter: busy <= s_valid || s_arp_valid => busy <= s_valid

    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @* if (!f_past) assume(rst);
    always @(posedge clk) if (f_past && !$past(rst)) begin
        if ($past(s_valid && !s_ready)) assume(rst || (s_valid && s_data == $past(s_data) && s_last == $past(s_last)));
        if ($past(s_arp_valid && !s_arp_ready))
            assume(rst || (s_arp_valid && s_arp_data == $past(s_arp_data) && s_arp_last == $past(s_arp_last)));
    end

    // ---- The monitor: who is inside a frame, by what was taken alone; how many frames passed while the other one waited ----
    wire f_host = s_valid && s_ready, f_arp = s_arp_valid && s_arp_ready;
    reg       f_host_open, f_arp_open;
    reg [1:0] f_host_waits, f_arp_waits;    // frames of the other that began since this one wanted to begin
    reg [1:0] f_still;                      // clocks in which a source waited, the MAC was ready, and nothing moved
    always @(posedge clk) begin
        if (f_host) f_host_open <= !s_last;
        if (f_arp) f_arp_open <= !s_arp_last;
        f_host_waits <= !s_valid || f_host ? 2'd0 : f_host_waits + {1'b0, f_arp && !f_arp_open};
        f_arp_waits <= !s_arp_valid || f_arp ? 2'd0 : f_arp_waits + {1'b0, f_host && !f_host_open};
        f_still <= m_ready && !m_valid && (f_host_open ? s_valid : f_arp_open ? s_arp_valid : s_valid || s_arp_valid)
                   ? f_still + 2'd1 : 2'd0;
        if (rst) {f_host_open, f_arp_open, f_host_waits, f_arp_waits, f_still} <= 0;
    end

    always @* if (f_past && !rst) begin
        assert(!(f_host && f_arp));                                     // one at a time
        if (f_host) assert(!f_arp_open);                                // and never inside the other's frame
        if (f_arp) assert(!f_host_open);
        assert((m_valid && m_ready) == (f_host || f_arp));              // nothing lost, nothing made up
        if (m_valid && m_ready) assert({m_last, m_data} == (f_host ? {s_last, s_data} : {s_arp_last, s_arp_data}));
        assert(f_host_waits <= 2'd1 && f_arp_waits <= 2'd1);            // fair
        assert(f_still <= 2'd1);
    end
    always @(posedge clk)
        if (f_past && !$past(rst)) begin
            assert(ev_tx_frame == $past(m_valid && m_ready && m_last));
            assert(ev_arp_reply == $past(f_arp && s_arp_last));
            if ($past(m_valid && !m_ready) && !rst) assert(m_valid && m_data == $past(m_data) && m_last == $past(m_last));
        end
