// SPDX-License-Identifier: BSD-2-Clause
//
// What weir_stack.h's first comment shows, as a program against the installed library: a connection is begun,
// and the first frame to send asks for the peer's address.
#include <stdio.h>
#include <string.h>

#include <weir_icmp.h>
#include <weir_stack.h>
#include <weir_tcp.h>

int main(void)
{
    struct weir_stack_config config = {
        .mac = {2, 'W', 'e', 'i', 'r', 1},
        .address = {.version = 4, .bytes = {10, 0, 0, 2}},
        .prefix_length = 24,
        .secret = "not so random",
    };
    struct weir_ip peer = {.version = 4, .bytes = {10, 0, 0, 1}};
    weir_time now = 0;
    struct weir_stack *stack = weir_stack_create(&config, now);
    struct weir_tcp *tcp = stack ? weir_tcp_connect(stack, now, &peer, 80, 0) : NULL;
    struct weir_tx tx;
    unsigned frames = 0;

    if (!tcp)
        return 1;
    while (weir_stack_output(stack, now, &tx)) // frames and superframes to send
        frames += tx.header_length >= 42 && tx.header[12] == 8 && tx.header[13] == 6;
    printf("%u ARP request, next at %llu\n", frames,
           (unsigned long long)weir_stack_poll_at(stack)); // sleep until then
    weir_tcp_abort(tcp);
    weir_tcp_release(tcp);
    weir_stack_destroy(stack);
    return frames == 1 ? 0 : 1;
}
