// SPDX-License-Identifier: BSD-2-Clause
//
// Takes turns between the host's frames and the card's own ARP replies, whole frames at a time.
//
// When both wait, the one that was not last goes first: a flood of requests costs the host no more than every other frame,
// and a busy host holds a reply up by one frame at most. Choosing takes one clock, which the MAC's gap hides.
`default_nettype none

module tx_arbiter (
    input  wire       clk,
    input  wire       rst,

    input  wire       s_valid,
    output wire       s_ready,
    input  wire [7:0] s_data,
    input  wire       s_last,

    input  wire       s_arp_valid,
    output wire       s_arp_ready,
    input  wire [7:0] s_arp_data,
    input  wire       s_arp_last,

    output wire       m_valid,
    input  wire       m_ready,
    output wire [7:0] m_data,
    output wire       m_last,

    output reg        ev_tx_frame,
    output reg        ev_arp_reply
);
    reg  busy; // a frame has been chosen and is not over
    reg  arp;  // which; between frames, which was last

    assign m_valid     = busy && (arp ? s_arp_valid : s_valid);
    assign m_data      = arp ? s_arp_data : s_data;
    assign m_last      = arp ? s_arp_last : s_last;
    assign s_arp_ready = m_ready && busy && arp;
    assign s_ready     = m_ready && busy && !arp;

    wire over = m_valid && m_ready && m_last;
    always @(posedge clk) begin
        if (!busy) begin
            busy <= s_valid || s_arp_valid;
            if (s_valid || s_arp_valid) arp <= s_arp_valid && (!s_valid || !arp);
        end else if (over) begin
            busy <= 1'b0;
        end
        ev_tx_frame  <= over;
        ev_arp_reply <= over && arp;
        if (rst) begin
            busy         <= 1'b0;
            arp          <= 1'b0;
            ev_tx_frame  <= 1'b0;
            ev_arp_reply <= 1'b0;
        end
    end
endmodule

`default_nettype wire
