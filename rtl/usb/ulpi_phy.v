// SPDX-License-Identifier: BSD-2-Clause
//
// The link's side of a ULPI PHY (ULPI 1.1): eight data wires that change direction become the UTMI-like interface.
//
// Receiving: a clock with dir high, after one of turn-around, carries a packet's byte (nxt high) or an RX CMD (nxt low), also
// in the middle of a packet. Sending: one TX CMD, then a byte each clock with nxt, then stp. Register writes keep the PHY's
// Function Control equal to xcvr_select, term_select, op_mode and suspend_n, and clear the pull-downs in OTG Control once.
//
// The PHY may take the bus at any moment by raising dir. So nothing here waits for an answer that dir can swallow: a register
// write that was cut short is simply still due and starts again; a packet not yet begun is kept back behind an RX CMD, but
// thrown away when another packet came in between, since its time is over.
//
//             ┌───────── tx_valid ──────────> TX_CMD ── nxt ──> TX_DATA ── nxt, no more bytes: stp ──> IDLE
//     IDLE ───┤                                  └── packet arrives ──┴──> TX_DROP ── tx_valid low ──> IDLE
//             └─ register differs ─> REG_CMD ── nxt ──> REG_DATA ── nxt ──> REG_STOP (stp) ──> IDLE; dir: back to IDLE
`default_nettype none

module ulpi_phy (
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
    input  wire       utmi_suspend_n
);
    localparam [1:0] LINE_J = 2'b01;
    localparam [5:0] FUNCTION_CONTROL = 6'h04;
    localparam [5:0] OTG_CONTROL = 6'h0A;

    // ---- Receiving (ULPI 1.1 sections 3.8.1.2 and 3.8.2.4) ----
    reg  dir_before;
    wire receiving = ulpi_dir & dir_before;

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
        end else if (!ulpi_nxt) begin
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
    wire       function_due = !function_known | function_sent != function_wanted;
    wire       write_due = !otg_known | function_due;

    // In low power mode the PHY has stopped its clock and drives the line state on data[1:0]; stp wakes it. No clock is
    // needed for that: anything but J on the line asks for stp combinationally (ULPI 1.1 section 3.9), and so does
    // utmi_suspend_n, when the card wakes the host.
    wire asleep = function_known & ~function_sent[6];
    reg  slept;

    // ---- Sending ----
    localparam [2:0] IDLE = 3'd0, TX_CMD = 3'd1, TX_DATA = 3'd2, TX_DROP = 3'd3,
                     REG_CMD = 3'd4, REG_DATA = 3'd5, REG_STOP = 3'd6;
    reg  [2:0] state;
    reg  [7:0] data;
    reg        stop;
    wire       no_pid = utmi_op_mode == 2'd2;
    wire       may_start = state == IDLE & !ulpi_dir & !stop;
    wire       start_write = may_start & write_due;
    wire       start_packet = may_start & !write_due & utmi_tx_valid;
    wire       accepted = ulpi_nxt & !ulpi_dir & !dir_before;

    assign utmi_tx_ready = (start_packet & !no_pid) | (state == TX_CMD & accepted) | (state == TX_DATA & accepted)
                         | state == TX_DROP;
    assign ulpi_data_o = data;
    assign ulpi_data_oe = !ulpi_dir & !dir_before;
    assign ulpi_stp = (stop & !ulpi_dir) | rst | (asleep & receiving & (ulpi_data_i[1:0] != LINE_J | utmi_suspend_n));

    always @(posedge usb_clk) begin
        stop <= 1'b0;
        case (state)
        IDLE: begin
            data <= 8'h00;
            if (start_write) begin
                writing_function <= otg_known;
                data <= {2'b10, otg_known ? FUNCTION_CONTROL : OTG_CONTROL};
                state <= REG_CMD;
            end else if (start_packet) begin
                data <= {4'b0100, no_pid ? 4'h0 : utmi_tx_data[3:0]};
                state <= TX_CMD;
            end
        end
        TX_CMD, TX_DATA:
            if (ulpi_dir & (state == TX_DATA | utmi_rx_active)) begin
                data <= 8'h00;
                state <= TX_DROP;
            end else if (accepted) begin
                data <= utmi_tx_valid ? utmi_tx_data : 8'h00;
                stop <= !utmi_tx_valid;
                state <= utmi_tx_valid ? TX_DATA : IDLE;
            end
        TX_DROP:
            if (!utmi_tx_valid) state <= IDLE;
        REG_CMD:
            if (ulpi_dir) state <= IDLE;
            else if (accepted) begin
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
        default: begin // REG_STOP
            if (!ulpi_dir & writing_function) function_known <= 1'b1;
            if (!ulpi_dir & !writing_function) otg_known <= 1'b1;
            state <= IDLE;
        end
        endcase

        // A PHY that wakes has set SuspendM itself, so what it holds is no longer what was written.
        slept <= asleep & (slept | receiving);
        if (asleep & slept & !ulpi_dir) function_known <= 1'b0;

        if (rst) begin
            state <= IDLE;
            data <= 8'h00;
            stop <= 1'b0;
            slept <= 1'b0;
            otg_known <= 1'b0;
            function_known <= 1'b0;
        end
    end
endmodule

`default_nettype wire
