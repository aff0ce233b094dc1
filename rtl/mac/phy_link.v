// SPDX-License-Identifier: BSD-2-Clause
//
// Finds the Ethernet PHY by MDIO, has it offer only what the card can do, and follows its link (IEEE 802.3-2018 clauses 22.2.4,
// 28, 40.5).
//
// The MAC knows full duplex alone, and no PAUSE: so the PHY offers 10 and 100 Mb/s (1000 with GIGABIT) of full duplex. A partner that
// does not negotiate is taken for one of half duplex by every PHY; such a link is told as what it is, and the card
// sends on it regardless of carrier and collisions: with a partner of half duplex it will lose frames.
//
//     FIND ─answer→ ID ─→ OFFER ... RESTART ─→ CONTROL ─→ STATUS ─→ OURS ─→ THEIRS ─→ OURS_1000 ─→ THEIRS_1000 ─→ PAUSE ⇄ HOST
//      ↑ └─ none: next address                 ↑                                                                   │
//      │                                        └─ ID, without offering again ─────────────────────────────────────┤
//      └── no answer to a read: the PHY is gone, no link ──────────────────────────────────────────────────────────┘
//
// Status bit 2 (link) keeps a fall until it is read, so a short loss of the link is told for one round.
//
// With HOST_ACCESS the host may read and write registers of the PHY, one between two steps of the above, or have it told anew what to
// offer. So it can force the speed (register 0, clause 22.2.4.1): then that is what is told, and in loopback a link at it,
// whatever the PHY says of its cable, because the pins' side goes by this speed.
`default_nettype none

module phy_link #(
    parameter HALF_CLOCKS = 25, // of mdio
    parameter ADDRESS     = 0,  // where to look first
    parameter SEARCH      = 1,  // 0: nowhere else
    parameter GIGABIT     = 1,  // 0: the PHY, or the way to it, has 10 and 100 Mb/s only
    parameter PAUSE_LOG2  = 16, // 2^PAUSE_LOG2 clocks between two looks
    parameter HOST_ACCESS = 1   // 0: leaves out what the host asks for
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        enable,      // the PHY can be spoken to; phy_reset's `ready`

    output reg  [3:0]  link_status, // bits of WEIR_REG_LINK: link, speed (0 = 10, 1 = 100, 2 = 1000 Mb/s), full duplex
    output reg         found,       // a PHY answers
    output reg  [4:0]  address,     // of it
    output reg  [31:0] id,          // registers 2 and 3, the former on top

    input  wire        s_valid,     // the host asks for something, until s_done; withdrawn without it, nobody wants the answer any more
    input  wire [22:0] s_request,   // {set up anew, write, register, data}
    output wire        s_done,      // pulse
    output wire [16:0] s_answer,    // with s_done: {a PHY is there, what was read}

    output wire        mdc,
    output wire        mdio_o,
    output wire        mdio_oe,
    input  wire        mdio_i
);
    localparam [3:0] FIND = 0, ID = 1, STATUS = 2, OURS = 3, THEIRS = 4, OURS_1000 = 5, THEIRS_1000 = 6, PAUSE = 7;
    localparam [3:0] OFFER = 8, OFFER_1000 = 9, RESTART = 10, HOST = 11, CONTROL = 12;
    localparam [3:0] LOOK = HOST_ACCESS != 0 ? CONTROL : STATUS;

    localparam [31:0] ADDRESS_32 = ADDRESS;
    localparam [15:0] FULL_DUPLEX = 16'h0141;      // register 4: 100BASE-TX and 10BASE-T full duplex, IEEE 802.3
    localparam [15:0] FULL_DUPLEX_1000 = 16'h0200; // register 9: 1000BASE-T full duplex
    localparam [15:0] NEGOTIATE = 16'h1200;        // register 0: negotiate, and begin anew

    reg  [3:0]  state;
    reg         offered;  // this PHY has been told
    reg         asked;    // mdio is at it
    reg  [PAUSE_LOG2-1:0] pause;

    wire        host = HOST_ACCESS != 0 && state == HOST;
    reg  [4:0]  register;
    reg  [15:0] value;
    always @* begin
        value = 16'd0;
        case (state)
        FIND:        register = 5'd2;
        ID:          register = 5'd3;
        STATUS:      register = 5'd1;
        OURS:        register = 5'd4;
        THEIRS:      register = 5'd5;
        OURS_1000:   register = 5'd9;
        THEIRS_1000: register = 5'd10;
        OFFER:       begin register = 5'd4; value = FULL_DUPLEX; end
        OFFER_1000:  begin register = 5'd9; value = FULL_DUPLEX_1000; end
        default:     begin register = 5'd0; value = NEGOTIATE; end
        endcase
        if (host) {register, value} = s_request[20:0];
    end

    wire        ready, done, answered;
    wire [15:0] data;
    wire        writes = host ? s_request[21] : state[3] && (HOST_ACCESS == 0 || state != CONTROL);
    wire        gone = done && !host && !writes && !answered;

    mdio #(.HALF_CLOCKS(HALF_CLOCKS)) mdio (
        .clk(clk), .rst(rst), .s_valid(enable && state != PAUSE && !asked), .s_ready(ready), .s_write(writes), .s_phy(address),
        .s_register(register), .s_data(value), .m_valid(done), .m_data(data), .m_answered(answered),
        .mdc(mdc), .mdio_o(mdio_o), .mdio_oe(mdio_oe), .mdio_i(mdio_i)
    );

    // ---- What was read, and what it comes to (clause 28B.3: the best that both offer) ----
    reg        up, loops, forced; // forced: to speed and duplex of `set`
    reg  [2:0] set;         // full duplex, speed
    reg  [3:0] ours;        // 100 full, 100 half, 10 full, 10 half
    reg  [3:0] theirs;
    reg  [1:0] ours_1000;   // full, half
    reg  [1:0] theirs_1000;
    wire [3:0] common      = ours & theirs;
    wire [1:0] common_1000 = ours_1000 & theirs_1000;

    reg  [2:0] best; // full duplex, speed
    always @* begin
        if (forced)                              best = set;
        else if (GIGABIT != 0 && common_1000 != 2'd0) best = {common_1000[1], 2'd2};
        else if (common[3:2] != 2'd0)            best = {common[3], 2'd1};
        else if (common[1:0] != 2'd0)            best = {common[1], 2'd0};
        else                                     best = {2'd0, theirs[3] || theirs[2]}; // heard, not negotiated with
    end

    // ---- What the host asks for ----
    wire asked_for = HOST_ACCESS != 0 && s_valid && state == PAUSE;
    wire anew = asked_for && s_request[22];
    reg  wanted; // s_valid has not fallen since

    assign s_done   = anew || (host && done && wanted);
    assign s_answer = {writes ? found : answered, data};

    always @(posedge clk) begin
        if (state != PAUSE && !host) pause <= {PAUSE_LOG2{1'b0}};
        else if (!host && !asked_for) pause <= pause + 1'b1; // so the host cannot keep the poller off
        wanted <= !host || (wanted && s_valid);
        if (ready) asked <= enable && state != PAUSE && !asked;
        if (done) begin
            asked <= 1'b0;
            case (state)
            FIND:        begin id[31:16] <= data; state <= ID; end
            ID:          begin id[15:0] <= data; state <= offered ? LOOK : OFFER; end
            OFFER:       state <= GIGABIT != 0 ? OFFER_1000 : RESTART;
            OFFER_1000:  state <= RESTART;
            RESTART:     begin offered <= 1'b1; state <= LOOK; end
            HOST:        state <= PAUSE;
            CONTROL:     begin
                loops  <= HOST_ACCESS != 0 && data[14];
                forced <= HOST_ACCESS != 0 && !data[12];
                set    <= {data[8], GIGABIT != 0 && data[6], data[13]};
                state  <= STATUS;
            end
            STATUS:      begin up <= loops || (data[2] && (data[5] || forced)); state <= OURS; end
            OURS:        begin ours <= data[8:5]; state <= THEIRS; end
            THEIRS:      begin theirs <= data[8:5]; state <= GIGABIT != 0 ? OURS_1000 : PAUSE; end
            OURS_1000:   begin ours_1000 <= data[9:8]; state <= THEIRS_1000; end
            default:     begin theirs_1000 <= data[11:10]; state <= PAUSE; end
            endcase
        end
        if (gone) begin
            state       <= PAUSE;
            found       <= 1'b0;
            offered     <= 1'b0;
            link_status <= 4'd0;
            if (SEARCH != 0) address <= address + 5'd1;
        end
        if (state == PAUSE) begin
            found       <= offered;
            link_status <= offered && up ? {best, 1'b1} : 4'd0;
            if (anew)                         offered <= 1'b0;
            else if (asked_for)               state <= HOST;
            else if (&pause || !offered)      state <= FIND;
        end
        if (rst) begin
            state       <= FIND;
            asked       <= 1'b0;
            offered     <= 1'b0;
            found       <= 1'b0;
            loops       <= 1'b0;
            forced      <= 1'b0;
            address     <= ADDRESS_32[4:0];
            link_status <= 4'd0;
        end
    end
endmodule

`default_nettype wire
