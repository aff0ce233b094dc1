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
`default_nettype none

module packet_memory #(
    parameter ADDR_WIDTH  = 11, // 2^ADDR_WIDTH bytes
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
    output wire                  wr_ready,

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

    reg [7:0] memory[0:(1 << ADDR_WIDTH)-1];

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
    wire [P-1:0] read_decoded;
    reg  [P-1:0] read_there;     // and in binary

    sync_bits #(.WIDTH(P)) to_wr (.clk(wr_clk), .d(read_gray), .q(read_gray_there));
    gray_decode #(.WIDTH(P)) decode (.gray(read_gray_there), .binary(read_decoded));

    assign wr_ready = descriptor_ready && !publish;

    wire [ADDR_WIDTH-1:0] taken = wr_commit ? wr_length : {ADDR_WIDTH{1'b0}};

    always @(posedge wr_clk) begin
        put         <= wr_en;
        put_address <= base[ADDR_WIDTH-1:0] + wr_offset;
        put_data    <= wr_data;
        if (put) memory[put_address] <= put_data;

        publish        <= wr_commit;
        publish_length <= wr_length;
        publish_meta   <= wr_meta;

        read_there <= read_decoded;
        base       <= base + {1'b0, taken};
        wr_free    <= {1'b1, {ADDR_WIDTH{1'b0}}} + read_there - base - {1'b0, taken};
        if (wr_rst) begin
            put        <= 1'b0;
            publish    <= 1'b0;
            read_there <= 0;
            base       <= 0;
            wr_free    <= 0;
        end
    end

    // ---- Descriptors ----
    wire frame_valid;
    wire frame_done = m_valid && m_ready && m_last;

    async_fifo #(.WIDTH(ADDR_WIDTH + META_WIDTH), .DEPTH_LOG2(FRAMES_LOG2)) descriptors (
        .s_clk(wr_clk), .s_rst(wr_rst), .s_valid(publish), .s_ready(descriptor_ready),
        .s_data({publish_meta, publish_length}),
        .m_clk(rd_clk), .m_rst(rd_rst), .m_valid(frame_valid), .m_ready(frame_done),
        .m_data({m_meta, m_length})
    );

    // ---- Reader: address → block RAM → output register; a stage moves when the next one is empty or moves ----
    reg  [P-1:0]          read;
    reg                   reading;  // the descriptor that shows is being read
    reg  [ADDR_WIDTH-1:0] left;     // bytes to fetch
    reg                   fetched;  // a byte is at the block RAM's output
    reg  [7:0]            fetched_data;
    reg                   fetched_last;
    wire [P-1:0]          read_next = read + 1'b1;
    wire                  move_output  = !m_valid || m_ready;
    wire                  move_fetched = !fetched || move_output;
    wire                  more  = reading && left != 0;
    wire                  fetch = more && move_fetched;

    always @(posedge rd_clk) begin
        if (!reading) left <= m_length;
        reading <= reading ? !frame_done : frame_valid;

        if (move_fetched) begin
            fetched_data <= memory[read[ADDR_WIDTH-1:0]];
            fetched_last <= left == 1;
            fetched      <= more;
        end
        if (fetch) begin
            left      <= left - 1'b1;
            read      <= read_next;
            read_gray <= read_next ^ (read_next >> 1);
        end

        if (move_output) begin
            m_data  <= fetched_data;
            m_last  <= fetched_last;
            m_valid <= fetched;
        end

        if (rd_rst) begin
            reading   <= 1'b0;
            fetched   <= 1'b0;
            m_valid   <= 1'b0;
            read      <= 0;
            read_gray <= 0;
        end
    end
endmodule

`default_nettype wire
