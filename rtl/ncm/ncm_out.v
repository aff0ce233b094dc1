// SPDX-License-Identifier: BSD-2-Clause
//
// CDC-NCM from the host: takes NTB-16 blocks (NCM 1.0 section 3.2) apart and hands each datagram to the segmenter as a record
// without offloads: a descriptor with its length, then its bytes.
//
// A block's table (NDP) may stand anywhere in it, and a datagram before or behind it. So a block is kept whole, in a ring of
// as many bytes as the longest block has, and walked twice: first every pointer is checked, then the datagrams are sent. A block
// with anything wrong in it, or with no datagram, is dropped whole. The next block is received while this one is sent.
//
//     ring:   | free | block being walked | block being received → | free |
//                    ^oldest              ^base                    ^written
//
// A block ends with a short packet or when it has the longest size (NCM 1.0 table 3-1). After the latter an empty packet may
// follow; it is nothing.
//
//   IDLE -> SIGNATURE -> LENGTH -> INDEX -> NDP -> NDP_LENGTH -> ENTRY -+-> (second walk) OFFER -> BODY -> ENTRY
//               ^                            ^                          |
//               |                            +------ next table --------+-> IDLE: done, or anything wrong
//               +-------------------------------------- second walk ----+
`default_nettype none

module ncm_out #(
    parameter SIZE_LOG2 = 12             // dwNtbOutMaxSize is 2^SIZE_LOG2 bytes; 11 to 15
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        flush,            // pulse: the stream starts anew, a block not received whole is gone

    // Bytes of bulk OUT; a beat with eot ends a transfer and carries no data.
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [7:0]  s_data,
    input  wire        s_eot,

    // The descriptor, and then the bytes; a record that was begun is always finished.
    output wire        m_rec_valid,
    input  wire        m_rec_ready,
    output wire [17:0] m_rec_length,
    output wire        m_valid,
    input  wire        m_ready,
    output wire [7:0]  m_data,
    output wire        m_last,

    output reg         ev_bad_block      // a block was dropped
);
    localparam P = SIZE_LOG2 + 1;        // bits of a pointer: one more than an address, to tell full from empty
    localparam [23:0] NCM = "MCN";       // signatures are "NCMH" and "NCM0" in the order of bytes
    localparam [15:0] NTH_LENGTH = 16'd12, NDP_SHORTEST = 16'd16, ETHERNET_HEADER = 16'd14;
    localparam [P-1:0] WORD = 4;         // bytes
    localparam [SIZE_LOG2-3:0] NDP_HEADER = 2; // in units of an entry
    localparam [3:0] IDLE = 0, SIGNATURE = 1, LENGTH = 2, INDEX = 3, NDP = 4, NDP_LENGTH = 5, ENTRY = 6, OFFER = 7, BODY = 8;

    reg [7:0] memory [0:(1<<SIZE_LOG2)-1];

    // ---- Receiving ----
    reg  [P-1:0] written, base, oldest;
    reg          whole;                  // the block from base to written
    reg          walking;                // the block from oldest to base
    wire         walked;                 // pulse: it is done with
    reg          full;                   // the ring; a clock behind where it empties
    wire [P-1:0] used = written - oldest;
    wire [P-1:0] received = written - base;
    wire         beat = s_valid && s_ready;
    wire         put = beat && !s_eot;

    assign s_ready = !whole && !full;

    always @(posedge clk) begin
        full <= used[SIZE_LOG2] || (put && &used[SIZE_LOG2-1:0]);
        if (put) memory[written[SIZE_LOG2-1:0]] <= s_data;
        if (put) written <= written + 1'b1;
        if (beat && s_eot) whole <= received != 0;
        else if (received[SIZE_LOG2]) whole <= 1'b1;

        if (walked) begin
            walking <= 1'b0;
            oldest  <= base;
        end else if (whole && !walking) begin
            walking <= 1'b1;
            whole   <= 1'b0;
            base    <= written;
        end
        if (flush) begin
            whole   <= 1'b0;
            base    <= base;
            walking <= walking && !walked;
            written <= base;
        end
        if (rst) begin
            whole   <= 1'b0;
            walking <= 1'b0;
            written <= 0;
            full    <= 1'b0;
            base    <= 0;
            oldest  <= 0;
        end
    end

    // ---- Reading: `left` bytes from `at`, one after the other, through `head` ----
    reg  [3:0]           state;
    reg  [SIZE_LOG2-1:0] at;
    reg  [P-1:0]         left;
    reg  [7:0]           head;
    reg                  head_valid, head_last;
    reg  [31:0]          word;           // the last four bytes, the first in the low bits
    reg  [1:0]           count;
    reg                  word_valid;     // all four are new
    wire                 in_word = state != IDLE && state != OFFER && state != BODY;
    wire                 take = head_valid && (in_word || (state == BODY && m_ready));
    reg                  jump;           // `at` moves in this clock: no byte is fetched
    wire                 fetch = left != 0 && !jump && (!head_valid || take);

    assign m_valid = state == BODY && head_valid;
    assign m_data  = head;
    assign m_last  = head_last;

    // ---- Walking: a word is judged in two clocks, the sum first, and the third acts on it ----
    reg  [P-1:0]         limit;          // the block's length
    reg  [15:0]          ndp, next_ndp;  // where this table begins, and the next one
    reg  [SIZE_LOG2-3:0] entries;        // of this table, still to come
    reg  [SIZE_LOG2-1:0] resume;         // address of the next entry
    reg  [P-1:0]         length;         // of this datagram
    reg                  sending;        // the second walk
    reg                  any;            // there is a datagram
    reg  [7:0]           steps;          // words of tables so far: a chain of tables that bites its tail must end, too

    wire [15:0] low = word[15:0], high = word[31:16];
    reg  [16:0] end_of;
    reg         no_datagram, last_entry, no_entry;
    reg         summed, judged, bad;
    wire        beyond = end_of > {{(17-P){1'b0}}, limit};
    wire        table_ends = no_datagram || last_entry; // with this entry
    reg         last_table;

    always @(posedge clk) begin
        end_of      <= {1'b0, low} + (state == INDEX ? 17'd0 : {1'b0, state == NDP_LENGTH ? ndp : high});
        no_datagram <= low == 0 || high == 0;
        last_entry  <= entries == 1;
        no_entry    <= entries == 0;
        case (state)
            SIGNATURE:  bad <= word != {"H", NCM};
            LENGTH:     bad <= low != NTH_LENGTH;
            INDEX:      bad <= beyond;
            NDP:        bad <= word != {"0", NCM};
            NDP_LENGTH: bad <= beyond || low < NDP_SHORTEST || low[1:0] != 0 || ndp < NTH_LENGTH || ndp[1:0] != 0;
            default:    bad <= no_datagram ? table_ends && last_table && !any
                                           : beyond || low < NTH_LENGTH || high < ETHERNET_HEADER;
        endcase
        if (&steps && !sending) bad <= 1'b1;
        {judged, summed} <= rst ? 2'b00 : {summed, word_valid};
    end

    wire sound    = judged && !bad;
    wire datagram = sound && state == ENTRY && !no_datagram && sending; // offer it
    wire sent     = state == BODY && take && m_last;
    wire ends     = sent ? no_entry : sound && state == ENTRY && table_ends && !datagram; // the table
    wire finished = ends && last_table && sending;

    assign walked       = finished || (judged && bad);
    assign m_rec_valid  = state == OFFER;
    assign m_rec_length = {{(18-P){1'b0}}, length};

    // Where to read on, if not at the next byte; offsets in the block, but `resume` is an address.
    localparam [1:0] TO_INDEX = 0, TO_DATAGRAM = 1, TO_TABLE = 2, TO_RESUME = 3;
    reg  [1:0]           to;
    reg  [SIZE_LOG2-1:0] target;
    always @* case (to)
        TO_INDEX:    target = high[SIZE_LOG2-1:0];
        TO_DATAGRAM: target = low[SIZE_LOG2-1:0];
        TO_TABLE:    target = next_ndp[SIZE_LOG2-1:0]; // 0: the second walk
        default:     target = resume;
    endcase

    always @(posedge clk) begin
        // The bytes
        if (fetch) begin
            head <= memory[at];
            at   <= at + 1'b1;
            left <= left - 1'b1;
            head_last <= left == 1;
        end
        if (!head_valid || take) head_valid <= fetch;
        if (take) word <= {head, word[31:8]};
        count      <= in_word ? count + {1'b0, take} : 2'd0;
        word_valid <= in_word && take && count == 2'd3;

        // The next ones
        if (sound || sent) left <= datagram ? high[P-1:0] : WORD;
        jump <= (ends || datagram || sent || (sound && state == INDEX)) && !walked;
        to   <= ends ? TO_TABLE : datagram ? TO_DATAGRAM : state == BODY ? TO_RESUME : TO_INDEX;
        if (jump) at <= target + (to == TO_RESUME ? {SIZE_LOG2{1'b0}} : oldest[SIZE_LOG2-1:0]);

        // What was learnt
        if (sound) case (state)
            INDEX: begin
                if (low != 0) limit <= low[P-1:0]; // 0: the transfer's end is the block's
                ndp <= high;
            end
            NDP_LENGTH: begin
                next_ndp   <= high;
                last_table <= high == 0;
                entries    <= low[SIZE_LOG2-1:2] - NDP_HEADER;
            end
            ENTRY: begin
                entries <= entries - 1'b1;
                length  <= high[P-1:0];
                resume  <= at;
                if (!no_datagram) any <= 1'b1;
            end
            default: ;
        endcase
        if (ends) ndp <= next_ndp;
        if (judged) steps <= steps + 1'b1;

        case (state)
            IDLE: begin
                at      <= oldest[SIZE_LOG2-1:0];
                left    <= walking ? WORD : {P{1'b0}};
                limit   <= base - oldest;
                steps   <= 0;
                any     <= 1'b0;
                sending <= 1'b0;
                if (walking) state <= SIGNATURE;
            end
            OFFER: if (m_rec_ready) state <= BODY;
            BODY:  if (sent) state <= ENTRY;
            ENTRY: if (datagram) state <= OFFER;
            default: if (sound) state <= state + 1'b1;
        endcase
        if (ends) begin
            state   <= last_table ? SIGNATURE : NDP;
            sending <= sending || last_table;
        end
        if (walked) begin
            state <= IDLE;
            left  <= 0;
        end
        ev_bad_block <= judged && bad && !rst;

        if (rst) begin
            state      <= IDLE;
            head_valid <= 1'b0;
            word_valid <= 1'b0;
        end
    end
endmodule

`default_nettype wire
