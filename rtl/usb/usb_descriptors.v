// SPDX-License-Identifier: BSD-2-Clause
//
// The descriptors (USB 2.0 section 9.6), read byte by byte. Numbers shared with the host come from link/weir_link.vh.
//
// The configuration stands here twice, with full-speed and with high-speed packet sizes: one is the configuration, the other
// the other-speed configuration, by the speed of the bus. Byte 1 of any descriptor is its type, so it is the type asked for.
// Strings are kept as ASCII and widened; the serial number is the MAC address in hexadecimal.
`default_nettype none
`include "weir_link.vh"

module usb_descriptors (
    input  wire        clk,
    input  wire        high_speed,
    input  wire [47:0] mac_address,     // first byte on the wire in bits 47..40

    // GET_DESCRIPTOR's wValue; `found` and `length` follow one clock later
    input  wire [7:0]  kind,
    input  wire [7:0]  index,
    output reg         found,
    output reg  [7:0]  length,          // of the whole descriptor; for configurations wTotalLength

    input  wire [7:0]  offset,
    output wire [7:0]  data             // of the offset one clock before
);
    localparam [7:0] DEVICE = 8'd1, CONFIGURATION = 8'd2, STRING = 8'd3, INTERFACE = 8'd4, ENDPOINT = 8'd5,
                     QUALIFIER = 8'd6, OTHER_SPEED = 8'd7;
    localparam [7:0] CONFIGURATION_LENGTH = 8'd39;
    localparam [15:0] VID = `WEIR_USB_VID, PID = `WEIR_USB_PID;
    localparam [7:0] BULK = 8'd2, INTERRUPT = 8'd3;

    // ---- Which descriptor ----
    localparam [2:0] AT_DEVICE = 3'd0, AT_QUALIFIER = 3'd1, AT_FULL = 3'd2, AT_HIGH = 3'd3,
                     AT_LANGUAGES = 3'd4, AT_MAKER = 3'd5, AT_PRODUCT = 3'd6, AT_SERIAL = 3'd7;
    reg [2:0] at;

    always @(posedge clk) begin
        found <= index == 8'd0;
        case (kind)
        DEVICE:        begin at <= AT_DEVICE;    length <= 8'd18; end
        QUALIFIER:     begin at <= AT_QUALIFIER; length <= 8'd10; end
        CONFIGURATION: begin at <= high_speed ? AT_HIGH : AT_FULL; length <= CONFIGURATION_LENGTH; end
        OTHER_SPEED:   begin at <= high_speed ? AT_FULL : AT_HIGH; length <= CONFIGURATION_LENGTH; end
        default: begin // STRING
            at <= {1'b1, index[1:0]};
            found <= kind == STRING & index < 8'd4;
            case (index[1:0])
            2'd0: length <= 8'd4;
            2'd1: length <= 8'd2 + 8'd2 * 8'd4;     // "Weir"
            2'd2: length <= 8'd2 + 8'd2 * 8'd17;    // "Weir network card"
            2'd3: length <= 8'd2 + 8'd2 * 8'd12;
            endcase
        end
        endcase
    end

    // ---- Its bytes. Address: {which, offset}, for strings {which, character}. ----
    wire       is_string = at[2];
    wire [4:0] character = offset[5:1] - 5'd1;
    wire [8:0] address = {at, is_string ? {1'b0, character} : offset[5:0]};
    reg  [7:0] rom;

    always @(posedge clk)
        case (address)
        // device (9.6.1)
        {AT_DEVICE, 6'd0}: rom <= 8'd18;
        {AT_DEVICE, 6'd3}: rom <= 8'h02;                        // bcdUSB 2.00
        {AT_DEVICE, 6'd7}: rom <= 8'd64;                        // bMaxPacketSize0
        {AT_DEVICE, 6'd8}: rom <= VID[7:0];
        {AT_DEVICE, 6'd9}: rom <= VID[15:8];
        {AT_DEVICE, 6'd10}: rom <= PID[7:0];
        {AT_DEVICE, 6'd11}: rom <= PID[15:8];
        {AT_DEVICE, 6'd12}: rom <= `WEIR_VERSION_MINOR;         // bcdDevice
        {AT_DEVICE, 6'd13}: rom <= `WEIR_VERSION_MAJOR;
        {AT_DEVICE, 6'd14}: rom <= 8'd1;                        // iManufacturer
        {AT_DEVICE, 6'd15}: rom <= 8'd2;                        // iProduct
        {AT_DEVICE, 6'd16}: rom <= 8'd3;                        // iSerialNumber
        {AT_DEVICE, 6'd17}: rom <= 8'd1;                        // bNumConfigurations
        // device qualifier (9.6.2)
        {AT_QUALIFIER, 6'd0}: rom <= 8'd10;
        {AT_QUALIFIER, 6'd3}: rom <= 8'h02;
        {AT_QUALIFIER, 6'd7}: rom <= 8'd64;
        {AT_QUALIFIER, 6'd8}: rom <= 8'd1;
        // configuration (9.6.3)
        {AT_FULL, 6'd0}, {AT_HIGH, 6'd0}: rom <= 8'd9;
        {AT_FULL, 6'd2}, {AT_HIGH, 6'd2}: rom <= CONFIGURATION_LENGTH;
        {AT_FULL, 6'd4}, {AT_HIGH, 6'd4}: rom <= 8'd1;          // bNumInterfaces
        {AT_FULL, 6'd5}, {AT_HIGH, 6'd5}: rom <= 8'd1;          // bConfigurationValue
        {AT_FULL, 6'd7}, {AT_HIGH, 6'd7}: rom <= 8'h80;         // bmAttributes: powered by the bus
        {AT_FULL, 6'd8}, {AT_HIGH, 6'd8}: rom <= 8'd250;        // bMaxPower: 500 mA
        // interface (9.6.5)
        {AT_FULL, 6'd9}, {AT_HIGH, 6'd9}: rom <= 8'd9;
        {AT_FULL, 6'd10}, {AT_HIGH, 6'd10}: rom <= INTERFACE;
        {AT_FULL, 6'd13}, {AT_HIGH, 6'd13}: rom <= 8'd3;        // bNumEndpoints
        {AT_FULL, 6'd14}, {AT_HIGH, 6'd14}: rom <= `WEIR_INTERFACE_CLASS;
        {AT_FULL, 6'd15}, {AT_HIGH, 6'd15}: rom <= `WEIR_INTERFACE_SUBCLASS;
        {AT_FULL, 6'd16}, {AT_HIGH, 6'd16}: rom <= `WEIR_VERSION_MAJOR;
        // endpoints (9.6.6): bytes 4 and 5 are wMaxPacketSize, 6 is bInterval
        {AT_FULL, 6'd18}, {AT_HIGH, 6'd18}: rom <= 8'd7;
        {AT_FULL, 6'd19}, {AT_HIGH, 6'd19}: rom <= ENDPOINT;
        {AT_FULL, 6'd20}, {AT_HIGH, 6'd20}: rom <= `WEIR_EP_OUT;
        {AT_FULL, 6'd21}, {AT_HIGH, 6'd21}: rom <= BULK;
        {AT_FULL, 6'd22}: rom <= 8'h40;
        {AT_HIGH, 6'd23}: rom <= 8'h02;
        {AT_FULL, 6'd25}, {AT_HIGH, 6'd25}: rom <= 8'd7;
        {AT_FULL, 6'd26}, {AT_HIGH, 6'd26}: rom <= ENDPOINT;
        {AT_FULL, 6'd27}, {AT_HIGH, 6'd27}: rom <= `WEIR_EP_IN;
        {AT_FULL, 6'd28}, {AT_HIGH, 6'd28}: rom <= BULK;
        {AT_FULL, 6'd29}: rom <= 8'h40;
        {AT_HIGH, 6'd30}: rom <= 8'h02;
        {AT_FULL, 6'd32}, {AT_HIGH, 6'd32}: rom <= 8'd7;
        {AT_FULL, 6'd33}, {AT_HIGH, 6'd33}: rom <= ENDPOINT;
        {AT_FULL, 6'd34}, {AT_HIGH, 6'd34}: rom <= `WEIR_EP_NOTIFY;
        {AT_FULL, 6'd35}, {AT_HIGH, 6'd35}: rom <= INTERRUPT;
        {AT_FULL, 6'd36}, {AT_HIGH, 6'd36}: rom <= `WEIR_NOTIFY_SIZE;
        {AT_FULL, 6'd38}: rom <= 8'd8;                          // 8 ms
        {AT_HIGH, 6'd38}: rom <= 8'd7;                          // 2^6 microframes, 8 ms
        // strings (9.6.7)
        {AT_MAKER, 6'd0}, {AT_PRODUCT, 6'd0}: rom <= "W";
        {AT_MAKER, 6'd1}, {AT_PRODUCT, 6'd1}: rom <= "e";
        {AT_MAKER, 6'd2}, {AT_PRODUCT, 6'd2}: rom <= "i";
        {AT_MAKER, 6'd3}, {AT_PRODUCT, 6'd3}: rom <= "r";
        {AT_PRODUCT, 6'd4}: rom <= " ";
        {AT_PRODUCT, 6'd5}: rom <= "n";
        {AT_PRODUCT, 6'd6}: rom <= "e";
        {AT_PRODUCT, 6'd7}: rom <= "t";
        {AT_PRODUCT, 6'd8}: rom <= "w";
        {AT_PRODUCT, 6'd9}: rom <= "o";
        {AT_PRODUCT, 6'd10}: rom <= "r";
        {AT_PRODUCT, 6'd11}: rom <= "k";
        {AT_PRODUCT, 6'd12}: rom <= " ";
        {AT_PRODUCT, 6'd13}: rom <= "c";
        {AT_PRODUCT, 6'd14}: rom <= "a";
        {AT_PRODUCT, 6'd15}: rom <= "r";
        {AT_PRODUCT, 6'd16}: rom <= "d";
        default: rom <= 8'h00;
        endcase

    // ---- What the memory does not hold ----
    reg       computed;
    reg [7:0] value;
    wire [3:0] digit = mac_address[{4'd11 - character[3:0], 2'd0} +: 4];

    always @(posedge clk) begin
        computed <= 1'b1;
        value <= 8'h00;
        if (offset == 8'd1) value <= kind;
        else if (!is_string) computed <= 1'b0;
        else if (offset == 8'd0) value <= length;
        else if (at == AT_LANGUAGES) value <= offset[0] ? 8'h04 : 8'h09;    // English (United States)
        else if (!offset[0]) begin
            value <= {4'h3, digit};
            if (digit > 4'd9) value <= 8'h37 + {4'd0, digit};
            computed <= at == AT_SERIAL;
        end
    end
    assign data = computed ? value : rom;
endmodule

`default_nettype wire
