// SPDX-License-Identifier: BSD-2-Clause
#include "weir_glue.h"

#include <string.h>

#include "weir_record.h"

#define ETHERNET_HEADER 14
#define TCP_CHECKSUM 16 // in TCP's header
#define FROM_CARD (WEIR_F_DATA_VALID | WEIR_F_CSUM_BAD | WEIR_F_CONFLICT)
#define ENDS_RUN (WEIR_TCP_PSH | WEIR_TCP_FIN)

static void give(struct weir_glue *glue, const struct weir_card_rx *rx)
{
    glue->stats->rx_frames += rx->segments;
    glue->receiver->frame(glue->receiver->context, rx);
}

static struct weir_card_rx describe(const struct weir_record *record, const uint8_t *frame, size_t length)
{
    return (struct weir_card_rx){
        .frame = frame,
        .length = length,
        .flags = record->flags & FROM_CARD,
        .segments = 1,
        .has_timestamp = weir_record_has_timestamp(record),
        .timestamp = record->timestamp,
    };
}

// ---- Giving out a run ----

// Where the run's frame begins if it is put together in place: its header stands in front of the first
// piece. Less than 0: there is no room for it.
static ptrdiff_t start_of(const struct weir_glue *glue, unsigned flow)
{
    return (ptrdiff_t)glue->piece[glue->run[flow].first].at - glue->flow[flow].length;
}

static size_t end_of(const struct weir_glue *glue, unsigned flow)
{
    const struct weir_glue_piece *last = &glue->piece[glue->run[flow].last];

    return (size_t)last->at + last->length;
}

// Whether what lies between the run's first and last byte is the run's own, or not needed any more.
static bool fits_in_place(const struct weir_glue *glue, unsigned flow)
{
    ptrdiff_t start = start_of(glue, flow);

    for (unsigned other = 0; other < WEIR_FLOWS; other++) {
        if (other == flow || glue->run[other].count == 0)
            continue;
        if ((ptrdiff_t)end_of(glue, other) > start && start_of(glue, other) < (ptrdiff_t)end_of(glue, flow))
            return false;
    }
    return start >= 0;
}

// The frame's payload put together behind room for its header. The frame.
static uint8_t *assemble(struct weir_glue *glue, unsigned flow)
{
    const struct weir_glue_run *run = &glue->run[flow];
    size_t header = glue->flow[flow].length;
    uint8_t *frame = fits_in_place(glue, flow) ? glue->transfer + start_of(glue, flow) : glue->gathered;
    uint8_t *to = frame + header;
    uint16_t at = run->first;

    for (unsigned i = 0; i < run->count; i++, at = glue->piece[at].next) {
        const struct weir_glue_piece *piece = &glue->piece[at];
        memmove(to, glue->transfer + piece->at, piece->length);
        to += piece->length;
    }
    return frame;
}

static struct weir_card_rx describe_run(const struct weir_glue_run *run, const struct weir_flow *flow)
{
    return (struct weir_card_rx){
        .length = flow->length + run->header.payload,
        .flags = WEIR_F_DATA_VALID,
        .segments = (uint16_t)run->count,
        .has_timestamp = run->has_timestamp,
        .timestamp = run->timestamp,
    };
}

static void describe_gso(struct weir_card_rx *rx, const struct weir_glue_run *run,
                         const struct weir_flow *flow)
{
    rx->flags |= WEIR_F_NEEDS_CSUM;
    rx->gso_type = flow->v6 ? WEIR_GSO_TCPV6 : WEIR_GSO_TCPV4;
    rx->gso_size = flow->payload;
    rx->hdr_len = flow->length;
    rx->csum_start = flow->tcp;
    rx->csum_offset = TCP_CHECKSUM;
    rx->ip_id_fixed = run->id_fixed;
}

static void give_run(struct weir_glue *glue, unsigned number)
{
    struct weir_glue_run *run = &glue->run[number];
    const struct weir_flow *flow = &glue->flow[number];

    if (run->count == 0)
        return;
    struct weir_card_rx rx = describe_run(run, flow);
    if (run->count == 1 && run->has_head) { // as it came
        rx.frame = glue->transfer + start_of(glue, number);
    } else {
        uint8_t *frame = assemble(glue, number);
        weir_flow_emit(flow, frame, &run->header);
        if (run->count == 1) {
            weir_flow_checksum(flow, frame, run->header.payload);
        } else {
            weir_flow_seed(flow, frame, run->header.payload);
            describe_gso(&rx, run, flow);
            glue->stats->rx_glued++;
        }
        rx.frame = frame;
    }
    run->count = 0;
    give(glue, &rx);
}

static void give_runs(struct weir_glue *glue)
{
    for (unsigned flow = 0; flow < WEIR_FLOWS; flow++)
        give_run(glue, flow);
}

// What `flow` was taken from is about to be given out: first what came before it of its connection.
static void give_same(struct weir_glue *glue, const struct weir_flow *flow)
{
    for (unsigned other = 0; other < WEIR_FLOWS; other++)
        if (glue->run[other].count > 0 && weir_flow_same(flow, &glue->flow[other]))
            give_run(glue, other);
}

// ---- Gathering it ----

// Linux cuts a frame into segments with one more identification each, or the same (RFC 6864, with DF).
static bool id_continues(const struct weir_glue_run *run, const struct weir_flow *flow, uint16_t id)
{
    uint16_t step = (uint16_t)(id - run->last_id);
    bool may_stay = (flow->head[flow->ip + 6] & 0x40) != 0; // DF

    if (flow->v6)
        return true;
    if (run->count == 1)
        return step == 1 || (step == 0 && may_stay);
    return step == !run->id_fixed;
}

// Adds a segment to the flow's run, or begins one with it; gives out what is whole.
static void add(struct weir_glue *glue, unsigned number, const struct weir_record *record,
                const struct weir_flow_segment *segment, bool is_head)
{
    struct weir_glue_run *run = &glue->run[number];
    const struct weir_flow *flow = &glue->flow[number];
    uint16_t index = (uint16_t)glue->pieces++;

    glue->piece[index] = (struct weir_glue_piece){
        .at = (uint16_t)(record->data - glue->transfer + (is_head ? flow->length : 0)),
        .length = (uint16_t)segment->payload,
    };
    if (run->count > 0 && !id_continues(run, flow, segment->id))
        give_run(glue, number);
    if (run->count == 0) {
        *run = (struct weir_glue_run){.first = index,
                                      .has_head = is_head,
                                      .header = *segment,
                                      .has_timestamp = weir_record_has_timestamp(record),
                                      .timestamp = record->timestamp};
    } else {
        if (run->count == 1)
            run->id_fixed = !flow->v6 && segment->id == run->last_id;
        glue->piece[run->last].next = index;
        run->header.payload += segment->payload;
        run->header.tcp_flags |= segment->tcp_flags & ENDS_RUN;
    }
    run->last = index;
    run->last_id = segment->id;
    run->count++;
    if (!glue->whole || segment->payload < flow->payload || segment->tcp_flags & ENDS_RUN)
        give_run(glue, number);
}

// ---- Records ----

// A frame outside the flows.
static void take_plain(struct weir_glue *glue, const struct weir_record *record)
{
    struct weir_card_rx rx = describe(record, record->data, record->length);
    struct weir_flow flow;

    if (weir_flow_take_head(&flow, record->data, record->length))
        give_same(glue, &flow);
    else
        give_runs(glue);
    give(glue, &rx);
}

// A whole frame of a flow: its head from now on.
static bool take_head(struct weir_glue *glue, unsigned number, const struct weir_record *record)
{
    struct weir_flow *flow = &glue->flow[number];

    give_run(glue, number);
    if (!weir_flow_take_head(flow, record->data, record->length))
        return false;
    give_same(glue, flow);
    flow->usable = flow->usable && (record->flags & FROM_CARD) == WEIR_F_DATA_VALID;
    if (flow->usable && flow->payload > 0) {
        struct weir_flow_segment head = weir_flow_head(flow);
        add(glue, number, record, &head, true);
        return true;
    }
    struct weir_card_rx rx = describe(record, record->data, record->length);
    give(glue, &rx);
    return true;
}

static bool take_continued(struct weir_glue *glue, unsigned number, const struct weir_record *record)
{
    struct weir_flow *flow = &glue->flow[number];
    struct weir_flow_segment segment = {
        .seq = flow->next,
        .id = weir_record_get16(record->header + WEIR_REC_IP_ID),
        .tcp_flags = record->header[WEIR_REC_TCP_FLAGS],
        .payload = record->length,
    };
    uint8_t changed = segment.tcp_flags ^ flow->head[flow->tcp + 13];

    if (segment.payload == 0 || segment.payload > flow->payload || changed & ~ENDS_RUN)
        return false;
    flow->next += record->length;
    glue->stats->rx_continued++;
    add(glue, number, record, &segment, false);
    return true;
}

static bool take_ack(struct weir_glue *glue, unsigned number, const struct weir_record *record)
{
    const struct weir_flow *flow = &glue->flow[number];
    struct weir_flow_ack ack = {
        .ack_low = weir_record_get16(record->header + WEIR_REC_ACK_LOW),
        .window = weir_record_get16(record->header + WEIR_REC_WINDOW),
        .id_low = record->header[WEIR_REC_IP_ID_LOW],
        .tsval_low = record->header[WEIR_REC_TSVAL_LOW],
        .tsecr_low = record->header[WEIR_REC_TSECR_LOW],
    };

    if (flow->payload > 0 || record->length > 0)
        return false;
    weir_flow_emit_ack(flow, glue->gathered, &ack);
    glue->stats->rx_pure_acks++;
    struct weir_card_rx rx = describe(record, glue->gathered, flow->length);
    give(glue, &rx);
    return true;
}

// False when the record makes no sense.
static bool take(struct weir_glue *glue, const struct weir_record *record)
{
    uint8_t form = record->flags & (WEIR_F_CONTINUES | WEIR_F_PURE_ACK);
    unsigned flow = record->gso_type; // the same bits

    if (flow > WEIR_FLOWS || (form == 0 && record->length < ETHERNET_HEADER))
        return false;
    if (flow == 0 && form == 0) {
        take_plain(glue, record);
        return true;
    }
    if (form == 0)
        return take_head(glue, flow - 1, record);
    if (flow == 0 || !glue->flow[flow - 1].usable || (record->flags & FROM_CARD) != WEIR_F_DATA_VALID)
        return false;
    switch (form) {
    case WEIR_F_CONTINUES:
        return take_continued(glue, flow - 1, record);
    case WEIR_F_PURE_ACK:
        return take_ack(glue, flow - 1, record);
    default:
        return false;
    }
}

void weir_glue_transfer(struct weir_glue *glue, uint8_t *transfer, size_t length)
{
    struct weir_record_reader reader = {.next = transfer, .end = transfer + length};
    struct weir_record record;

    glue->transfer = transfer;
    glue->pieces = 0;
    for (unsigned flow = 0; flow < WEIR_FLOWS; flow++)
        glue->flow[flow].usable = false;
    while (!reader.bad && weir_record_read(&reader, &record))
        reader.bad = !take(glue, &record);
    if (reader.bad)
        glue->stats->rx_bad_transfers++;
    give_runs(glue);
}
