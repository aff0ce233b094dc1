// SPDX-License-Identifier: BSD-2-Clause
//
// One read or write of a PHY's register over MDIO (IEEE 802.3-2018 clause 22.2.4).
//
//     32 ones │ 01 │ 10 read, 01 write │ PHY │ register │ turnaround │ 16 bits of data, highest first
//
// Each bit has one period of MDC: mdio changes when mdc falls, either side looks at it when mdc rises; here that is what the pin was
// two clocks before. A PHY may take 300 ns to put its bit, so a period less two clocks must be more than that. The PHY shows that it is there by a 0 in the second bit of the turnaround; without one
// the pin's pull-up makes it a 1.
`default_nettype none

module mdio #(
    parameter HALF_CLOCKS = 25 // clocks of half a period of mdc, 2 to 256: 200 ns or more (25 at 125 MHz, 10 at 50 MHz)
) (
    input  wire        clk,
    input  wire        rst,

    input  wire        s_valid,
    output wire        s_ready,
    input  wire        s_write,
    input  wire [4:0]  s_phy,
    input  wire [4:0]  s_register,
    input  wire [15:0] s_data,     // to be written

    output reg         m_valid,    // pulse: done
    output wire [15:0] m_data,     // what was read, until the next one begins
    output wire        m_answered, // a PHY has answered the read

    output reg         mdc,
    output wire        mdio_o,
    output wire        mdio_oe,    // drive the pin
    input  wire        mdio_i
);
    localparam [31:0] LAST_32 = HALF_CLOCKS - 1;
    localparam [7:0] LAST = LAST_32[7:0];

    reg         busy;
    reg         reads;
    reg  [7:0]  divider;
    reg         half;    // half a period has passed
    reg  [5:0]  place;   // of the bit on the line
    reg  [31:0] shift;   // behind the preamble: its top bit is on the line, what was seen comes in below
    reg         sampled;
    wire        line;

    sync_bits pin (.clk(clk), .d(mdio_i), .q(line));

    assign s_ready    = !busy;
    assign mdio_o     = !place[5] || shift[31];
    assign mdio_oe    = busy && !(reads && place >= 6'd46);
    assign m_data     = shift[15:0];
    assign m_answered = !shift[16];

    always @(posedge clk) begin
        half    <= busy && divider == LAST;
        divider <= !busy || divider == LAST ? 8'd0 : divider + 8'd1;
        m_valid <= 1'b0;
        if (!busy) begin
            place <= 6'd0;
            mdc   <= 1'b0;
            if (s_valid) begin
                busy  <= 1'b1;
                reads <= !s_write;
                shift <= {2'b01, !s_write, s_write, s_phy, s_register, 2'b10, s_data};
            end
        end else if (half) begin
            mdc <= !mdc;
            if (!mdc) sampled <= line;
            else begin
                place <= place + 6'd1;
                if (place[5]) shift <= {shift[30:0], sampled};
                if (place == 6'd63) begin
                    busy    <= 1'b0;
                    m_valid <= 1'b1;
                end
            end
        end
        if (rst) begin
            busy    <= 1'b0;
            m_valid <= 1'b0;
            mdc     <= 1'b0;
        end
    end
endmodule

`default_nettype wire
