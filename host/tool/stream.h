// SPDX-License-Identifier: BSD-2-Clause
//
// Files, pipes and terminals beside a running card: nothing here waits, and the descriptors keep their flags
// (a terminal is shared with other programs). A file is written under a new name, FILE.part-XXXXXX, and
// renamed when it is whole, so that a download that broke off is never taken for a good one. Where FILE is a
// symbolic link, what it leads to is replaced.
#ifndef WEIR_TOOL_STREAM_H
#define WEIR_TOOL_STREAM_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct input {
    int fd;
    const char *name; // for messages
    uint64_t total;   // bytes, 0 when not known
};

// `path` NULL is standard input. False after an error, which it has printed.
bool input_open(struct input *input, const char *path);
// As read(2), but -EAGAIN when nothing is there now; 0 at the end.
ssize_t input_read(struct input *input, void *buffer, size_t size);
void input_close(struct input *input);

struct output {
    int fd;
    const char *name;                    // for messages
    bool regular;                        // writing does not wait
    char part[PATH_MAX], path[PATH_MAX]; // the first is to be renamed to the second; empty: neither
};

// `path` NULL is standard output. False after an error, which it has printed.
bool output_open(struct output *output, const char *path);
// Bytes written, maybe not all; -EAGAIN when there is no room now; another negative errno.
ssize_t output_write(struct output *output, const void *data, size_t length);
// Gives a file its name if it is `whole`, else takes it away. False after an error, which it has printed.
bool output_close(struct output *output, bool whole);

#endif
