// SPDX-License-Identifier: BSD-2-Clause
//
// The device's address (USB 2.0 section 9.4.6), which SET_ADDRESS changes at the end of its status stage.
//
// Should the host's last ACK be lost, the card cannot know that the stage has ended; so from the moment the status packet
// was sent it answers to both addresses, until either proves to be the one.
`default_nettype none

module usb_address (
    input  wire       clk,
    input  wire       rst,              // also while the bus is being reset
    input  wire       change,           // pulse: the status packet of SET_ADDRESS has been sent
    input  wire [6:0] new_address,
    input  wire       status_ack,       // pulse: the host acknowledged a status stage

    input  wire [6:0] token_address,
    output wire       token_is_ours,
    input  wire       token_taken,      // pulse: a SETUP came to token_address
    output wire       addressed         // the address is not 0: in the Address state at least
);
    reg  [6:0] address, next_address;
    reg        moving;                  // both addresses are ours
    wire       is_next = moving & token_address == next_address;

    assign token_is_ours = token_address == address | is_next;
    assign addressed = address != 7'd0;

    always @(posedge clk) begin
        if (change) begin
            next_address <= new_address;
            moving <= 1'b1;
        end else if (moving & (status_ack | token_taken & is_next)) begin
            address <= next_address;
            moving <= 1'b0;
        end else if (token_taken) moving <= 1'b0;
        if (rst) begin
            address <= 7'd0;
            moving <= 1'b0;
        end
    end
endmodule

`default_nettype wire
