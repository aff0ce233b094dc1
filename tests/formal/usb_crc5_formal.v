// SPDX-License-Identifier: BSD-2-Clause
//
// CRC5: what the sender makes the receiver accepts; one wrong bit, two, or a burst of up to five it refuses.
// Combinational, so one step says everything.
//% bounded 1
//% quick
//% with usb_crc5
//% mutant usb_crc5: token[0] ^ token[3] ^ token[4] ^ token[6] ^ token[9] => token[0] ^ token[3] ^ token[4] ^ token[6]
`default_nettype none

module usb_crc5_formal (
    input wire [10:0] token,
    input wire [15:0] flips             // bits that the cable changes
);
    wire [4:0] sent, expected;
    usb_crc5 sender (.token(token), .crc(sent));
    wire [15:0] received = {sent, token} ^ flips;
    usb_crc5 receiver (.token(received[10:0]), .crc(expected));
    wire accepted = expected == received[15:11];

    wire [15:0] one_less = flips & (flips - 16'd1);
    wire [15:0] two_less = one_less & (one_less - 16'd1);
    integer i;
    always @* begin
        if (flips == 16'd0) assert(accepted);
        else if (two_less == 16'd0) assert(!accepted);
        for (i = 0; i < 16; i = i + 1)
            if (flips[i] && (flips >> i) < 16'd32 && (flips & ((16'd1 << i) - 16'd1)) == 16'd0) assert(!accepted);
    end
endmodule

`default_nettype wire
