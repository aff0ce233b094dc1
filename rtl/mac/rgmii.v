// SPDX-License-Identifier: BSD-2-Clause
//
// GMII bytes on one side, RGMII on the other (RGMII 2.0) at 10, 100 and 1000 Mb/s, full duplex, without vendor cells.
//
// The board's top places the DDR cells: `_rise` is what a pin has in a period's first half, `_fall` in its second, and both
// sides of this module are ordinary registers of wire_tx_clk or wire_rx_clk. Clock delays (RGMII-ID) are the PHY's or the board's
// business; txc changes with the data.
//
//     Mb/s  wire_tx_clk  txc             wire_rx_clk  a byte on the pins            a byte on the GMII
//     1000  125 MHz      125 MHz         125 MHz      low nibble first half, high   each clock
//     100   125 MHz      25 MHz by DDR   25 MHz       a nibble in each of two       each 10 clocks out, 2 in
//     10    125 MHz      2.5 MHz         2.5 MHz      periods, low first            each 100 clocks out, 2 in
//
// gmii_tx_ce and gmii_rx_ce say in which clocks mac_tx and mac_rx go on. wire_tx_clk stays at 125 MHz; the speed that txc has
// changes between two bytes, without a short pulse. Below 1000 Mb/s nothing is passed on before an SFD, since only that
// says where a byte begins.
//
// Between frames the PHY tells its state in the low nibble (RGMII 2.0, section 3.4.1); it is believed when two periods in a
// row say the same. `status` has the layout of WEIR_REG_LINK: bit 0 link up, bits 2..1 speed (0 = 10, 1 = 100, 2 =
// 1000 Mb/s), bit 3 full duplex; it belongs to wire_rx_clk. Not every PHY does so unasked; phy_link reads the same by MDIO. Either
// one's bits 2..1 are for `speed`.
`default_nettype none

module rgmii (
    input  wire [1:0] speed,       // of the link: 0 = 10, 1 = 100, 2 = 1000 Mb/s; of no clock

    input  wire       wire_tx_clk, // 125 MHz
    input  wire       wire_tx_rst,
    input  wire [7:0] gmii_txd,
    input  wire       gmii_tx_en,
    input  wire       gmii_tx_er,
    output wire       gmii_tx_ce,  // mac_tx puts its next byte after this clock
    output reg        txc_rise,
    output reg        txc_fall,
    output reg  [3:0] txd_rise,
    output reg  [3:0] txd_fall,
    output reg        tx_ctl_rise,
    output reg        tx_ctl_fall,

    input  wire       wire_rx_clk, // the PHY's
    input  wire       wire_rx_rst,
    input  wire [3:0] rxd_rise,
    input  wire [3:0] rxd_fall,
    input  wire       rx_ctl_rise,
    input  wire       rx_ctl_fall,
    output reg  [7:0] gmii_rxd,
    output reg        gmii_rx_dv,
    output reg        gmii_rx_er,
    output reg        gmii_rx_ce,
    output reg  [3:0] status
);
    // ---- Transmit: the pace ----
    wire [1:0] tx_speed_here;
    reg  [1:0] tx_speed_before;
    reg  [1:0] tx_speed;  // what is asked for
    reg        gigabit;   // what is being sent
    reg        hundred;
    reg  [5:0] left;      // clocks of this period of txc behind this one
    reg        over;      // there is none
    reg        high;      // the byte's second nibble; at 1000 Mb/s always

    sync_bits #(.WIDTH(2)) to_tx (.clk(wire_tx_clk), .d(speed), .q(tx_speed_here));

    assign gmii_tx_ce = over && high;

    always @(posedge wire_tx_clk) begin
        tx_speed_before <= tx_speed_here;
        if (tx_speed_here == tx_speed_before) tx_speed <= tx_speed_here; // its bits may arrive a clock apart

        over <= left == 6'd1;
        left <= left - 6'd1;
        if (over) begin
            left <= hundred ? 6'd4 : 6'd49;
            high <= gigabit || !high;
            over <= gigabit;
            if (high) begin
                gigabit <= tx_speed[1];
                hundred <= tx_speed[0];
                left    <= tx_speed[0] ? 6'd4 : 6'd49;
                high    <= tx_speed[1];
                over    <= tx_speed[1];
            end
        end
        if (wire_tx_rst) begin
            gigabit <= 1'b1;
            high    <= 1'b1;
            over    <= 1'b1;
        end
    end

    // ---- Transmit: the pins. txc is high in the first half of its period, which TX_CTL says TX_EN in ----
    wire first_rise = gigabit || left >= (hundred ? 6'd2 : 6'd25);
    wire first_fall = !gigabit && left >= (hundred ? 6'd3 : 6'd25);
    wire error      = gmii_tx_en ^ gmii_tx_er;

    always @(posedge wire_tx_clk) begin
        txc_rise    <= first_rise;
        txc_fall    <= first_fall;
        txd_rise    <= high && !gigabit ? gmii_txd[7:4] : gmii_txd[3:0];
        txd_fall    <= high ? gmii_txd[7:4] : gmii_txd[3:0];
        tx_ctl_rise <= first_rise ? gmii_tx_en : error;
        tx_ctl_fall <= first_fall ? gmii_tx_en : error;
        if (wire_tx_rst) begin
            tx_ctl_rise <= 1'b0;
            tx_ctl_fall <= 1'b0;
        end
    end

    // ---- Receive ----
    wire       whole;      // a period has a byte: 1000 Mb/s
    reg        settled;    // RX_DV has been low since reset: never begin inside a frame
    reg        frame;      // below 1000 Mb/s: behind an SFD
    reg        second;     // the nibble at hand is a byte's second
    reg        valid_q;    // of the period before
    reg        error_seen; // since RX_DV rose
    reg  [3:0] nibble;     // the one before
    wire       rx_error = rx_ctl_rise ^ rx_ctl_fall;
    wire       sfd      = !frame && settled && valid_q && rx_ctl_rise && {rxd_rise, nibble} == 8'hD5;

    sync_bits to_rx (.clk(wire_rx_clk), .d(speed[1]), .q(whole));

    always @(posedge wire_rx_clk) begin
        valid_q    <= rx_ctl_rise;
        nibble     <= rxd_rise;
        error_seen <= rx_ctl_rise && (error_seen || rx_error);
        second     <= !second && !sfd;
        frame      <= !whole && rx_ctl_rise && (frame || sfd);
        if (!rx_ctl_rise) settled <= 1'b1;

        gmii_rxd   <= {whole ? rxd_fall : rxd_rise, whole ? rxd_rise : nibble};
        gmii_rx_dv <= rx_ctl_rise && (whole || frame || sfd);
        gmii_rx_er <= rx_error || (error_seen && !whole);
        gmii_rx_ce <= whole || second || sfd;
        if (wire_rx_rst) begin
            settled    <= 1'b0;
            frame      <= 1'b0;
            gmii_rx_dv <= 1'b0;
        end
    end

    // ---- In-band status: the first half's nibble, for below 1000 Mb/s the second need not be driven ----
    reg       idle;
    reg       seen_valid;
    reg [3:0] seen;
    always @(posedge wire_rx_clk) begin
        idle       <= !rx_ctl_rise && !rx_ctl_fall;
        seen_valid <= idle;
        seen       <= nibble;
        if (idle && seen_valid && seen == nibble) status <= seen;
        if (wire_rx_rst) begin
            idle       <= 1'b0;
            seen_valid <= 1'b0;
            status     <= 4'd0;
        end
    end
endmodule

`default_nettype wire
