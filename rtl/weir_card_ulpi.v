// SPDX-License-Identifier: BSD-2-Clause
//
// The card behind the pins of a ULPI PHY and of a GMII: what boards with such PHYs wrap, and what the simulation runs.
// The ports beyond ULPI are weir_card's.
`default_nettype none

module weir_card_ulpi #(
    parameter TX_ADDR_WIDTH  = 15,
    parameter RX_ADDR_WIDTH  = 16,
    parameter TX_FRAMES_LOG2 = 6,
    parameter RX_FRAMES_LOG2 = 8,
    parameter QUEUE_TABLES   = 1,
    parameter OUT_ADDR_WIDTH = 11,
    parameter SELF_POWERED   = 0,
    parameter MAX_POWER      = 500,
    parameter IN_SLOTS_LOG2  = 2,
    parameter MAX_FRAME      = 9600,
    parameter MAC_ENTRIES    = 20,
    parameter ARP_ENTRIES    = 4,
    parameter NCM            = 1,
    parameter TIMESTAMP      = 1,
    parameter COALESCE       = 1,
    parameter LOOPBACK       = 1,
    parameter MDIO           = 1,
    parameter WIRE_CLOCKS    = 2,    // 1: wire_tx_clk is wire_rx_clk, as with RMII
    parameter WIRE_CE        = 0,    // 1: the wire goes by gmii_rx_ce and gmii_tx_ce; 0: a byte each clock, for 1000 Mb/s alone
    parameter CLOCK_OUT      = 0     // 1: the board makes usb_clk, and gives it to the PHY; ulpi_start.v says what differs
) (
    input  wire        usb_clk,      // 60 MHz, the ULPI PHY's, or the board's for it
    input  wire        usb_rst,
    output wire        ulpi_rst,     // the PHY's reset pin, active high; with CLOCK_OUT 0 it is usb_rst
    input  wire [7:0]  ulpi_data_i,
    output wire [7:0]  ulpi_data_o,
    output wire        ulpi_data_oe, // drive the data pins
    input  wire        ulpi_dir,
    input  wire        ulpi_nxt,
    output wire        ulpi_stp,

    input  wire        wire_rx_clk,
    input  wire        wire_rx_rst,
    input  wire [7:0]  gmii_rxd,
    input  wire        gmii_rx_dv,
    input  wire        gmii_rx_er,
    input  wire        gmii_rx_ce,   // with WIRE_CE: a byte time in wire_rx_clk, by which mac_rx goes

    input  wire        wire_tx_clk,
    input  wire        wire_tx_rst,
    output wire [7:0]  gmii_txd,
    output wire        gmii_tx_en,
    output wire        gmii_tx_er,
    input  wire        gmii_tx_ce,   // with WIRE_CE: a byte time in wire_tx_clk, by which mac_tx goes

    input  wire        phy_clk,
    input  wire        phy_rst,
    output wire        mdio_valid,
    output wire [22:0] mdio_request,
    input  wire        mdio_done,
    input  wire [16:0] mdio_answer,
    input  wire [3:0]  link_status,
    input  wire [47:0] mac_address,
    output wire [3:0]  led
);
    wire       utmi_rx_active, utmi_rx_valid, utmi_rx_error, utmi_tx_valid, utmi_tx_ready, utmi_term_select, utmi_suspend_n;
    wire [7:0] utmi_rx_data, utmi_tx_data;
    wire [1:0] utmi_line_state, utmi_xcvr_select, utmi_op_mode;
    wire       front_rst, phy_found;
    wire [31:0] phy_id;
    wire [3:0] card_led;

    ulpi_start #(.CLOCK_OUT(CLOCK_OUT)) start (
        .usb_clk(usb_clk), .usb_rst(usb_rst), .ulpi_rst(ulpi_rst), .front_rst(front_rst)
    );
    ulpi_phy phy (
        .usb_clk(usb_clk), .rst(front_rst), .ulpi_data_i(ulpi_data_i), .ulpi_data_o(ulpi_data_o),
        .ulpi_data_oe(ulpi_data_oe), .ulpi_dir(ulpi_dir), .ulpi_nxt(ulpi_nxt), .ulpi_stp(ulpi_stp),
        .utmi_rx_active(utmi_rx_active), .utmi_rx_valid(utmi_rx_valid), .utmi_rx_data(utmi_rx_data),
        .utmi_rx_error(utmi_rx_error), .utmi_tx_valid(utmi_tx_valid), .utmi_tx_data(utmi_tx_data),
        .utmi_tx_ready(utmi_tx_ready), .utmi_line_state(utmi_line_state), .utmi_xcvr_select(utmi_xcvr_select),
        .utmi_term_select(utmi_term_select), .utmi_op_mode(utmi_op_mode), .utmi_suspend_n(utmi_suspend_n),
        .phy_found(phy_found), .phy_id(phy_id)
    );

    weir_card #(
        .SELF_POWERED(SELF_POWERED), .MAX_POWER(MAX_POWER),
        .TX_ADDR_WIDTH(TX_ADDR_WIDTH), .RX_ADDR_WIDTH(RX_ADDR_WIDTH), .TX_FRAMES_LOG2(TX_FRAMES_LOG2),
        .RX_FRAMES_LOG2(RX_FRAMES_LOG2), .QUEUE_TABLES(QUEUE_TABLES), .OUT_ADDR_WIDTH(OUT_ADDR_WIDTH),
        .IN_SLOTS_LOG2(IN_SLOTS_LOG2), .MAX_FRAME(MAX_FRAME), .MAC_ENTRIES(MAC_ENTRIES), .ARP_ENTRIES(ARP_ENTRIES),
        .NCM(NCM), .TIMESTAMP(TIMESTAMP), .COALESCE(COALESCE), .LOOPBACK(LOOPBACK), .MDIO(MDIO), .WIRE_CLOCKS(WIRE_CLOCKS), .WIRE_CE(WIRE_CE)
    ) card (
        .usb_clk(usb_clk), .usb_rst(front_rst), .phy_id(phy_id),
        .utmi_rx_active(utmi_rx_active), .utmi_rx_valid(utmi_rx_valid), .utmi_rx_data(utmi_rx_data),
        .utmi_rx_error(utmi_rx_error), .utmi_tx_valid(utmi_tx_valid), .utmi_tx_data(utmi_tx_data),
        .utmi_tx_ready(utmi_tx_ready), .utmi_line_state(utmi_line_state), .utmi_xcvr_select(utmi_xcvr_select),
        .utmi_term_select(utmi_term_select), .utmi_op_mode(utmi_op_mode), .utmi_suspend_n(utmi_suspend_n),
        .wire_rx_clk(wire_rx_clk), .wire_rx_rst(wire_rx_rst), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv),
        .gmii_rx_er(gmii_rx_er), .gmii_rx_ce(gmii_rx_ce),
        .wire_tx_clk(wire_tx_clk), .wire_tx_rst(wire_tx_rst), .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en),
        .gmii_tx_er(gmii_tx_er), .gmii_tx_ce(gmii_tx_ce),
        .phy_clk(phy_clk), .phy_rst(phy_rst), .mdio_valid(mdio_valid), .mdio_request(mdio_request), .mdio_done(mdio_done),
        .mdio_answer(mdio_answer), .link_status(link_status), .mac_address(mac_address), .led(card_led)
    );

    // No PHY, or none with power: the error LED stays lit.
    assign led = card_led | {!phy_found, 3'd0};
endmodule

`default_nettype wire
