// SPDX-License-Identifier: BSD-2-Clause
//
// Hands a bundle of bits from one clock to another, one message at a time, by a toggle handshake.
//
// The message stands still in the source's register while the toggle crosses, so all its bits arrive together; and there the
// destination reads it, which tells that it has the message only a clock behind the second of the two that it may look for. A
// message takes about five clocks of the destination and three of the source before the next one may follow.
//
// A source that leaves s_data as it was taken until s_ready rises again has such a register itself; STORE = 0 reads that one.
`default_nettype none

module cdc_message #(
    parameter WIDTH = 8,
    parameter STORE = 1              // 0: s_data stays while s_ready is low
) (
    input  wire             s_clk,
    input  wire             s_rst,
    input  wire             s_valid,
    output wire             s_ready, // low while a message is under way
    input  wire [WIDTH-1:0] s_data,

    input  wire             m_clk,
    input  wire             m_rst,
    output reg              m_valid, // one-clock pulse
    output wire [WIDTH-1:0] m_data   // with m_valid, and a clock longer
);
    reg              sent;         // toggles with each message
    reg              seen;         // follows `sent`, with m_valid
    reg              read;         // a clock behind it
    reg              received;     // another, when the message was taken
    wire             sent_here;    // `sent` in m_clk
    wire             received_there; // `received` in s_clk

    sync_bits to_m (.clk(m_clk), .d(sent), .q(sent_here));
    sync_bits to_s (.clk(s_clk), .d(received), .q(received_there));

    assign s_ready = sent == received_there;

    generate
        if (STORE != 0) begin : stored
            reg [WIDTH-1:0] message;
            always @(posedge s_clk) if (s_valid && s_ready) message <= s_data;
            assign m_data = message;
        end else begin : in_place
            assign m_data = s_data;
        end
    endgenerate

    always @(posedge s_clk) begin
        if (s_valid && s_ready) sent <= !sent;
        if (s_rst) sent <= 1'b0;
    end

    always @(posedge m_clk) begin
        m_valid  <= sent_here != seen;
        seen     <= sent_here;
        read     <= seen;
        received <= read;
        if (m_rst) begin
            m_valid  <= 1'b0;
            seen     <= 1'b0;
            read     <= 1'b0;
            received <= 1'b0;
        end
    end
endmodule

`default_nettype wire
