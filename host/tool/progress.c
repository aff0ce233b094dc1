// SPDX-License-Identifier: BSD-2-Clause
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#define INTERVAL 200000000 // ns

void progress_start(struct progress *progress, bool always)
{
    *progress = (struct progress){.on = always || isatty(STDERR_FILENO)};
}

static void write_line(const struct progress *progress, uint64_t bytes, uint64_t device_time, const char *end)
{
    double done = (double)bytes / 1048576, rate = device_time ? (double)bytes * 8e3 / (double)device_time : 0;

    fprintf(stderr, "\r%9.2f MiB", done);
    if (progress->total > 0)
        fprintf(stderr, " of %.2f, %3.0f %%", (double)progress->total / 1048576,
                100.0 * (double)bytes / (double)progress->total);
    fprintf(stderr, ", %7.1f Mb/s in device time%s", rate, end);
    fflush(stderr);
}

void progress_show(struct progress *progress, uint64_t bytes, uint64_t device_time)
{
    struct timespec now;

    if (!progress->on)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec < progress->next.tv_sec ||
        (now.tv_sec == progress->next.tv_sec && now.tv_nsec < progress->next.tv_nsec))
        return;
    write_line(progress, bytes, device_time, "");
    now.tv_nsec += INTERVAL;
    progress->next = (struct timespec){now.tv_sec + now.tv_nsec / 1000000000, now.tv_nsec % 1000000000};
}

void progress_end(struct progress *progress, uint64_t bytes, uint64_t device_time)
{
    if (progress->on)
        write_line(progress, bytes, device_time, "\n");
}
