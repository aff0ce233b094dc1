// SPDX-License-Identifier: BSD-2-Clause
//
// Transfers through the Verilog of the transmit path (tx_path.v): bulk OUT's bytes in, frames from the packet
// memory's write side out. Gaps in the stream, room in the memory and its reader's speed vary from case to
// case.
#include <memory>

#include "Vtx_path.h"
#include "golden.h"
#include "packet_memory_model.h"

// Clocks for the memory's reader to make room for the longest frame, and for what nobody sent to show up.
static const unsigned PATIENCE = 20000, QUIET = 100;

const unsigned card_cases = 20000;

struct card {
    VerilatedContext context;
    std::unique_ptr<Vtx_path> dut;
    PacketMemoryModel memory{1 << 15};
    struct counts counts = {};
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
    card->counts.superframes += dut->ev_superframe;
    card->counts.segments += dut->ev_segment;
    card->counts.checksums += dut->ev_csum_inserted;
    card->counts.bad_records += dut->ev_bad_record;
    card->counts.bad_transfers += dut->ev_bad_transfer;
    dut->clk = 1;
    dut->eval();
    dut->wr_free = card->memory.free();
    dut->wr_ready = card->memory.ready();
}

struct card *card_create(uint64_t seed)
{
    card *card = new struct card;
    card->context.randReset(2);
    card->context.randSeed(static_cast<int>(seed % 1000000) + 1);
    card->dut.reset(new Vtx_path(&card->context));
    card->dut->s_valid = 0;
    card->dut->rst = 1;
    tick(card);
    tick(card);
    card->dut->rst = 0;
    card->counts = {};
    return card;
}

void card_destroy(struct card *card)
{
    delete card;
}

// Every record and transfer has had its end.
static bool all_there(const struct card *card, const struct counts *wanted)
{
    return card->counts.superframes >= wanted->superframes &&
           card->counts.bad_records >= wanted->bad_records &&
           card->counts.bad_transfers >= wanted->bad_transfers;
}

const char *card_send(struct card *card, const struct transfer *transfer, const struct frames *,
                      const struct counts *wanted_counts, struct frames *out, struct counts *counts)
{
    uint64_t random = transfer->timing;
    bool gaps = random & 1;

    card->memory.drain = 1 + (random >> 1 & 3);
    card->memory.on_frame = [out](const uint8_t *frame, size_t length) { frames_add(out, frame, length); };
    card->counts = {};
    card->error = nullptr;
    out->count = 0;

    Vtx_path *dut = card->dut.get();
    unsigned idle = 0, quiet = 0;
    for (size_t sent = 0; quiet < QUIET && idle < PATIENCE && card->error == nullptr;) {
        dut->s_valid = sent <= transfer->length && !(gaps && golden_random(&random) % 8 == 0);
        dut->s_eot = sent == transfer->length;
        dut->s_data = sent < transfer->length ? transfer->bytes[sent] : 0;
        card->memory.descriptors = !gaps || golden_random(&random) % 4 != 0;
        dut->wr_ready = card->memory.ready();
        dut->eval();
        bool taken = dut->s_valid && dut->s_ready;
        tick(card);
        sent += taken;
        idle = taken || dut->wr_en ? 0 : idle + 1;
        quiet = sent > transfer->length && all_there(card, wanted_counts) ? quiet + 1 : 0;
    }
    dut->s_valid = 0;
    *counts = card->counts;
    if (card->error != nullptr)
        return card->error;
    return idle < PATIENCE ? nullptr : "the card stands still";
}
