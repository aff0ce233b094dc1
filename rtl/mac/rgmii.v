// SPDX-License-Identifier: BSD-2-Clause
//
// GMII on one side, RGMII nibbles on the other (RGMII 2.0, 1000 Mb/s), without vendor cells.
//
// The board's top places the DDR cells: `_rise` is the nibble of a period's first half, `_fall` that of its second half,
// and both sides of this module are ordinary registers of wire_tx_clk or wire_rx_clk. Clock delays (RGMII-ID) are the
// PHY's or the board's business.
//
// Between frames the PHY tells its state in the low nibble (RGMII 2.0, section 3.4.1); it is believed when two periods in a
// row say the same. `status` has the layout of WEIR_REG_LINK: bit 0 link up, bits 2..1 speed (0 = 10, 1 = 100, 2 =
// 1000 Mb/s), bit 3 full duplex; it belongs to wire_rx_clk.
`default_nettype none

module rgmii (
    input  wire       wire_tx_clk,
    input  wire       wire_tx_rst,
    input  wire [7:0] gmii_txd,
    input  wire       gmii_tx_en,
    input  wire       gmii_tx_er,
    output reg  [3:0] txd_rise,
    output reg  [3:0] txd_fall,
    output reg        tx_ctl_rise,
    output reg        tx_ctl_fall,

    input  wire       wire_rx_clk,
    input  wire       wire_rx_rst,
    input  wire [3:0] rxd_rise,
    input  wire [3:0] rxd_fall,
    input  wire       rx_ctl_rise,
    input  wire       rx_ctl_fall,
    output reg  [7:0] gmii_rxd,
    output reg        gmii_rx_dv,
    output reg        gmii_rx_er,
    output reg  [3:0] status
);
    always @(posedge wire_tx_clk) begin
        txd_rise    <= gmii_txd[3:0];
        txd_fall    <= gmii_txd[7:4];
        tx_ctl_rise <= gmii_tx_en;
        tx_ctl_fall <= gmii_tx_en ^ gmii_tx_er;
        if (wire_tx_rst) begin
            tx_ctl_rise <= 1'b0;
            tx_ctl_fall <= 1'b0;
        end
    end

    always @(posedge wire_rx_clk) begin
        gmii_rxd   <= {rxd_fall, rxd_rise};
        gmii_rx_dv <= rx_ctl_rise;
        gmii_rx_er <= rx_ctl_rise ^ rx_ctl_fall;
        if (wire_rx_rst) gmii_rx_dv <= 1'b0;
    end

    // In-band status: both halves of a period without frame or error carry the same nibble.
    wire      idle = !gmii_rx_dv && !gmii_rx_er && gmii_rxd[3:0] == gmii_rxd[7:4];
    reg       seen_valid;
    reg [3:0] seen;
    always @(posedge wire_rx_clk) begin
        seen_valid <= idle;
        seen       <= gmii_rxd[3:0];
        if (idle && seen_valid && seen == gmii_rxd[3:0]) status <= seen;
        if (wire_rx_rst) begin
            seen_valid <= 1'b0;
            status     <= 4'd0;
        end
    end
endmodule

`default_nettype wire
