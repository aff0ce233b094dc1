// SPDX-License-Identifier: BSD-2-Clause
//
// Superframes through the Verilog (tx_path.v): as link records in, frames from the packet memory's write side
// out. Gaps in the stream, room in the memory and its reader's speed vary by the seed.
#include <memory>

#include "Vtx_path.h"
#include "golden.h"
#include "packet_memory_model.h"
#include "record.h"

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

const char *card_segment(struct card *card, const struct superframe *super, struct frames *out)
{
    uint64_t random = golden_random(&card->random);
    const std::vector<uint8_t> transfer = make_transfer(super, random);

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
