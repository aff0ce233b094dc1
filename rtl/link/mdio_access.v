// SPDX-License-Identifier: BSD-2-Clause
//
// WEIR_REG_MDIO: the host's way to the registers of the Ethernet PHY, which phy_link reads and writes in a clock of the board's.
//
// One that has written may have left the PHY in a state in which no other can use it, loopback above all, and may have died there. So
// when a host starts anew after a write, phy_link is told to set the PHY up anew.
`default_nettype none

module mdio_access #(
    parameter MDIO = 1               // 0: leaves it out
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        link_flush,   // pulse: the host starts anew
    input  wire        s_valid,      // not while busy
    input  wire [21:0] s_request,    // {write, register, data}
    output wire        busy,
    output wire [16:0] answer,       // while not busy: {a PHY has answered, what was read}

    input  wire        phy_clk,      // phy_link's clock and ports
    input  wire        phy_rst,
    output wire        mdio_valid,
    output wire [22:0] mdio_request, // {set up anew, write, register, data}
    input  wire        mdio_done,
    input  wire [16:0] mdio_answer
);
    generate
        if (MDIO == 0) begin : none
            assign {busy, answer, mdio_valid, mdio_request} = 0;
            wire unused = &{1'b0, clk, rst, link_flush, s_valid, s_request, phy_clk, phy_rst, mdio_done, mdio_answer};
        end else begin : present
            wire ready;
            reg  written; // since the PHY was set up
            reg  anew;    // it is to be

            assign busy = !ready || anew;

            cdc_call #(.WIDTH(23), .ANSWER_WIDTH(17)) crossing (
                .s_clk(clk), .s_rst(rst), .s_valid(s_valid || anew), .s_ready(ready), .s_data({anew, s_request}),
                .s_answer(answer), .m_clk(phy_clk), .m_rst(phy_rst), .m_valid(mdio_valid), .m_data(mdio_request),
                .m_done(mdio_done), .m_answer(mdio_answer)
            );

            always @(posedge clk) begin
                if (ready) anew <= 1'b0;
                if (s_valid && s_request[21]) written <= 1'b1;
                if (link_flush && written) begin
                    anew    <= 1'b1;
                    written <= 1'b0;
                end
                if (rst) begin
                    anew    <= 1'b0;
                    written <= 1'b0;
                end
            end
        end
    endgenerate
endmodule

`default_nettype wire
