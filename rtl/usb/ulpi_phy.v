// SPDX-License-Identifier: BSD-2-Clause
//
// The link's side of a ULPI PHY (ULPI 1.1): eight data wires that change direction become the UTMI-like interface.
//
// Receiving: a clock with dir high, after one of turn-around, carries a packet's byte (nxt high) or an RX CMD (nxt low), also
// in the middle of a packet. Sending: one TX CMD, then a byte each clock with nxt, then stp. Register writes keep the PHY's
// Function Control equal to xcvr_select, term_select, op_mode and suspend_n. Before the first of them, so before there is a
// pull-up, they clear the pull-downs in OTG Control, and vendor and product ID are read: a PHY that is not there, or has no
// power, is known by `phy_found` staying low. One that takes writes but tells no ID is used all the same, after ID_CLOCKS.
//
// The PHY may take the bus at any moment by raising dir. So nothing here waits for an answer that dir can swallow: a register
// access that was cut short is simply still due and starts again; a packet not yet begun is kept back behind an RX CMD, but
// thrown away when another packet came in between, since its time is over.
//
// nxt comes late in the clock, so it goes to the pins' register alone: behind it a byte may wait in `kept`, and whether that
// has room is all that utmi_tx_ready tells. What is due is found out a clock ahead; after each access and packet IDLE waits for it.
//
//             ┌────────── tx_valid ──────────> TX_CMD ── nxt ──> TX_DATA ── nxt, no more bytes: stp ──> IDLE
//     IDLE ───┤                                  └── packet arrives ──┴──> TX_DROP ── tx_valid low ──> IDLE
//             ├─ register differs ─> REG_CMD ── nxt ──> REG_DATA ── nxt ──> REG_STOP (stp) ──> IDLE; dir: back to IDLE
//             └─ to be read ───────> REG_CMD ── nxt ──> READ_TURN ── dir ──> READ_DATA ──> IDLE; dir with nxt: back to IDLE
`default_nettype none

module ulpi_phy #(
    parameter ID_CLOCKS = 255           // for reading the IDs, dir low: each takes a PHY a few clocks. Up to 255
) (
    input  wire       usb_clk,          // 60 MHz, the PHY's
    input  wire       rst,

    // ULPI pins; drive the data pins while ulpi_data_oe is high
    input  wire [7:0] ulpi_data_i,
    output wire [7:0] ulpi_data_o,
    output wire       ulpi_data_oe,
    input  wire       ulpi_dir,
    input  wire       ulpi_nxt,
    output wire       ulpi_stp,

    // UTMI-like inner interface, as rtl/README.md says
    output reg        utmi_rx_active,
    output reg        utmi_rx_valid,
    output reg  [7:0] utmi_rx_data,
    output reg        utmi_rx_error,
    input  wire       utmi_tx_valid,
    input  wire [7:0] utmi_tx_data,
    output wire       utmi_tx_ready,
    output reg  [1:0] utmi_line_state,
    input  wire [1:0] utmi_xcvr_select,
    input  wire       utmi_term_select,
    input  wire [1:0] utmi_op_mode,
    input  wire       utmi_suspend_n,

    output wire       phy_found,        // it has told who it is
    output reg [31:0] phy_id            // product ID, vendor ID; once phy_found, 0 before the first byte
);
    localparam [1:0] LINE_J = 2'b01;
    localparam [5:0] FUNCTION_CONTROL = 6'h04;
    localparam [5:0] OTG_CONTROL = 6'h0A;

    localparam [3:0] IDLE = 4'd0, TX_CMD = 4'd1, TX_DATA = 4'd2, TX_DROP = 4'd3, REG_CMD = 4'd4, REG_DATA = 4'd5,
                     REG_STOP = 4'd6, READ_TURN = 4'd7, READ_DATA = 4'd8;
    reg  [3:0] state;

    // ---- Receiving (ULPI 1.1 sections 3.8.1.2 and 3.8.2.4) ----
    reg  dir_before;
    wire receiving = ulpi_dir & dir_before;
    wire register_data = state == READ_DATA & !ulpi_nxt; // where an RX CMD would be

    // Of a PHY in low power the line state comes without a clock, also when the link's goes on.
    wire [1:0] line_asleep;
    sync_bits #(.WIDTH(2)) line_sync (.clk(usb_clk), .d(ulpi_data_i[1:0]), .q(line_asleep));

    always @(posedge usb_clk) begin
        dir_before <= ulpi_dir | rst;
        utmi_rx_data <= ulpi_data_i;
        utmi_rx_valid <= receiving & ulpi_nxt & ~rst;
        if (rst) begin
            utmi_rx_active <= 1'b0;
            utmi_rx_error <= 1'b0;
            utmi_line_state <= LINE_J;
        end else if (!ulpi_dir) begin
            utmi_rx_active <= 1'b0;
            utmi_rx_error <= 1'b0;
        end else if (!dir_before) begin
            utmi_rx_active <= ulpi_nxt;
        end else if (asleep) begin
            // What comes first is of the clock yet; it may be all, an RX CMD of a PHY that stays awake when it need not.
            if (slept[2]) utmi_line_state <= line_asleep;
            else if (!slept[0] & !ulpi_nxt) utmi_line_state <= ulpi_data_i[1:0];
        end else if (!ulpi_nxt & !register_data) begin
            utmi_line_state <= ulpi_data_i[1:0];
            utmi_rx_active <= ulpi_data_i[4];
            utmi_rx_error <= ulpi_data_i[5] & ulpi_data_i[4];
        end
    end

    // ---- Which register is due ----
    wire       suspend_n;               // utmi_suspend_n may rise while no clock runs, so at any time
    sync_bits suspend_sync (.clk(usb_clk), .d(utmi_suspend_n), .q(suspend_n));
    wire [6:0] function_wanted = {suspend_n, 1'b0, utmi_op_mode, utmi_term_select, utmi_xcvr_select};
    reg  [6:0] function_sent;
    reg        function_known;          // the PHY's Function Control holds function_sent
    reg        otg_known;
    reg        writing_function;
    reg        function_due;
    reg  [2:0] next_id;                 // of the four registers 0 to 3, ULPI 1.1 section 4.2.1
    reg        reading;
    reg  [8:0] id_clocks;               // of reading them; the time is over when bit 8 is set
    wire       ids_due = !phy_found & !id_clocks[8];
    wire       register_due = ids_due | function_due; // OTG Control, then the IDs, then Function Control

    assign phy_found = next_id[2];

    // In low power mode the PHY has stopped its clock and drives the line state on data[1:0]; stp wakes it. No clock is
    // needed for that: anything but J on the line asks for stp combinationally (ULPI 1.1 section 3.9), and so does
    // utmi_suspend_n, when the card wakes the host.
    wire asleep = function_known & ~function_sent[6];
    reg  [2:0] slept;                   // for one, two and three clocks, so that line_asleep is of that time

    // ---- Sending ----
    reg  [7:0] data;
    reg        stop;
    reg  [7:0] kept;
    reg        kept_valid;
    reg        rested;                  // IDLE for a clock: what is due is known
    wire       no_pid = utmi_op_mode == 2'd2;
    wire       sending = state == TX_CMD | state == TX_DATA | state == TX_DROP;
    wire       may_start = rested & !ulpi_dir;
    wire       accepted = ulpi_nxt & !ulpi_dir & !dir_before;
    wire [3:0] pid = kept_valid ? kept[3:0] : utmi_tx_data[3:0];
    wire       too_late = kept_valid & utmi_rx_active & !sending;

    assign utmi_tx_ready = !kept_valid & (sending | !no_pid); // of a chirp's bytes none becomes the TX CMD
    assign ulpi_data_o = data;
    assign ulpi_data_oe = !ulpi_dir & !dir_before;
    assign ulpi_stp = (stop & !ulpi_dir) | rst | (asleep & receiving & (ulpi_data_i[1:0] != LINE_J | utmi_suspend_n));

    always @(posedge usb_clk) begin
        stop <= 1'b0;
        rested <= state == IDLE;
        function_due <= !function_known | function_sent != function_wanted;
        if (!kept_valid) kept <= utmi_tx_data;
        if (utmi_tx_valid) kept_valid <= 1'b1;

        case (state)
        IDLE: begin
            data <= 8'h00;
            if (too_late) state <= TX_DROP;
            else if (may_start & register_due) begin
                reading <= otg_known & ids_due;
                writing_function <= otg_known;
                data <= !otg_known ? {2'b10, OTG_CONTROL} : ids_due ? {6'b110000, next_id[1:0]} : {2'b10, FUNCTION_CONTROL};
                rested <= 1'b0;
                state <= REG_CMD;
            end else if (may_start & (kept_valid | (utmi_tx_valid & !no_pid))) begin
                data <= {4'b0100, no_pid ? 4'h0 : pid};
                kept_valid <= 1'b0;
                rested <= 1'b0;
                state <= TX_CMD;
            end
        end
        TX_CMD, TX_DATA:
            if (ulpi_dir & (state == TX_DATA | utmi_rx_active)) begin
                data <= 8'h00;
                state <= TX_DROP;
            end else if (accepted) begin
                kept_valid <= 1'b0;
                data <= kept_valid ? kept : utmi_tx_valid ? utmi_tx_data : 8'h00;
                stop <= !kept_valid & !utmi_tx_valid;
                state <= kept_valid | utmi_tx_valid ? TX_DATA : IDLE;
            end
        TX_DROP: begin
            kept_valid <= 1'b0;
            if (!utmi_tx_valid) state <= IDLE;
        end
        REG_CMD:
            if (ulpi_dir | (reading & !ids_due)) state <= IDLE;
            else if (accepted & reading) begin
                data <= 8'h00;
                state <= READ_TURN;
            end else if (accepted) begin
                data <= writing_function ? {1'b0, function_wanted} : 8'h00;
                function_sent <= function_wanted;
                if (writing_function) function_known <= 1'b0;
                state <= REG_DATA;
            end
        REG_DATA:
            if (ulpi_dir) state <= IDLE;
            else if (accepted) begin
                data <= 8'h00;
                stop <= 1'b1;
                state <= REG_STOP;
            end
        READ_TURN: // a packet that comes in this clock, told by nxt, puts the read off
            state <= ulpi_dir & !dir_before & !ulpi_nxt ? READ_DATA : IDLE;
        READ_DATA: begin
            if (ulpi_dir & !ulpi_nxt) begin
                phy_id <= {ulpi_data_i, phy_id[31:8]};
                next_id <= next_id + 1'b1;
            end
            state <= IDLE;
        end
        default: begin // REG_STOP
            if (!ulpi_dir & writing_function) function_known <= 1'b1;
            if (!ulpi_dir & !writing_function) otg_known <= 1'b1;
            state <= IDLE;
        end
        endcase

        if (otg_known & ids_due & !ulpi_dir) id_clocks <= id_clocks + 1'b1;

        // A PHY that wakes has set SuspendM itself, so what it holds is no longer what was written.
        slept <= {slept[1:0], slept[0] | receiving} & {3{asleep}};
        if (asleep & slept[0] & !ulpi_dir) function_known <= 1'b0;

        if (rst) begin
            state <= IDLE;
            data <= 8'h00;
            stop <= 1'b0;
            kept_valid <= 1'b0;
            rested <= 1'b0;
            slept <= 3'd0;
            otg_known <= 1'b0;
            next_id <= 3'd0;
            phy_id <= 32'd0;
            id_clocks <= 9'd256 - ID_CLOCKS[8:0];
            function_known <= 1'b0;
        end
    end
endmodule

`default_nettype wire
