// SPDX-License-Identifier: BSD-2-Clause
#include "bridge_filter.h"

#include <string.h>

#include "weir_link.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool may_answer_arp(const struct weir_card_caps *caps, const struct weir_wants *wants)
{
    return caps->features & WEIR_CAP_ARP && wants->ipv4_count > 0 &&
           wants->ipv4_count <= least(least(caps->arp_entries, WEIR_FILTER_ARP), WEIR_WANTS_IPV4) &&
           wants->hw_unicast == 0 && !wants->promiscuous && !wants->no_arp && !wants->proxy_arp;
}

// Unicast addresses first: a group that has no room costs less.
static void plan_addresses(struct weir_filter *filter, const struct weir_card_caps *caps,
                           const struct weir_wants *wants)
{
    const size_t room = least(caps->mac_entries, WEIR_FILTER_MAC),
                 known = least(wants->hw_count, WEIR_WANTS_HW);
    size_t used = 1;

    filter->mac[0].used = true;
    memcpy(filter->mac[0].address, wants->mac, 6);
    for (int group = 0; group < 2; group++) {
        for (size_t i = 0; i < known && used < room; i++) {
            if ((wants->hw[i][0] & 1) != group)
                continue;
            filter->mac[used].used = true;
            memcpy(filter->mac[used++].address, wants->hw[i], 6);
        }
    }
    if (wants->hw_count <= known && wants->hw_count + 1 <= room)
        return;
    filter->control |= WEIR_RX_ALL_MULTICAST;
    // Also when the list was longer than what we keep of it: then some may be unicast that we have not seen.
    if (wants->hw_unicast + 1 > room || (wants->hw_count > known && wants->hw_unicast > 0))
        filter->control |= WEIR_RX_PROMISCUOUS;
}

void weir_filter_plan(struct weir_filter *filter, const struct weir_card_caps *caps,
                      const struct weir_wants *wants, bool offload_arp)
{
    *filter = (struct weir_filter){.control = wants->up ? WEIR_RX_ENABLE : 0};
    plan_addresses(filter, caps, wants);
    if (wants->promiscuous)
        filter->control |= WEIR_RX_PROMISCUOUS;
    if (wants->all_multicast)
        filter->control |= WEIR_RX_ALL_MULTICAST;
    if (!wants->up || !offload_arp || !may_answer_arp(caps, wants))
        return;
    filter->control |= WEIR_RX_ARP_REPLY;
    memcpy(filter->arp, wants->ipv4, wants->ipv4_count * sizeof *wants->ipv4);
}

static int program_addresses(struct weir_card *card, struct weir_filter *now,
                             const struct weir_filter *wanted)
{
    const size_t count = least(weir_card_caps(card)->mac_entries, WEIR_FILTER_MAC);

    for (size_t i = 0; i < count; i++) {
        if (memcmp(&now->mac[i], &wanted->mac[i], sizeof now->mac[i]) == 0)
            continue;
        int error = weir_card_set_mac(card, (uint8_t)i, wanted->mac[i].used ? wanted->mac[i].address : NULL);
        if (error)
            return error;
        now->mac[i] = wanted->mac[i];
    }
    return 0;
}

static int program_arp(struct weir_card *card, struct weir_filter *now, const struct weir_filter *wanted)
{
    const size_t count = least(weir_card_caps(card)->arp_entries, WEIR_FILTER_ARP);

    for (size_t i = 0; i < count; i++) {
        if (now->arp[i] == wanted->arp[i])
            continue;
        int error = weir_card_set_arp(card, (uint8_t)i, wanted->arp[i]);
        if (error)
            return error;
        now->arp[i] = wanted->arp[i];
    }
    return 0;
}

// The kernel answers ARP before an entry goes, the card only once all are there: no request for us falls
// between. (Both may answer one, which does no harm.)
int weir_filter_program(struct weir_card *card, struct weir_filter *now, const struct weir_filter *wanted)
{
    const uint32_t between = wanted->control & (now->control | ~(uint32_t)WEIR_RX_ARP_REPLY);
    int error = 0;

    if (now->control & ~between) {
        error = weir_card_set_rx_control(card, between);
        now->control = error ? now->control : between;
    }
    error = error ? error : program_addresses(card, now, wanted);
    error = error ? error : program_arp(card, now, wanted);
    if (!error && now->control != wanted->control) {
        error = weir_card_set_rx_control(card, wanted->control);
        now->control = error ? now->control : wanted->control;
    }
    return error;
}
