// SPDX-License-Identifier: BSD-2-Clause
//
// GMII bytes on one side, the dibits of an RMII on the other (RMII 1.2), at 10 and 100 Mb/s, full duplex.
//
// One clock for both directions, the 50 MHz REF_CLK. A byte takes 4 clocks at 100 Mb/s and 40 at 10, where each dibit stands for ten;
// gmii_tx_ce and gmii_rx_ce say in which clock mac_tx and mac_rx go on. All pins come from and go to registers of `clk`.
//
// RMII puts two signals of an MII on one pin. CRS_DV rises with the carrier, before the preamble and in step with nothing, and while
// it is high there may be no frame behind it (false carrier). So nothing is passed on before an SFD, which also says where a
// byte begins. The carrier may end before the data does (RMII 1.2, section 5.1): then CRS_DV is low in the first dibit of
// a nibble, and still high in the second. So a nibble counts when CRS_DV is high in its second dibit, and the frame
// ends where it is not. Dibits over (not a whole byte) are dropped, as IEEE 802.3-2018 clause 4.2.4.2.1 says.
//
// RMII has no TX_ER. The bytes that mac_tx marks with it go out with their bits turned over, so that the FCS is wrong.
`default_nettype none

module rmii (
    input  wire       clk,         // REF_CLK, 50 MHz
    input  wire       rst,
    input  wire       speed_100,   // 1: 100 Mb/s; 0: 10 Mb/s; of no clock

    input  wire [7:0] gmii_txd,
    input  wire       gmii_tx_en,
    input  wire       gmii_tx_er,
    output wire       gmii_tx_ce,  // mac_tx puts its next byte after this clock
    output reg  [1:0] rmii_txd,
    output reg        rmii_tx_en,

    input  wire [1:0] rmii_rxd,
    input  wire       rmii_crs_dv,
    input  wire       rmii_rx_er,  // 0 where it is not wired
    output reg  [7:0] gmii_rxd,
    output reg        gmii_rx_dv,
    output reg        gmii_rx_er,  // from an error in the frame until its end
    output reg        gmii_rx_ce
);
    wire fast;
    sync_bits speed (.clk(clk), .d(speed_100), .q(fast));

    // ---- The pace of dibits ----
    reg  [3:0] tenth;
    reg        step; // this clock takes a dibit, and gives one
    always @(posedge clk) begin
        tenth <= tenth == 4'd9 || rst ? 4'd0 : tenth + 4'd1;
        step  <= fast || tenth == 4'd9;
    end

    // ---- Transmit ----
    reg  [1:0] tx_dibit; // of the byte, that goes out next

    assign gmii_tx_ce = step && tx_dibit == 2'd3;

    always @(posedge clk) begin
        if (step) begin
            tx_dibit   <= tx_dibit + 2'd1;
            rmii_tx_en <= gmii_tx_en;
            rmii_txd   <= gmii_txd[{tx_dibit, 1'b0} +: 2] ^ {2{gmii_tx_er}};
        end
        if (rst) begin
            tx_dibit   <= 2'd0;
            rmii_tx_en <= 1'b0;
        end
    end

    // ---- Receive ----
    wire [1:0] rxd;
    wire       crs_dv, rx_er;
    sync_bits #(.WIDTH(4)) pins (.clk(clk), .d({rmii_rxd, rmii_crs_dv, rmii_rx_er}), .q({rxd, crs_dv, rx_er}));

    reg        settled; // CRS_DV has been low twice in a row since reset: never begin inside a frame
    reg        crs_dv_q; // a dibit before
    reg        frame;   // behind an SFD
    reg  [1:0] rx_dibit;
    reg  [5:0] last;    // three dibits before this one, the latest on top
    reg        error;   // RX_ER since CRS_DV rose
    wire [7:0] octet = {rxd, last};
    wire       sfd   = !frame && settled && crs_dv && octet == 8'hD5;
    wire       ends  = frame && rx_dibit[0] && !crs_dv;

    always @(posedge clk) begin
        gmii_rx_ce <= step && (sfd || rx_dibit == 2'd3);
        if (step) begin
            crs_dv_q <= crs_dv;
            rx_dibit <= sfd ? 2'd0 : rx_dibit + 2'd1;
            last     <= {rxd, last[5:2]};
            error    <= (frame || crs_dv) && !ends && (error || rx_er);
            if (sfd)  frame <= 1'b1;
            if (ends) frame <= 1'b0;
            if (!crs_dv && !crs_dv_q) settled <= 1'b1;
            if (sfd || rx_dibit == 2'd3) begin
                gmii_rxd   <= octet;
                gmii_rx_dv <= sfd || (frame && !ends);
                gmii_rx_er <= (sfd || frame) && (error || rx_er);
            end
        end
        if (rst) begin
            crs_dv_q   <= 1'b1;
            settled    <= 1'b0;
            frame      <= 1'b0;
            gmii_rx_dv <= 1'b0;
            gmii_rx_er <= 1'b0;
        end
    end
endmodule

`default_nettype wire
