// SPDX-License-Identifier: BSD-2-Clause
//
// How fast the simulated card runs on this machine: wire clocks (125 million a device second) per second of
// processor time, with the cable silent and with frames coming in back to back. Arguments: rx_phase in ps,
// and a trace file.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fcs.h"
#include "weir_sim.h"

#define FRAME 1514
#define DURATION 4000000 // ns of device time

static void run(struct weir_sim *sim, const char *what, const uint8_t *frame, size_t length)
{
    uint64_t start = weir_sim_now(sim), end = start + DURATION;
    clock_t began = clock();
    double seconds, clocks;

    while (weir_sim_now(sim) < end) {
        // The silent cable gets a frame now and then, so that the card does not count as idle.
        while (weir_sim_wire_queued(sim) < FRAME && weir_sim_wire_in(sim, frame, length) &&
               length == FRAME + FCS_LENGTH)
            ;
        weir_sim_run(sim, weir_sim_now(sim) + 15000);
    }
    seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    clocks = (double)(weir_sim_now(sim) - start) / 8;
    printf("%-12s %.2f M wire clocks/s, 1/%.0f of real time\n", what, clocks / seconds / 1e6,
           125e6 * seconds / clocks);
}

int main(int argc, char **argv)
{
    char error[200] = "";
    struct weir_sim_config config = {.trace_path = argc > 2 ? argv[2] : NULL,
                                     .rx_phase = argc > 1 ? (unsigned)atoi(argv[1]) : 0,
                                     .error = error,
                                     .error_size = sizeof error};
    struct weir_sim *sim = weir_sim_create(&config);
    uint8_t frame[FRAME + FCS_LENGTH];

    if (!sim) {
        fprintf(stderr, "%s\n", error);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < FRAME; i++)
        frame[i] = (uint8_t)(i * 7);
    fcs_append(frame, FRAME);
    run(sim, "silent cable", frame, 1);
    run(sim, "frames", frame, sizeof frame);
    weir_sim_destroy(sim);
    return EXIT_SUCCESS;
}
