// SPDX-License-Identifier: BSD-2-Clause
//
// Transfers through the whole simulated card: from the USB host at the ULPI pins to the bytes on the wire,
// with preamble, padding and FCS checked on the way, and the card's own counters read after each.
#include <algorithm>
#include <vector>

#include "fcs.h"
#include "golden.h"
#include "weir_link.h"
#include "weir_sim.h"

#define MS 1000000ull

const unsigned card_cases = 2000;

struct card {
    weir_sim *sim = nullptr;
    const struct frames *wanted = nullptr;
    struct frames *out = nullptr;
    const char *error = nullptr;
    std::vector<uint8_t> before; // the counters
};

static void on_wire(void *context, uint64_t, const uint8_t *frame, size_t length, bool preamble_ok)
{
    auto *card = static_cast<struct card *>(context);
    size_t sent = length - FCS_LENGTH, unpadded = sent;

    if (card->out == nullptr) {
        card->error = "a frame that nobody sent";
        return;
    }
    if (!preamble_ok || !fcs_ok(frame, length)) {
        card->error = "preamble, gap or FCS is wrong";
        return;
    }
    if (card->out->count < card->wanted->count)
        frames_get(card->wanted, card->out->count, &unpadded);
    if (sent != std::max<size_t>(unpadded, FCS_MIN_FRAME))
        unpadded = sent; // it differs
    else if (std::any_of(frame + unpadded, frame + sent, [](uint8_t byte) { return byte != 0; }))
        card->error = "the padding is not zero";
    frames_add(card->out, frame, unpadded);
}

static void on_complete(weir_usb_transfer *transfer)
{
    *static_cast<bool *>(transfer->context) = true;
}

// Runs the transfer, and then until the card is quiet. False when it does not end, or not well.
static bool run(struct card *card, weir_usb_transfer &transfer)
{
    bool done = false;
    transfer.complete = on_complete;
    transfer.context = &done;
    weir_sim_submit(card->sim, &transfer);
    const uint64_t give_up = weir_sim_now(card->sim) + 100 * MS;
    while (!weir_sim_run(card->sim, give_up) || !done)
        if (weir_sim_now(card->sim) >= give_up)
            return false;
    return transfer.status == WEIR_USB_OK && transfer.actual == transfer.length;
}

static std::vector<uint8_t> read_counters(struct card *card)
{
    std::vector<uint8_t> counters(4 * WEIR_COUNTERS);
    weir_usb_transfer transfer = {};
    const uint8_t setup[8] = {0xC0, WEIR_REQ_GET_COUNTERS, 0, 0, 0, 0, (4 * WEIR_COUNTERS) & 0xFF, (4 * WEIR_COUNTERS) >> 8};
    std::copy(setup, setup + 8, transfer.setup);
    transfer.buffer = counters.data();
    transfer.length = counters.size();
    if (!run(card, transfer))
        counters.clear();
    return counters;
}

struct card *card_create(uint64_t seed)
{
    auto *card = new struct card;
    weir_sim_config config = {};
    config.seed = seed;
    config.wire_out = on_wire;
    config.wire_context = card;
    card->sim = weir_sim_create(&config);
    if (card->sim != nullptr)
        card->before = read_counters(card);
    return card;
}

void card_destroy(struct card *card)
{
    weir_sim_destroy(card->sim);
    delete card;
}

static unsigned grown(const std::vector<uint8_t> &before, const std::vector<uint8_t> &after, unsigned counter)
{
    uint32_t value = 0;
    for (unsigned i = 4; i-- > 0;)
        value = value << 8 | after[4 * counter + i];
    for (unsigned i = 0; i < 4; i++)
        value -= static_cast<uint32_t>(before[4 * counter + i]) << 8 * i;
    return value;
}

const char *card_send(struct card *card, const struct transfer *transfer, const struct frames *wanted,
                      const struct counts *, struct frames *out, struct counts *counts)
{
    std::vector<uint8_t> bytes(transfer->bytes, transfer->bytes + transfer->length);
    if (card->sim == nullptr || card->before.empty())
        return "the card does not enumerate";

    weir_usb_transfer usb = {};
    usb.endpoint = WEIR_EP_OUT;
    usb.buffer = bytes.data();
    usb.length = bytes.size();
    card->wanted = wanted;
    card->out = out;
    card->error = nullptr;
    out->count = 0;
    bool sent = run(card, usb);
    card->out = nullptr;
    std::vector<uint8_t> after = sent ? read_counters(card) : std::vector<uint8_t>();
    if (card->error != nullptr)
        return card->error;
    if (after.empty())
        return "the card takes no transfer any more";
    counts->superframes = grown(card->before, after, WEIR_CNT_TX_SUPERFRAMES);
    counts->segments = grown(card->before, after, WEIR_CNT_TX_SEGMENTS);
    counts->checksums = grown(card->before, after, WEIR_CNT_TX_CSUM_INSERTED);
    counts->bad_records = grown(card->before, after, WEIR_CNT_TX_BAD_RECORD);
    counts->bad_transfers = grown(card->before, after, WEIR_CNT_TX_BAD_TRANSFER);
    card->before = after;
    return nullptr;
}
