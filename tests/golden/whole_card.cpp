// SPDX-License-Identifier: BSD-2-Clause
//
// Superframes through the whole simulated card: from the USB host at the ULPI pins to the bytes on the wire,
// with preamble, padding and FCS checked on the way.
#include <algorithm>
#include <vector>

#include "fcs.h"
#include "golden.h"
#include "record.h"
#include "weir_sim.h"

#define MS 1000000ull
#define PACKET 512

struct card {
    weir_sim *sim = nullptr;
    uint64_t random;
    const superframe *super = nullptr;
    struct frames *out = nullptr;
    const char *error = nullptr;
};

// What frame `i` of the superframe is long before the MAC pads it.
static size_t unpadded(const superframe *super, size_t i)
{
    if (super->gso_type == WEIR_GSO_NONE)
        return super->length;
    const size_t payload = super->length - super->hdr_len, before = i * super->gso_size;
    return super->hdr_len + std::min<size_t>(super->gso_size, payload - std::min(payload, before));
}

static size_t frames_due(const superframe *super)
{
    const size_t payload = super->length - super->hdr_len;
    return super->gso_type == WEIR_GSO_NONE ? 1 : (payload + super->gso_size - 1) / super->gso_size;
}

static void on_wire(void *context, uint64_t, const uint8_t *frame, size_t length, bool preamble_ok)
{
    auto *card = static_cast<struct card *>(context);

    if (card->out == nullptr || card->out->count >= frames_due(card->super)) {
        card->error = "a frame that nobody sent";
        return;
    }
    if (!preamble_ok || !fcs_ok(frame, length)) {
        card->error = "preamble, gap or FCS is wrong";
        return;
    }
    const size_t wanted = unpadded(card->super, card->out->count), sent = length - FCS_LENGTH;
    if (sent != std::max<size_t>(wanted, FCS_MIN_FRAME))
        card->error = "a frame is too long or too short";
    else if (std::any_of(frame + wanted, frame + sent, [](uint8_t byte) { return byte != 0; }))
        card->error = "the padding is not zero";
    else
        frames_add(card->out, frame, wanted);
}

struct card *card_create(uint64_t seed)
{
    auto *card = new struct card;
    weir_sim_config config = {};
    config.seed = card->random = seed;
    config.wire_out = on_wire;
    config.wire_context = card;
    card->sim = weir_sim_create(&config);
    return card;
}

void card_destroy(struct card *card)
{
    weir_sim_destroy(card->sim);
    delete card;
}

static void on_complete(weir_usb_transfer *transfer)
{
    *static_cast<bool *>(transfer->context) = true;
}

const char *card_segment(struct card *card, const struct superframe *super, struct frames *out)
{
    std::vector<uint8_t> bytes = make_transfer(super, golden_random(&card->random));
    if (bytes.size() % PACKET == 0)
        put_padding(bytes, 0);
    if (card->sim == nullptr)
        return "the card does not enumerate";

    bool done = false;
    weir_usb_transfer transfer = {};
    transfer.endpoint = WEIR_EP_OUT;
    transfer.buffer = bytes.data();
    transfer.length = bytes.size();
    transfer.complete = on_complete;
    transfer.context = &done;
    card->super = super;
    card->out = out;
    card->error = nullptr;
    out->count = 0;
    weir_sim_submit(card->sim, &transfer);
    const uint64_t give_up = weir_sim_now(card->sim) + 100 * MS;
    while (weir_sim_now(card->sim) < give_up && card->error == nullptr &&
           !(done && out->count == frames_due(super)))
        if (weir_sim_run(card->sim, give_up) && done)
            break;
    while (!weir_sim_run(card->sim, weir_sim_now(card->sim) + MS)) // until it is quiet: nothing more may come
        ;
    card->out = nullptr;
    return card->error;
}
