// SPDX-License-Identifier: BSD-2-Clause
//
// The card with the pins of ULPI and RGMII, on an ECP5: what is the same on every board that has both.
`default_nettype none

module ecp5_card #(
    parameter CLOCK_OUT = 0,           // ulpi_start
    parameter CLOCK_MHZ = 30,          // of clk, 10 to 255
    parameter [47:0] MAC_ADDRESS = 0,
    parameter NCM       = 1,
    parameter TIMESTAMP = 1,
    parameter COALESCE  = 1,
    parameter LOOPBACK  = 1,
    parameter MDIO      = 1,
    parameter TXC_DELAY = 80,          // ecp5_rgmii_pins
    parameter RX_DELAY  = 0,
    parameter RAILS_MS  = 15           // board_start
) (
    input  wire       clk,             // the board's, for what has time
    input  wire       locked,          // the PLLs of usb_clk and wire_tx_clk; of no clock
    output wire       rails_on,        // board_start
    output wire       phy_rst,

    input  wire       usb_clk,         // 60 MHz
    output wire       ulpi_rst,
    inout  wire [7:0] ulpi_data,
    input  wire       ulpi_dir,
    input  wire       ulpi_nxt,
    output wire       ulpi_stp,

    input  wire       wire_tx_clk,     // 125 MHz
    output wire       rgmii_txc,
    output wire [3:0] rgmii_txd,
    output wire       rgmii_tx_ctl,
    input  wire       rgmii_rxc,
    input  wire [3:0] rgmii_rxd,
    input  wire       rgmii_rx_ctl,
    output wire       rgmii_mdc,
    inout  wire       rgmii_mdio,
    output wire       rgmii_rst_n,

    output wire [3:0] led
);
    wire rst;
    board_start #(.CLOCK_KHZ(CLOCK_MHZ * 1000), .RAILS_MS(RAILS_MS)) start (
        .clk(clk), .locked(locked), .rails_on(rails_on), .phy_rst(phy_rst), .rst(rst)
    );

    wire [7:0] ulpi_data_i, ulpi_data_o;
    wire       ulpi_data_oe;
    genvar i;
    generate
        for (i = 0; i < 8; i = i + 1) begin : ulpi_pin
            BB pin (.I(ulpi_data_o[i]), .T(!ulpi_data_oe), .O(ulpi_data_i[i]), .B(ulpi_data[i]));
        end
    endgenerate

    wire usb_rst, tx_rst, rx_rst;
    reset_sync usb_reset (.clk(usb_clk), .request(rst), .rst(usb_rst));
    reset_sync tx_reset (.clk(wire_tx_clk), .request(rst), .rst(tx_rst));
    reset_sync rx_reset (.clk(rgmii_rxc), .request(rst), .rst(rx_rst));

    wire [7:0] gmii_txd, gmii_rxd;
    wire       gmii_tx_en, gmii_tx_er, gmii_rx_dv, gmii_rx_er, gmii_tx_ce, gmii_rx_ce;
    wire [3:0] txd_rise, txd_fall, rxd_rise, rxd_fall, link_status, unused_status;
    wire       txc_rise, txc_fall, tx_ctl_rise, tx_ctl_fall, rx_ctl_rise, rx_ctl_fall;

    ecp5_rgmii_pins #(.TXC_DELAY(TXC_DELAY), .RX_DELAY(RX_DELAY)) pins (
        .wire_tx_clk(wire_tx_clk), .txc_rise(txc_rise), .txc_fall(txc_fall), .txd_rise(txd_rise), .txd_fall(txd_fall),
        .tx_ctl_rise(tx_ctl_rise), .tx_ctl_fall(tx_ctl_fall), .rgmii_txc(rgmii_txc), .rgmii_txd(rgmii_txd),
        .rgmii_tx_ctl(rgmii_tx_ctl),
        .wire_rx_clk(rgmii_rxc), .rgmii_rxd(rgmii_rxd), .rgmii_rx_ctl(rgmii_rx_ctl), .rxd_rise(rxd_rise),
        .rxd_fall(rxd_fall), .rx_ctl_rise(rx_ctl_rise), .rx_ctl_fall(rx_ctl_fall)
    );
    rgmii rgmii (
        .speed(link_status[2:1]), .wire_tx_clk(wire_tx_clk), .wire_tx_rst(tx_rst), .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en),
        .gmii_tx_er(gmii_tx_er), .gmii_tx_ce(gmii_tx_ce), .txc_rise(txc_rise), .txc_fall(txc_fall),
        .txd_rise(txd_rise), .txd_fall(txd_fall), .tx_ctl_rise(tx_ctl_rise),
        .tx_ctl_fall(tx_ctl_fall),
        .wire_rx_clk(rgmii_rxc), .wire_rx_rst(rx_rst), .rxd_rise(rxd_rise), .rxd_fall(rxd_fall),
        .rx_ctl_rise(rx_ctl_rise), .rx_ctl_fall(rx_ctl_fall), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv),
        .gmii_rx_er(gmii_rx_er), .gmii_rx_ce(gmii_rx_ce), .status(unused_status)
    );

    wire mdio_i, mdio_o, mdio_oe;
    wire        mdio_valid, mdio_done;
    wire [22:0] mdio_request;
    wire [16:0] mdio_answer;
    ethernet_phy #(.CLOCK_MHZ(CLOCK_MHZ), .MDIO(MDIO)) phy (
        .clk(clk), .rst(rst), .link_status(link_status), .phy_rst_n(rgmii_rst_n), .mdc(rgmii_mdc), .mdio_o(mdio_o),
        .mdio_oe(mdio_oe), .mdio_i(mdio_i), .mdio_valid(mdio_valid), .mdio_request(mdio_request), .mdio_done(mdio_done), .mdio_answer(mdio_answer)
    );
    BB mdio_pin (.I(mdio_o), .T(!mdio_oe), .O(mdio_i), .B(rgmii_mdio));

    weir_card_ulpi #(.CLOCK_OUT(CLOCK_OUT), .WIRE_CE(1), .NCM(NCM), .TIMESTAMP(TIMESTAMP), .COALESCE(COALESCE), .LOOPBACK(LOOPBACK), .MDIO(MDIO)) card (
        .usb_clk(usb_clk), .usb_rst(usb_rst), .ulpi_rst(ulpi_rst), .ulpi_data_i(ulpi_data_i), .ulpi_data_o(ulpi_data_o),
        .ulpi_data_oe(ulpi_data_oe), .ulpi_dir(ulpi_dir), .ulpi_nxt(ulpi_nxt), .ulpi_stp(ulpi_stp),
        .wire_rx_clk(rgmii_rxc), .wire_rx_rst(rx_rst), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv),
        .gmii_rx_er(gmii_rx_er), .gmii_rx_ce(gmii_rx_ce),
        .wire_tx_clk(wire_tx_clk), .wire_tx_rst(tx_rst), .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en),
        .gmii_tx_er(gmii_tx_er), .gmii_tx_ce(gmii_tx_ce),
        .phy_clk(clk), .phy_rst(rst), .mdio_valid(mdio_valid), .mdio_request(mdio_request), .mdio_done(mdio_done), .mdio_answer(mdio_answer),
        .link_status(link_status), .mac_address(MAC_ADDRESS), .led(led)
    );
endmodule

`default_nettype wire
