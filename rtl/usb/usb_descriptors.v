// SPDX-License-Identifier: BSD-2-Clause
//
// The descriptors: USB 2.0 section 9.6, BOS (USB 3.2 section 9.6.2), Microsoft OS 2.0 (its specification 1.0), and the test packet.
// They stand one behind the other in a memory, byte for byte as they are sent; numbers shared with the host come from
// link/weir_link.vh. The serial number is the MAC address in hexadecimal, and is computed.
//
// A configuration stands here twice, with full-speed and with high-speed packet sizes: one is the configuration, the other
// the other-speed configuration, by the speed of the bus. Byte 1 is what tells them apart.
//
// Windows finds the platform capability in the BOS, asks for the Microsoft OS set by vendor request, and binds WinUSB.
// The set speaks of the whole device, so it means whatever configuration Windows chooses, which is the first.
`default_nettype none
`include "weir_link.vh"

module usb_descriptors #(
    parameter NCM          = 0,         // 1: configuration 2 is there
    parameter HIGH_SPEED   = 1,         // 0: the front knows full speed only, so there is no other speed
    parameter SELF_POWERED = 0,
    parameter MAX_POWER    = 500        // mA from the bus, even, up to 500
) (
    input  wire        clk,
    input  wire        high_speed,
    input  wire [47:0] mac_address,     // first byte on the wire in bits 47..40

    // What is asked for; `found` and `length` follow one clock later
    input  wire [1:0]  what,            // 0 descriptor, 1 Microsoft OS 2.0 set, 2 test packet, 3 nothing: two zeros
    input  wire [7:0]  kind,            // of a descriptor: GET_DESCRIPTOR's wValue
    input  wire [7:0]  index,
    output reg         found,
    output reg  [7:0]  length,          // of all of it; for configurations and BOS wTotalLength

    input  wire [7:0]  offset,
    output wire [7:0]  data             // of the offset one clock before
);
    localparam [7:0] DEVICE = 8'd1, CONFIGURATION = 8'd2, STRING = 8'd3, INTERFACE = 8'd4, ENDPOINT = 8'd5,
                     QUALIFIER = 8'd6, OTHER_SPEED = 8'd7, BOS = 8'd15, CAPABILITY = 8'd16;
    localparam [7:0] BULK = 8'd2, INTERRUPT = 8'd3;
    localparam [7:0] OUT_ADDRESS = `WEIR_EP_OUT, IN_ADDRESS = `WEIR_EP_IN, NOTIFY_ADDRESS = `WEIR_EP_NOTIFY;
    localparam [15:0] VID = `WEIR_USB_VID, PID = `WEIR_USB_PID, NOTIFY_SIZE = `WEIR_NOTIFY_SIZE;
    localparam [7:0] CLASS = `WEIR_INTERFACE_CLASS, SUBCLASS = `WEIR_INTERFACE_SUBCLASS;
    localparam [7:0] MAJOR = `WEIR_VERSION_MAJOR, MINOR = `WEIR_VERSION_MINOR, VENDOR_CODE = `WEIR_REQ_MS_OS_20;
    localparam [7:0] CONFIGURATIONS = NCM != 0 ? 8'd2 : 8'd1;
    localparam [7:0] ATTRIBUTES = SELF_POWERED != 0 ? 8'hE0 : 8'hA0;    // with remote wake-up
    localparam HALF_POWER = MAX_POWER / 2;
    localparam [7:0] POWER = HALF_POWER[7:0];

    // Little endian, leftmost byte first.
    function [15:0] le16;
        input [15:0] value;
        le16 = {value[7:0], value[15:8]};
    endfunction

    function [15:0] bulk_size;
        input fast;
        bulk_size = fast ? le16(16'd512) : le16(16'd64);
    endfunction

    // 8 ms: frames at full speed, 2^(n-1) microframes at high speed.
    function [7:0] notify_interval;
        input fast;
        notify_interval = fast ? 8'd7 : 8'd8;
    endfunction

    // ASCII to UTF-16LE, up to 40 characters, all flushed to the right.
    function [16*40-1:0] utf16;
        input [8*40-1:0] text;
        integer i;
        for (i = 0; i < 40; i = i + 1) utf16[16*i +: 16] = {text[8*i +: 8], 8'h00};
    endfunction

    // ---- Device (9.6.1), qualifier (9.6.2), configuration 1 (9.6.3 to 9.6.6) ----
    localparam [8*18-1:0] DEVICE_BYTES = {
        8'd18, DEVICE, le16(16'h0201), 24'h000000, 8'd64, le16(VID), le16(PID), MINOR, MAJOR,
        8'd1, 8'd2, 8'd3, CONFIGURATIONS};
    localparam [8*10-1:0] QUALIFIER_BYTES = {
        8'd10, QUALIFIER, le16(16'h0201), 24'h000000, 8'd64, CONFIGURATIONS, 8'd0};

    localparam CONFIGURATION_LENGTH = 39;

    function [8*CONFIGURATION_LENGTH-1:0] weir_configuration;
        input fast;
        weir_configuration = {
            8'd9, CONFIGURATION, le16(CONFIGURATION_LENGTH), 8'd1, 8'd1, 8'd0, ATTRIBUTES, POWER,
            8'd9, INTERFACE, 8'd0, 8'd0, 8'd3, CLASS, SUBCLASS, MAJOR, 8'd0,
            8'd7, ENDPOINT, OUT_ADDRESS, BULK, bulk_size(fast), 8'd0,
            8'd7, ENDPOINT, IN_ADDRESS, BULK, bulk_size(fast), 8'd0,
            8'd7, ENDPOINT, NOTIFY_ADDRESS, INTERRUPT, le16(NOTIFY_SIZE), notify_interval(fast)
        };
    endfunction

    `include "usb_descriptors_ncm.vh"

    // ---- Strings (9.6.7): English (United States) ----
    localparam [16*40-1:0] MAKER_TEXT = utf16("Weir"), PRODUCT_TEXT = utf16("Weir network card");
    localparam [8*4-1:0] LANGUAGES_BYTES = {8'd4, STRING, le16(16'h0409)};
    localparam [8*10-1:0] MAKER_BYTES = {8'd10, STRING, MAKER_TEXT[16*4-1:0]};
    localparam [8*36-1:0] PRODUCT_BYTES = {8'd36, STRING, PRODUCT_TEXT[16*17-1:0]};
    localparam [8*26-1:0] SERIAL_BYTES = {8'd26, STRING, 192'd0};

    // ---- BOS: Microsoft's platform capability alone ----
    // bcdUSB 2.01 brings a BOS; 2.10 would bring a USB 2.0 extension too, which has to announce link power management.
    localparam [8*162-1:0] MS_OS_BYTES = {
        le16(16'd10), le16(16'd0), 32'h00000306, le16(16'd162),             // set header, Windows 8.1
        le16(16'd20), le16(16'd3), "WINUSB", 16'd0, 64'd0,                  // compatible ID
        le16(16'd132), le16(16'd4), le16(16'd7),                            // registry property, REG_MULTI_SZ
        le16(16'd42), GUIDS_TEXT[16*20-1:0], 16'd0, le16(16'd80), GUID_TEXT[16*38-1:0], 32'd0};
    localparam [16*40-1:0] GUIDS_TEXT = utf16("DeviceInterfaceGUIDs"),
                           GUID_TEXT = utf16("{B9D0BDDF-F970-4BF9-8944-A267D4BFD89F}");
    localparam [8*33-1:0] BOS_BYTES = {
        8'd5, BOS, le16(16'd33), 8'd1,
        8'd28, CAPABILITY, 8'd5, 8'd0, 128'hDF60DDD8_8945C74C_9CD2659D_9E648A9F,
        32'h00000306, le16(16'd162), VENDOR_CODE, 8'd0};

    // ---- Test packet (7.1.20), between PID and CRC ----
    localparam [8*53-1:0] TEST_BYTES = {
        {9{8'h00}}, {8{8'hAA}}, {8{8'hEE}}, 8'hFE, {11{8'hFF}}, 56'h7FBFDFEFF7FBFD, 72'hFC7EBFDFEFF7FBFD7E};

    // ---- The memory ----
    localparam FULL = 0, HIGH = FULL + CONFIGURATION_LENGTH, AT_DEVICE = HIGH + CONFIGURATION_LENGTH,
               AT_QUALIFIER = AT_DEVICE + 18, LANGUAGES = AT_QUALIFIER + 10, MAKER = LANGUAGES + 4,
               PRODUCT = MAKER + 10, SERIAL = PRODUCT + 36, AT_BOS = SERIAL + 26, MS_OS = AT_BOS + 33,
               TEST = MS_OS + 162, COMMON = TEST + 53;
    localparam ZEROS = SERIAL + 2;      // 24 of them, which is where the serial number is computed
    localparam FULL_2 = COMMON, HIGH_2 = FULL_2 + NCM_LENGTH;
    localparam [8*COMMON-1:0] COMMON_BYTES = {
        weir_configuration(1'b0), weir_configuration(1'b1), DEVICE_BYTES, QUALIFIER_BYTES, LANGUAGES_BYTES, MAKER_BYTES,
        PRODUCT_BYTES, SERIAL_BYTES, BOS_BYTES, MS_OS_BYTES, TEST_BYTES};
    localparam [16*NCM_LENGTH-1:0] NCM_BYTES = {ncm_configuration(1'b0), ncm_configuration(1'b1)};

    localparam ADDR_WIDTH = NCM != 0 ? 10 : 9, SIZE = 1 << ADDR_WIDTH;
    reg [7:0] memory [0:SIZE-1];
    reg [7:0] rom;
    reg [9:0] base;
    wire [9:0] address = base + {2'd0, offset};
    wire      unused = &{1'b0, address[9:ADDR_WIDTH-1]};
    integer   i;

    initial begin
        for (i = 0; i < COMMON; i = i + 1) memory[i] = COMMON_BYTES[8*(COMMON - 1 - i) +: 8];
        for (i = COMMON; i < SIZE; i = i + 1)
            memory[i] = NCM != 0 & i < COMMON + 2 * NCM_LENGTH ? NCM_BYTES[8*(COMMON + 2*NCM_LENGTH - 1 - i) +: 8] : 8'h00;
    end
    always @(posedge clk) rom <= memory[address[ADDR_WIDTH-1:0]];

    // ---- Which of them ----
    wire fast = high_speed ^ kind == OTHER_SPEED;
    wire second = NCM != 0 & index == 8'd1;
    reg  is_serial;

    always @(posedge clk) begin
        found <= index == 8'd0;
        is_serial <= 1'b0;
        case ({what, kind})
        {2'd0, DEVICE}: {base, length} <= {AT_DEVICE[9:0], 8'd18};
        {2'd0, QUALIFIER}: begin
            {base, length} <= {AT_QUALIFIER[9:0], 8'd10};
            found <= index == 8'd0 & HIGH_SPEED != 0;
        end
        {2'd0, CONFIGURATION}, {2'd0, OTHER_SPEED}: begin
            base <= second ? (fast ? HIGH_2[9:0] : FULL_2[9:0]) : fast ? HIGH[9:0] : FULL[9:0];
            length <= second ? NCM_LENGTH : CONFIGURATION_LENGTH;
            found <= (index == 8'd0 | second) & (kind == CONFIGURATION | HIGH_SPEED != 0);
        end
        {2'd0, STRING}: begin
            found <= index < 8'd4;
            is_serial <= index[1:0] == 2'd3;
            case (index[1:0])
            2'd0: {base, length} <= {LANGUAGES[9:0], 8'd4};
            2'd1: {base, length} <= {MAKER[9:0], 8'd10};
            2'd2: {base, length} <= {PRODUCT[9:0], 8'd36};
            default: {base, length} <= {SERIAL[9:0], 8'd26};
            endcase
        end
        {2'd0, BOS}: {base, length} <= {AT_BOS[9:0], 8'd33};
        default: begin
            {base, length} <= what[1] ? {TEST[9:0], 8'd53} : {MS_OS[9:0], 8'd162};
            if (what == 2'd3) base <= ZEROS[9:0];
            found <= what != 2'd0;
        end
        endcase
    end

    // ---- What the memory does not hold: it has zeros there, or fewer ones, so that behind its long way there is but an OR ----
    reg        is_other_speed;
    reg  [7:0] value;
    wire [3:0] character = offset[4:1] - 4'd1;
    wire [3:0] digit = mac_address[{4'd11 - character, 2'd0} +: 4];

    always @(posedge clk) begin
        is_other_speed <= what == 2'd0 & kind == OTHER_SPEED;
        value <= 8'd0;
        if (is_other_speed & offset == 8'd1) value <= OTHER_SPEED;
        else if (is_serial & !offset[0] & offset != 8'd0) value <= digit > 4'd9 ? 8'h37 + {4'd0, digit} : {4'h3, digit};
    end
    assign data = rom | value;
endmodule

`default_nettype wire
