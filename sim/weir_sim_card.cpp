// SPDX-License-Identifier: BSD-2-Clause
#include "weir_sim_model.h"

#include "Vweir_card_fs.h"
#include "Vweir_card_fs___024root.h"
#include "Vweir_card_ulpi.h"
#include "Vweir_card_ulpi___024root.h"

namespace
{

struct card_ulpi : card_with_ulpi<Vweir_card_ulpi> {
    using card_with_ulpi::card_with_ulpi;

    CData &arp_tokens() override
    {
        return top->rootp->weir_card_ulpi__DOT__card__DOT__rx_parser__DOT__arp__DOT__rate__DOT__tokens;
    }
    uint64_t arp_interval() override
    {
        return top->rootp->weir_card_ulpi__DOT__card__DOT__rx_parser__DOT__arp__DOT__rate__DOT__interval;
    }
    QData &device_time() override
    {
        return top->rootp->weir_card_ulpi__DOT__card__DOT__time_stamps__DOT__present__DOT__clock__DOT__now_ns;
    }
    bool transfer_open() override
    {
        return top->rootp->weir_card_ulpi__DOT__card__DOT__link_in__DOT__records__DOT__held_valid;
    }
    bool message_waits() override
    {
        return top->rootp->weir_card_ulpi__DOT__card__DOT__usb__DOT__ep_notify__DOT__ready;
    }
};

struct card_fs : card_with_lines<Vweir_card_fs> {
    using card_with_lines::card_with_lines;

    CData &arp_tokens() override
    {
        return top->rootp->weir_card_fs__DOT__card__DOT__rx_parser__DOT__arp__DOT__rate__DOT__tokens;
    }
    uint64_t arp_interval() override
    {
        return top->rootp->weir_card_fs__DOT__card__DOT__rx_parser__DOT__arp__DOT__rate__DOT__interval;
    }
    QData &device_time() override
    {
        return top->rootp->weir_card_fs__DOT__card__DOT__time_stamps__DOT__present__DOT__clock__DOT__now_ns;
    }
    bool transfer_open() override
    {
        return top->rootp->weir_card_fs__DOT__card__DOT__link_in__DOT__records__DOT__held_valid;
    }
    bool message_waits() override
    {
        return top->rootp->weir_card_fs__DOT__card__DOT__usb__DOT__ep_notify__DOT__ready;
    }
};

} // namespace

std::unique_ptr<card_model> make_card_ulpi(VerilatedContext *context)
{
    return std::make_unique<card_ulpi>(context);
}

std::unique_ptr<card_model> make_card_fs(VerilatedContext *context)
{
    return std::make_unique<card_fs>(context);
}
