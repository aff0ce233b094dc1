// SPDX-License-Identifier: BSD-2-Clause
//
// Frame memory between two clocks: a ring of bytes that whole frames enter, and leave in order.
//
// Why commit: the writer puts bytes anywhere into the open frame (a checksum before the bytes it sums, a header after its
// payload), and only wr_commit makes the frame real. A frame found to be broken is simply not committed; the next one
// starts at the same place.
//
//     ring:   │ free │ being read ... committed │ open frame → │ free │
//                    ^read                      ^base
//
// The reader gives each byte's room back as it reads it. Its pointer moves by one, so it crosses as Gray code; frames cross
// as descriptors (length, meta) in a FIFO, written after the frame's last byte.
//
// A block RAM takes most of a clock to give its byte. So the memory is made of banks of one row of block RAMs (at most
// 16 Ki x 1 on an ECP5), each with a register behind it (constraints/block_ram_registers.py moves it inside), and the choice between
// banks comes a clock later. The lowest bits of an address choose the bank.
`default_nettype none

module packet_memory #(
    parameter ADDR_WIDTH  = 11, // 2^ADDR_WIDTH bytes; 19 at most
    parameter META_WIDTH  = 8,  // bits that travel with a frame
    parameter FRAMES_LOG2 = 4   // 2 or more; room for 2^FRAMES_LOG2 committed frames
) (
    // Writer
    input  wire                  wr_clk,
    input  wire                  wr_rst,
    input  wire                  wr_en,
    input  wire [ADDR_WIDTH-1:0] wr_offset, // from the open frame's start, below wr_free
    input  wire [7:0]            wr_data,
    input  wire                  wr_commit, // with or after the last wr_en, only while wr_ready
    input  wire [ADDR_WIDTH-1:0] wr_length, // bytes, 1 or more
    input  wire [META_WIDTH-1:0] wr_meta,
    output reg  [ADDR_WIDTH:0]   wr_free,   // bytes the open frame may use; the clock after wr_commit it counts the new frame
    output reg                   wr_ready,  // low for two clocks at least behind wr_commit

    // Reader
    input  wire                  rd_clk,
    input  wire                  rd_rst,
    output reg                   m_valid,
    input  wire                  m_ready,
    output reg  [7:0]            m_data,
    output reg                   m_last,
    output wire [ADDR_WIDTH-1:0] m_length,  // from the frame's first valid to its last byte
    output wire [META_WIDTH-1:0] m_meta
);
    localparam P = ADDR_WIDTH + 1; // bits of a pointer: one more than an address, to tell full from empty

    localparam B = ADDR_WIDTH > 15 ? ADDR_WIDTH - 14 : 1; // bits that choose a bank

    // ---- Writer: an address register before the memory, and the commit a clock behind with it ----
    reg  [P-1:0]          base;        // the open frame's start
    reg                   put;
    reg  [ADDR_WIDTH-1:0] put_address;
    reg  [7:0]            put_data;
    reg                   publish;
    reg  [ADDR_WIDTH-1:0] publish_length;
    reg  [META_WIDTH-1:0] publish_meta;
    wire                  descriptor_ready;

    reg  [P-1:0] read_gray;      // the reader's pointer, in rd_clk
    wire [P-1:0] read_gray_there; // the same in wr_clk
    reg  [P-1:0] read_folded;    // half way to binary: the parity of four Gray bits from each bit upwards
    reg  [P-1:0] read_there;     // and in binary: the parity of all of them

    sync_bits #(.WIDTH(P)) to_wr (.clk(wr_clk), .d(read_gray), .q(read_gray_there));

    wire [P-1:0] base_next = base + {1'b0, wr_commit ? wr_length : {ADDR_WIDTH{1'b0}}};

    always @(posedge wr_clk) begin
        put         <= wr_en;
        put_address <= base[ADDR_WIDTH-1:0] + wr_offset;
        put_data    <= wr_data;

        publish        <= wr_commit;
        wr_ready       <= descriptor_ready && !publish && !wr_commit;
        publish_length <= wr_length;
        publish_meta   <= wr_meta;

        read_folded <= read_gray_there ^ (read_gray_there >> 1) ^ (read_gray_there >> 2) ^ (read_gray_there >> 3);
        read_there  <= read_folded ^ (read_folded >> 4) ^ (read_folded >> 8) ^ (read_folded >> 12) ^ (read_folded >> 16);
        base        <= base_next;
        wr_free     <= {!read_there[P-1], read_there[ADDR_WIDTH-1:0]} - base_next; // half the pointers' circle is the memory
        if (wr_rst) begin
            put         <= 1'b0;
            publish     <= 1'b0;
            wr_ready    <= 1'b0;
            read_folded <= 0;
            read_there  <= 0;
            base        <= 0;
            wr_free     <= 0;
        end
    end

    // ---- Descriptors ----
    wire frame_valid;
    wire frame_done = m_valid && m_ready && m_last;

    async_fifo #(.WIDTH(ADDR_WIDTH + META_WIDTH), .DEPTH_LOG2(FRAMES_LOG2), .PATIENT(1)) descriptors (
        .s_clk(wr_clk), .s_rst(wr_rst), .s_valid(publish), .s_ready(descriptor_ready),
        .s_data({publish_meta, publish_length}),
        .m_clk(rd_clk), .m_rst(rd_rst), .m_valid(frame_valid), .m_ready(frame_done),
        .m_data({m_meta, m_length})
    );

    // ---- Reader: address → block RAM → register → output. All stand still while the output waits: were each to move when the
    // next one does, m_ready would have to find its way through all of them in a clock, to win nothing, since a frame has no gaps.
    reg  [P-1:0]          read;
    reg                   reading;  // the descriptor that shows is being read
    reg  [ADDR_WIDTH-1:0] left;     // bytes to fetch; that it is 1, or 0, is known with it, to keep the way to the next fetch short
    reg                   left_1, left_0;
    reg                   fetched, fetched_last; // a byte is at the block RAM's output
    reg                   kept, kept_last;       // and one in the register behind it
    reg  [B-1:0]          fetched_bank, kept_bank;
    wire [(8<<B)-1:0]     bank_data;             // the register of each bank
    wire [P-1:0]          read_next = read + 1'b1;
    wire                  move  = !m_valid || m_ready;
    wire                  more  = reading && !left_0;
    wire                  fetch = more && move;

    genvar i;
    generate
        for (i = 0; i < 1 << B; i = i + 1) begin : bank
            reg [7:0] memory[0:(1 << (ADDR_WIDTH-B))-1];
            reg [7:0] fetched_data, kept_data;

            always @(posedge wr_clk)
                if (put && put_address[B-1:0] == i) memory[put_address[ADDR_WIDTH-1:B]] <= put_data;
            always @(posedge rd_clk) begin
                if (move) fetched_data <= memory[read[ADDR_WIDTH-1:B]];
                if (move) kept_data <= fetched_data;
            end
            assign bank_data[8*i +: 8] = kept_data;
        end
    endgenerate

    always @(posedge rd_clk) begin
        if (!reading) {left, left_1, left_0} <= {m_length, m_length == 1, 1'b0};
        reading <= reading ? !frame_done : frame_valid;

        if (fetch) begin
            left      <= left - 1'b1;
            left_1    <= left == 2;
            left_0    <= left_1;
            read      <= read_next;
            read_gray <= read_next ^ (read_next >> 1);
        end
        if (move) begin
            {fetched, fetched_last, fetched_bank} <= {more, left_1, read[B-1:0]};
            {kept, kept_last, kept_bank} <= {fetched, fetched_last, fetched_bank};
            {m_valid, m_last} <= {kept, kept_last};
            m_data <= bank_data[{kept_bank, 3'd0} +: 8];
        end

        if (rd_rst) begin
            reading   <= 1'b0;
            fetched   <= 1'b0;
            kept      <= 1'b0;
            m_valid   <= 1'b0;
            read      <= 0;
            read_gray <= 0;
        end
    end
endmodule

`default_nettype wire
