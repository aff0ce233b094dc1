// SPDX-License-Identifier: BSD-2-Clause
//
// The runner's card: opened, set up, and with --wait waited for when it is not there or was pulled out.
//
// While the card is away the stack stands still, its timers with it: so a connection goes on as soon as the
// card is back, as if its cable had been pulled for a moment, and the time away is not taken for a congested
// network.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "runner.h"
#include "tool.h"

#define TRY_INTERVAL (WEIR_SECOND / 4) // a card that is plugged in at USB ends it, where the system tells
#define PATIENCE 8                     // tries; permission to use a card comes a moment after the card

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct runner *runner = context;
    enum weir_rx_csum csum = WEIR_RX_CSUM_UNKNOWN;

    if (runner->take)
        runner->take(runner->take_context, rx);
    if (!runner->stack)
        return;
    if (runner->options->csum && rx->flags & WEIR_F_DATA_VALID)
        csum = WEIR_RX_CSUM_GOOD;
    if (runner->options->csum && rx->flags & WEIR_F_CSUM_BAD)
        csum = WEIR_RX_CSUM_WRONG;
    if (rx->gso_type == WEIR_GSO_NONE)
        weir_stack_input(runner->stack, runner_now(runner), rx->frame, rx->length, csum);
    else
        weir_stack_input_glued(runner->stack, runner_now(runner), rx->frame, rx->length, rx->gso_size);
}

static void on_link(void *context, uint32_t link)
{
    struct runner *runner = context;

    runner->link = link;
}

static weir_time system_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (weir_time)now.tv_sec * WEIR_SECOND + (weir_time)now.tv_nsec;
}

weir_time runner_now(const struct runner *runner)
{
    return (runner->card ? weir_card_now(runner->card) : system_now()) + runner->shift;
}

static void begin_wait(struct runner *runner)
{
    runner->plug = weir_usb_watch_open(runner->options->card);
    runner->fds[RUNNER_PLUG] = (struct pollfd){.fd = weir_usb_watch_fd(runner->plug), .events = POLLIN};
}

void runner_end_wait(struct runner *runner)
{
    weir_usb_watch_close(runner->plug);
    runner->plug = NULL;
    runner->fds[RUNNER_PLUG].fd = -1;
}

// 0, or an errno; then `error` says what to do.
static int try_open(struct runner *runner, char *error, size_t error_size)
{
    struct weir_card_receiver receiver = {.frame = on_frame, .link = on_link, .context = runner};

    errno = 0;
    struct weir_transport *transport = weir_transport_open(runner->options->card, error, error_size);
    if (!transport)
        return errno ? errno : EIO;
    runner->card = weir_card_open(transport, &receiver, error, error_size);
    if (!runner->card)
        return EIO;
    weir_card_watch(runner->card, runner->fds, sizeof runner->fds / sizeof *runner->fds);
    int failed = weir_card_counters(runner->card, runner->counters_before);
    if (!failed)
        return 0;
    snprintf(error, error_size, "the card does not tell its counters (%s): plug it in anew",
             strerror(-failed));
    weir_card_close(runner->card);
    runner->card = NULL;
    return EIO;
}

// EXIT_FINE with the card NULL: it is not there, but may come.
int runner_open_card(struct runner *runner)
{
    char error[1200];
    int reason = try_open(runner, error, sizeof error);
    bool may_come = reason == ENODEV || reason == EACCES;

    if (reason == 0)
        return EXIT_FINE;
    if (!runner->options->wait || !may_come) {
        fail("%s", error);
        return exit_code_without_card(reason);
    }
    fprintf(stderr, "weir: %s\nweir: waiting for the card; ^C ends it\n", error);
    runner->shift = 0 - system_now();
    begin_wait(runner);
    return EXIT_FINE;
}

// Station address, ARP table, receive mode, then the receiver: in this order no frame meets a card that is
// half set up.
int runner_configure_card(struct runner *runner)
{
    const struct weir_card_caps *caps = weir_card_caps(runner->card);
    const uint8_t *ip = runner->options->address.bytes;
    uint32_t address = (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8 | ip[3];
    uint32_t bits = WEIR_RX_ENABLE | (runner->options->csum ? WEIR_RX_DROP_BAD_CSUM : 0);
    int error = weir_card_set_mac(runner->card, 0, runner->caps.mac);

    if (caps->features & WEIR_CAP_ARP && caps->arp_entries > 0) {
        bits |= WEIR_RX_ARP_REPLY;
        error = error ? error : weir_card_set_arp(runner->card, 0, address);
    }
    if (runner->options->coalesce && caps->features & WEIR_CAP_COALESCE)
        error = error ? error : weir_card_set_rx_mode(runner->card, WEIR_CARD_RX_GLUED, false);
    return error ? error : weir_card_set_rx_control(runner->card, bits);
}

// ---- Waiting ----

bool runner_lose_card(struct runner *runner)
{
    weir_time now = runner_now(runner);

    fprintf(stderr, "weir: the card is gone: plug it in again, or end with ^C\n");
    weir_card_close(runner->card);
    runner->card = NULL;
    runner->shift = now - system_now();
    runner->next_try = now;
    runner->tries = 0;
    begin_wait(runner);
    return true;
}

// The stack was made for the card before; it needs what that could do.
static bool can_replace(const struct runner *runner)
{
    const struct weir_card_caps *caps = weir_card_caps(runner->card);
    uint32_t used = WEIR_CAP_TX_CSUM | WEIR_CAP_TSO4;

    return !runner->stack || ((runner->caps.features & ~caps->features & used) == 0 &&
                              caps->max_superframe >= runner->caps.max_superframe);
}

static bool try_again(struct runner *runner)
{
    weir_time now = runner_now(runner);
    char error[1200];

    runner->next_try = now + TRY_INTERVAL;
    int reason = try_open(runner, error, sizeof error);
    if (reason != 0) {
        if (reason != ENODEV && ++runner->tries == PATIENCE)
            fprintf(stderr, "weir: %s\n", error);
        return true;
    }
    runner_end_wait(runner);
    runner->shift = now - weir_card_now(runner->card);
    fprintf(stderr, "weir: the card is there\n");
    if (!can_replace(runner)) {
        fail("this card can do less than the one before: start anew");
        return false;
    }
    return !runner->stack || runner_configure_card(runner) == 0 || runner_lose_card(runner);
}

bool runner_await_card(struct runner *runner, weir_time deadline)
{
    weir_time now = runner_now(runner), until = deadline < runner->next_try ? deadline : runner->next_try;
    weir_time wait = until > now ? until - now : 0;
    struct timespec timeout = {.tv_sec = (time_t)(wait / WEIR_SECOND), .tv_nsec = (long)(wait % WEIR_SECOND)};

    ppoll(runner->fds, sizeof runner->fds / sizeof *runner->fds, &timeout, NULL);
    runner_take_signal(runner);
    if (weir_usb_watch_arrived(runner->plug))
        runner->next_try = runner_now(runner);
    if (runner->interrupted || runner_now(runner) < runner->next_try)
        return true;
    return try_again(runner);
}
