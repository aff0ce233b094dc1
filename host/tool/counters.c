// SPDX-License-Identifier: BSD-2-Clause
#include "counters.h"

#include "weir_link.h"

const struct counter_name counter_names[] = {
    {WEIR_CNT_TX_SUPERFRAMES, "tx_superframes", "superframes and frames taken from the host"},
    {WEIR_CNT_TX_SEGMENTS, "tx_segments", "frames cut from them"},
    {WEIR_CNT_TX_CSUM_INSERTED, "tx_csum_inserted", "checksums inserted"},
    {WEIR_CNT_TX_BAD_RECORD, "tx_bad_record", "records refused"},
    {WEIR_CNT_TX_BAD_TRANSFER, "tx_bad_transfer", "transfers that made no sense"},
    {WEIR_CNT_TX_FRAMES, "tx_frames", "frames sent on the wire"},
    {WEIR_CNT_TX_ARP_REPLIES, "tx_arp_replies", "of them the card's own ARP replies"},
    {WEIR_CNT_RX_FRAMES, "rx_frames", "frames received for the host"},
    {WEIR_CNT_RX_RECORDS, "rx_records", "records sent to the host"},
    {WEIR_CNT_RX_FLOW_HEADS, "rx_flow_heads", "of them whole ones that others may continue"},
    {WEIR_CNT_RX_CONTINUED, "rx_continued", "of them segments without their header"},
    {WEIR_CNT_RX_PURE_ACKS, "rx_pure_acks", "of them acknowledgements in short"},
    {WEIR_CNT_RX_ACK_HOLDS, "rx_ack_holds", "transfers of acknowledgements that waited for more"},
    {WEIR_CNT_RX_CSUM_GOOD, "rx_csum_good", "checksums verified and right"},
    {WEIR_CNT_RX_CSUM_BAD, "rx_csum_bad", "checksums verified and wrong"},
    {WEIR_CNT_RX_CSUM_UNCHECKED, "rx_csum_unchecked", "frames without a checksum to verify"},
    {WEIR_CNT_RX_ARP_ANSWERED, "rx_arp_answered", "ARP requests answered by the card"},
    {WEIR_CNT_RX_ARP_FILTERED, "rx_arp_filtered", "ARP requests for others, kept from the host"},
    {WEIR_CNT_RX_ARP_CONFLICT, "rx_arp_conflict", "ARP frames that claim our address"},
    {WEIR_CNT_ARP_RATE_LIMITED, "arp_rate_limited", "ARP requests over the rate limit"},
    {WEIR_CNT_ARP_QUEUE_FULL, "arp_queue_full", "ARP replies without room"},
    {WEIR_CNT_RX_FILTERED, "rx_filtered", "frames for others, filtered"},
    {WEIR_CNT_RX_FCS_ERROR, "rx_fcs_error", "dropped: wrong FCS"},
    {WEIR_CNT_RX_SYMBOL_ERROR, "rx_symbol_error", "dropped: symbol error"},
    {WEIR_CNT_RX_LENGTH_ERROR, "rx_length_error", "dropped: too short or too long"},
    {WEIR_CNT_RX_CSUM_DROPPED, "rx_csum_dropped", "dropped: wrong checksum"},
    {WEIR_CNT_RX_OVERFLOW, "rx_overflow", "dropped: receive memory full"},
    {WEIR_CNT_RX_DISABLED, "rx_disabled", "dropped: receiver off"},
    {WEIR_CNT_NCM_TOO_LONG, "ncm_too_long", "dropped: too long for the system's driver"},
    {WEIR_CNT_USB_OUT_PACKETS, "usb_out_packets", "USB packets from the host"},
    {WEIR_CNT_USB_IN_PACKETS, "usb_in_packets", "USB packets to the host"},
    {WEIR_CNT_USB_OUT_TRANSFERS, "usb_out_transfers", "USB transfers from the host"},
    {WEIR_CNT_USB_IN_TRANSFERS, "usb_in_transfers", "USB transfers to the host"},
    {WEIR_CNT_USB_CRC_ERROR, "usb_crc_error", "USB packets with a wrong CRC"},
    {WEIR_CNT_USB_OUT_NAK, "usb_out_nak", "USB packets from the host refused for now (NAK)"},
    {WEIR_CNT_USB_OUT_NYET, "usb_out_nyet", "USB packets taken as the last for now (NYET)"},
    {WEIR_CNT_USB_IN_RETRY, "usb_in_retry", "USB packets sent again to the host"},
    {WEIR_CNT_USB_OUT_DUPLICATE, "usb_out_duplicate", "USB packets from the host that came twice"},
};

const size_t counter_names_count = sizeof counter_names / sizeof *counter_names;
