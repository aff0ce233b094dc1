// SPDX-License-Identifier: BSD-2-Clause
//
// A call from one clock into another, and its answer back.
//
//     s_clk  asks ────┐     ┌────          the call stands still while asks or answered is high
//     m_clk  answered ┴─────┘              each level rises and falls once a call (four phases)
//
// Levels, and not toggles as in cdc_message, so that either side may be reset alone, as a card with several supplies and clocks has
// it: what was under way is then lost, or done once more, and the next call is in order.
`default_nettype none

module cdc_call #(
    parameter WIDTH        = 8,
    parameter ANSWER_WIDTH = 8
) (
    input  wire                    s_clk,
    input  wire                    s_rst,
    input  wire                    s_valid,
    output wire                    s_ready,  // low while a call is under way
    input  wire [WIDTH-1:0]        s_data,
    output reg  [ANSWER_WIDTH-1:0] s_answer, // with s_ready: of the call before

    input  wire                    m_clk,
    input  wire                    m_rst,
    output wire                    m_valid,  // until m_done; it falls without it when the caller was reset
    output wire [WIDTH-1:0]        m_data,   // with m_valid
    input  wire                    m_done,   // pulse
    input  wire [ANSWER_WIDTH-1:0] m_answer  // with m_done
);
    reg  [WIDTH-1:0]        call;            // s_clk
    reg                     asks;
    reg  [ANSWER_WIDTH-1:0] answer;          // m_clk
    reg                     answered;
    wire                    asks_there;      // `asks` in m_clk
    wire                    answered_here;   // `answered` in s_clk

    sync_bits to_m (.clk(m_clk), .d(asks), .q(asks_there));
    sync_bits to_s (.clk(s_clk), .d(answered), .q(answered_here));

    assign s_ready = !asks && !answered_here;
    assign m_valid = asks_there && !answered;
    assign m_data  = call;

    always @(posedge s_clk) begin
        if (asks && answered_here) begin
            asks     <= 1'b0;
            s_answer <= answer;
        end
        if (s_valid && s_ready) begin
            asks <= 1'b1;
            call <= s_data;
        end
        if (s_rst) asks <= 1'b0;
    end

    always @(posedge m_clk) begin
        answered <= asks_there && (answered || m_done);
        if (m_valid && m_done) answer <= m_answer;
        if (m_rst) answered <= 1'b0;
    end
endmodule

`default_nettype wire
