// SPDX-License-Identifier: BSD-2-Clause
//
// The byte-wide adder makes RFC 1071's sum: 16-bit words, the first byte the upper one, with the carry brought round.
//
// For any number of bytes; the sum reads right after an even number of them that ends with two zeros (or is nothing).
//% induction 2
//% quick
//% mutant-depth 10
//% mutant tx_checksum: turn <= other; => turn <= turn;
//% mutant tx_checksum: {1'b0, turn} + {1'b0, data} + {8'd0, carry} => {1'b0, turn} + {1'b0, data}

    reg f_past = 1'b0;
    always @(posedge clk) f_past <= 1'b1;
    always @* if (!f_past) assume(clear);

    reg  [15:0] f_sum;                  // as anyone would add it up
    reg         f_odd;                  // the next byte is a word's lower one
    reg  [1:0]  f_zeros;                // bytes of zero since the last other one
    wire [16:0] f_added = {1'b0, f_sum} + (f_odd ? {9'd0, data} : {1'b0, data, 8'd0});
    always @(posedge clk)
        if (clear) {f_sum, f_odd, f_zeros} <= 19'd2;
        else if (add) begin
            f_sum <= f_added[15:0] + {15'd0, f_added[16]};
            f_odd <= !f_odd;
            f_zeros <= data != 0 ? 2'd0 : f_zeros == 2'd2 ? 2'd2 : f_zeros + 2'd1;
        end

    // What stands in the halves, with the carry that is under way.
    wire [16:0] f_value = f_odd ? {1'b0, other, turn} + {16'd0, carry} : {1'b0, turn, other} + {8'd0, carry, 8'd0};
    always @* if (f_past) begin
        assert(f_sum == f_value[15:0] + {15'd0, f_value[16]});
        if (!f_odd && f_zeros == 2'd2) assert(sum == f_sum);            // what the segmenter builds on
        if (f_sum == 0) assert({carry, turn, other} == 0);
        if (f_zeros == 2'd2) assert(!carry);
        if (f_zeros == 2'd1) assert(!carry || (other == 0 && turn != 8'hFF));
        assert(!(carry && turn == 8'hFF && other == 8'hFF));            // which would come only from itself
    end
