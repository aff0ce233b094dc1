// SPDX-License-Identifier: BSD-2-Clause
//
// A superframe as the transfer that the card takes, and all that can be wrong with one.
#include "golden.h"

#include <string.h>
#include "weir_link.h"

enum { USB_PACKET = 512 };

const struct record *companion_record(enum companion which)
{
    static const struct plan plans[] = {
        [COMPANION_FRAME] = {.kind = PLAN_BYTES, .payload = 46, .zero_segment = -1},
        [COMPANION_SUPERFRAME] =
            {.kind = PLAN_USO, .ipv6 = true, .mss = 35, .payload = 50, .fill = 1, .zero_segment = -1},
    };
    static struct superframe super;
    plan_build(&plans[which], &super);
    return &super.record;
}

static void put_header(struct transfer *transfer, const struct record *record)
{
    size_t tail = record->length | (size_t)record->gso_type << WEIR_GSO_TYPE_SHIFT;
    const uint8_t header[WEIR_RECORD_HEADER] = {
        WEIR_RECORD_MAGIC,
        record->flags,
        (uint8_t)record->csum_start,
        (uint8_t)(record->csum_start >> 8),
        (uint8_t)record->csum_offset,
        (uint8_t)(record->csum_offset >> 8),
        (uint8_t)record->gso_size,
        (uint8_t)(record->gso_size >> 8),
        record->hdr_len,
        (uint8_t)tail,
        (uint8_t)(tail >> 8),
        (uint8_t)(tail >> 16),
    };
    memcpy(transfer->bytes + transfer->length, header, sizeof header);
    transfer->length += sizeof header;
}

static void put_frame(struct transfer *transfer, const uint8_t *frame, size_t length)
{
    if (frame != NULL)
        memcpy(transfer->bytes + transfer->length, frame, length);
    else
        memset(transfer->bytes + transfer->length, 0, length);
    transfer->length += length;
    while (transfer->length % 4 != 0)
        transfer->bytes[transfer->length++] = 0;
}

static void put_padding(struct transfer *transfer, size_t length)
{
    put_header(transfer, &(struct record){.flags = WEIR_F_PAD, .length = length});
    put_frame(transfer, NULL, length);
}

// A value other than `old`.
static uint32_t another(uint32_t old, uint32_t value, uint32_t mask)
{
    return (value & mask) != old ? value & mask : old ^ 1;
}

// Another value in a field that says where the headers end, or what they are; in all of a byte, or the half
// that counts.
static void spoil_field(const struct plan *plan, struct superframe *super)
{
    size_t ip = super->ip_start, l4 = super->record.csum_start;
    const struct {
        size_t at;
        uint8_t mask;
    } fields[] = {{ip - 2, 0xFF},
                  {ip - 1, 0xFF},
                  {ip, 0xF0},
                  {ip, plan->ipv6 ? 0xF0 : 0x0F},
                  {plan->ipv6 ? ip : ip + 9, 0xFF},
                  {plan->kind == PLAN_USO ? ip : l4 + 12, 0xF0}};
    size_t at = fields[plan->flaw_value % 6].at;
    uint8_t mask = fields[plan->flaw_value % 6].mask, value = (uint8_t)(plan->flaw_value >> 8);
    uint8_t *byte = super->bytes + at;
    if (super->record.gso_type == WEIR_GSO_NONE)
        return;
    value = (uint8_t)((*byte & ~mask) | (value & mask));
    *byte = value != *byte ? value : *byte ^ (mask & 0x11);
}

// A header of 16 bytes: TCP's shorter by its last words, or IPv4's, whose last 4 bytes then are TCP's or
// UDP's first. Or an IPv4 header that ends 4 bytes before TCP or UDP begins.
static void spoil_short(const struct plan *plan, struct superframe *super)
{
    struct record *record = &super->record;
    if (record->gso_type == WEIR_GSO_NONE)
        return;
    if (plan->kind == PLAN_TSO && (plan->ipv6 || plan->flaw_value % 2 == 0)) {
        super->bytes[record->csum_start + 12] = 0x40;
        record->hdr_len = (uint8_t)(record->csum_start + 16);
    } else if (plan->ip_options > 0) {
        super->bytes[super->ip_start]--;
    } else if (!plan->ipv6) {
        record->csum_start = (uint16_t)(super->ip_start + 16);
        record->hdr_len = (uint8_t)(record->csum_start + (plan->kind == PLAN_USO ? 8 : 20));
        super->bytes[super->ip_start] = 0x44;
        super->bytes[record->csum_start + 12] = 0x50;
    }
}

// A frame of other size than the card sends, the record being right in itself.
static void spoil_size(const struct plan *plan, struct record *record)
{
    bool one = (plan->flaw_value >> 24) % 2 == 0; // too much
    if (plan->flaw == FLAW_TOO_SHORT) {
        *record = (struct record){.frame = record->frame, .length = 1 + plan->flaw_value % 13};
    } else if (record->gso_type == WEIR_GSO_NONE) {
        record->length = MAX_FRAME + 1 + (one ? 0 : plan->flaw_value % (MAX_RECORD - MAX_FRAME));
    } else {
        record->gso_size =
            (uint16_t)(MAX_FRAME + 1 - record->hdr_len + (one ? 0 : plan->flaw_value % (0xFFFF - MAX_FRAME)));
        record->length = record->hdr_len + record->gso_size + (plan->flaw_value >> 16) % 3;
    }
    record->there = record->length;
}

static void spoil_record(const struct plan *plan, struct superframe *super)
{
    struct record *record = &super->record;
    uint32_t value = plan->flaw_value;
    switch (plan->flaw) {
    case FLAW_GSO_SIZE:
        record->gso_size = 0;
        break;
    case FLAW_HDR_LEN:
        record->hdr_len = (uint8_t)another(record->hdr_len, value, 0xFF);
        break;
    case FLAW_CSUM_START:
        record->csum_start = (uint16_t)another(record->csum_start, value, value & 1u << 31 ? 0xFFFF : 0xFF);
        break;
    case FLAW_CSUM_OFFSET:
        if (record->gso_type == WEIR_GSO_NONE &&
            value % 2 == 0) // half of the field, or all of it, is past the end
            record->csum_offset = (uint16_t)(record->length - record->csum_start - (value >> 1) % 2);
        else
            record->csum_offset =
                (uint16_t)another(record->csum_offset, value, value & 1u << 31 ? 0xFFFF : 0x1F);
        break;
    case FLAW_NO_CSUM:
        record->flags &= (uint8_t)~WEIR_F_NEEDS_CSUM;
        break;
    case FLAW_TYPE:
        record->gso_type = (uint8_t)another(record->gso_type, value, 0xF);
        break;
    case FLAW_FLAGS:
        record->flags = (uint8_t)another(record->flags, value, value & 1u << 31 ? 0xFF : 0x09);
        break;
    case FLAW_LENGTH:
        if (value % 4 == 0) // the longest, or one too long
            record->length = MAX_RECORD + (value >> 2) % 2;
        else
            record->length = another((uint32_t)record->length, value, value & 1u << 31 ? 0x3FFFF : 0xFFF);
        break;
    case FLAW_FIELD:
        spoil_field(plan, super);
        break;
    case FLAW_SHORT:
        spoil_short(plan, super);
        break;
    case FLAW_TOO_LONG:
    case FLAW_TOO_SHORT:
        spoil_size(plan, record);
        break;
    default:
        break;
    }
}

// The transfer's last packet is a short one, as a transfer ends.
static void end(const struct plan *plan, struct transfer *transfer, size_t start)
{
    if (plan->flaw == FLAW_CUT) {
        size_t length = start + 1 + plan->flaw_value % (transfer->length - start);
        transfer->length = length % USB_PACKET == 0 ? length - 1 : length;
    } else if (transfer->length % USB_PACKET == 0) {
        put_padding(transfer, 0);
    }
}

void transfer_make(const struct plan *plan, const struct superframe *super, struct transfer *transfer)
{
    static struct superframe spoilt;

    memcpy(spoilt.bytes, super->bytes, super->record.length);
    memset(spoilt.bytes + super->record.length, 0, SUPERFRAME_ROOM - super->record.length);
    spoilt.record = super->record;
    spoilt.record.frame = spoilt.bytes;
    spoilt.ip_start = super->ip_start;
    spoil_record(plan, &spoilt);

    transfer->timing = plan->timing;
    transfer->length = 0;
    if (plan->padding_before)
        put_padding(transfer, plan->fill >> 8 & 0xFF);
    size_t start = transfer->length;
    put_header(transfer, &spoilt.record);
    if (plan->flaw == FLAW_MAGIC)
        transfer->bytes[start] = (uint8_t)another(WEIR_RECORD_MAGIC, plan->flaw_value, 0xFF);
    if (plan->flaw == FLAW_RESERVED)
        transfer->bytes[start + 11] |= plan->flaw_value & 1 ? 0x04 : 0x08;
    put_frame(transfer, spoilt.bytes, spoilt.record.there);
    if (plan->companion != COMPANION_NONE) {
        const struct record *record = companion_record(plan->companion);
        put_header(transfer, record);
        put_frame(transfer, record->frame, record->length);
    }
    end(plan, transfer, start);
}
