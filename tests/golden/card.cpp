// SPDX-License-Identifier: BSD-2-Clause
//
// Superframes through the Verilog (tx_path.v): as link records in, frames from the packet memory's write side
// out. Gaps in the stream, room in the memory and its reader's speed vary by the seed.
#include <memory>
#include <vector>

#include "Vtx_path.h"
#include "golden.h"
#include "packet_memory_model.h"
#include "weir_link.h"

struct card {
    VerilatedContext context;
    std::unique_ptr<Vtx_path> dut;
    PacketMemoryModel memory{1 << 15};
    uint64_t random;
    unsigned superframes = 0, bad = 0;
    const char *error = nullptr;
};

static void tick(card *card)
{
    Vtx_path *dut = card->dut.get();
    dut->clk = 0;
    dut->eval();
    const char *error =
        card->memory.tick(dut->wr_en, dut->wr_offset, dut->wr_data, dut->wr_commit, dut->wr_length);
    if (error != nullptr)
        card->error = error;
    card->superframes += dut->ev_superframe;
    card->bad += dut->ev_bad_record || dut->ev_bad_transfer;
    dut->clk = 1;
    dut->eval();
    dut->wr_free = card->memory.free();
    dut->wr_ready = card->memory.ready();
}

struct card *card_create(uint64_t seed)
{
    card *card = new struct card;
    card->random = seed;
    card->context.randReset(2);
    card->context.randSeed(static_cast<int>(seed % 1000000) + 1);
    card->dut.reset(new Vtx_path(&card->context));
    card->dut->s_valid = 0;
    card->dut->rst = 1;
    tick(card);
    tick(card);
    card->dut->rst = 0;
    return card;
}

void card_destroy(struct card *card)
{
    delete card;
}

// The card's field holds the pseudo-header's sum without the length, virtio's with it.
static void take_length_off(const superframe *super, uint8_t *field)
{
    uint32_t length = static_cast<uint32_t>(super->length - super->csum_start);
    uint16_t seed = model_sum(field, 2, 0xFFFF - (length & 0xFFFF));
    field[0] = static_cast<uint8_t>(seed >> 8);
    field[1] = static_cast<uint8_t>(seed);
}

static void put_record(std::vector<uint8_t> &out, const superframe *super)
{
    uint32_t tail = static_cast<uint32_t>(super->length) | static_cast<uint32_t>(super->gso_type)
                                                               << WEIR_GSO_TYPE_SHIFT;
    bool gso = super->gso_type != WEIR_GSO_NONE;
    auto low = [](uint32_t value) { return static_cast<uint8_t>(value); };
    const uint8_t header[WEIR_RECORD_HEADER] = {
        WEIR_RECORD_MAGIC,
        low(super->needs_csum ? WEIR_F_NEEDS_CSUM : 0),
        low(super->csum_start),
        low(super->csum_start >> 8u),
        low(super->csum_offset),
        low(super->csum_offset >> 8u),
        low(super->gso_size),
        low(super->gso_size >> 8u),
        low(gso ? super->hdr_len : 0u),
        low(tail),
        low(tail >> 8),
        low(tail >> 16),
    };
    out.insert(out.end(), header, header + sizeof header);
    size_t frame = out.size();
    out.insert(out.end(), super->bytes, super->bytes + super->length);
    if (gso)
        take_length_off(super, &out[frame + super->csum_start + super->csum_offset]);
    out.resize((out.size() + 3) / 4 * 4);
}

static void put_padding(std::vector<uint8_t> &out, uint8_t length)
{
    const uint8_t header[WEIR_RECORD_HEADER] = {
        WEIR_RECORD_MAGIC, WEIR_F_PAD, 0, 0, 0, 0, 0, 0, 0, length, 0, 0};
    out.insert(out.end(), header, header + sizeof header);
    out.insert(out.end(), (length + 3u) / 4 * 4, 0);
}

const char *card_segment(struct card *card, const struct superframe *super, struct frames *out)
{
    std::vector<uint8_t> transfer;
    uint64_t random = golden_random(&card->random);
    if (random % 4 == 0)
        put_padding(transfer, static_cast<uint8_t>(random >> 8));
    put_record(transfer, super);

    bool gaps = random >> 16 & 1;
    card->memory.drain = 1 + (random >> 17 & 3);
    card->memory.on_frame = [out](const uint8_t *frame, size_t length) { frames_add(out, frame, length); };
    card->superframes = card->bad = 0;
    card->error = nullptr;
    out->count = 0;

    Vtx_path *dut = card->dut.get();
    size_t sent = 0, idle = 0;
    while (idle < 2000 && card->bad == 0 && card->error == nullptr &&
           !(card->superframes && sent > transfer.size())) {
        dut->s_valid = sent <= transfer.size() && !(gaps && golden_random(&card->random) % 8 == 0);
        dut->s_eot = sent == transfer.size();
        dut->s_data = sent < transfer.size() ? transfer[sent] : 0;
        card->memory.descriptors = !gaps || golden_random(&card->random) % 4 != 0;
        dut->wr_ready = card->memory.ready();
        dut->eval();
        bool taken = dut->s_valid && dut->s_ready;
        tick(card);
        sent += taken;
        idle = taken || dut->wr_en ? 0 : idle + 1;
    }
    dut->s_valid = 0;
    if (card->error != nullptr)
        return card->error;
    if (card->bad != 0)
        return "the card calls the record or transfer bad";
    return idle < 2000 ? nullptr : "the card stands still";
}
