// SPDX-License-Identifier: BSD-2-Clause
//
// Configuration 2 of usb_descriptors.v: CDC-NCM 1.0 (sections 5.2 and 5.3), an Ethernet adapter for the host's own driver.
// Interface 0 is the communication interface with the notification endpoint; interface 1 carries data in alternate
// setting 1, and nothing in setting 0. iMACAddress is the serial number string: both are the MAC address in hexadecimal.
localparam NCM_LENGTH = 86;

function [8*NCM_LENGTH-1:0] ncm_configuration;
    input fast;
    ncm_configuration = {
        8'd9, CONFIGURATION, le16(NCM_LENGTH), 8'd2, 8'd2, 8'd0, ATTRIBUTES, POWER,
        8'd9, INTERFACE, 8'd0, 8'd0, 8'd1, 8'h02, 8'h0D, 8'h00, 8'd0,       // communication, NCM, no encapsulated commands
        8'd5, 8'h24, 8'h00, le16(16'h0110),                                 // CDC 1.10
        8'd5, 8'h24, 8'h06, 8'd0, 8'd1,                                     // union: interface 0 controls interface 1
        8'd13, 8'h24, 8'h0F, 8'd3, 32'd0, le16(16'd1514), le16(16'd0), 8'd0, // Ethernet: iMACAddress, longest frame
        8'd6, 8'h24, 8'h1A, le16(16'h0100), 8'h01,                          // NCM 1.00; SET_ETHERNET_PACKET_FILTER
        8'd7, ENDPOINT, NOTIFY_ADDRESS, INTERRUPT, le16(16'd16), notify_interval(fast),
        8'd9, INTERFACE, 8'd1, 8'd0, 8'd0, 8'h0A, 8'h00, 8'h01, 8'd0,       // data, NTBs; alternate setting 0
        8'd9, INTERFACE, 8'd1, 8'd1, 8'd2, 8'h0A, 8'h00, 8'h01, 8'd0,       // alternate setting 1
        8'd7, ENDPOINT, OUT_ADDRESS, BULK, bulk_size(fast), 8'd0,
        8'd7, ENDPOINT, IN_ADDRESS, BULK, bulk_size(fast), 8'd0
    };
endfunction
