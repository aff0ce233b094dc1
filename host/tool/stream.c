// SPDX-License-Identifier: BSD-2-Clause
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

#define PIECE 4096 // a pipe that is ready for output takes so much without waiting (PIPE_BUF, pipe(7))

static bool ready(int fd, short events)
{
    struct pollfd check = {.fd = fd, .events = events};

    return poll(&check, 1, 0) > 0;
}

bool input_open(struct input *input, const char *path)
{
    struct stat status;

    *input = (struct input){.fd = STDIN_FILENO, .name = path ? path : "standard input"};
    if (path)
        input->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0 || fstat(input->fd, &status) < 0) {
        fail("cannot read %s: %s", input->name, strerror(errno));
        return false;
    }
    if (S_ISREG(status.st_mode))
        input->total = (uint64_t)status.st_size;
    return true;
}

ssize_t input_read(struct input *input, void *buffer, size_t size)
{
    if (!ready(input->fd, POLLIN))
        return -EAGAIN;
    ssize_t got = read(input->fd, buffer, size);
    if (got >= 0)
        return got;
    return errno == EINTR ? -EAGAIN : -errno;
}

void input_close(struct input *input)
{
    if (input->fd > STDERR_FILENO)
        close(input->fd);
}

// The name behind `path`'s symbolic links, which stay (curl and wget write through them, too). False after an
// error, which it has printed.
static bool find_target(struct output *output, const char *path)
{
    struct stat status;

    if (realpath(path, output->path))
        return true;
    if (errno != ENOENT || lstat(path, &status) == 0) // a link that leads nowhere, or worse
        return fail("cannot write %s: %s", path, strerror(errno)) == EXIT_FINE;
    return snprintf(output->path, sizeof output->path, "%s", path) < (int)sizeof output->path ||
           fail("cannot write %s: the name is too long", path) == EXIT_FINE;
}

// A new file beside the target, of a name that nobody else has, with the mode that the target has or would
// get.
static int open_part(struct output *output)
{
    struct stat status;
    mode_t mode = 0666, mask = umask(0);

    umask(mask);
    mode &= ~mask;
    if (stat(output->path, &status) == 0) {
        mode = status.st_mode & 0777;
        if (access(output->path, W_OK) < 0)
            return -1;
    }
    int length = snprintf(output->part, sizeof output->part, "%s.part-XXXXXX", output->path);
    if (length >= (int)sizeof output->part) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(output->part, O_CLOEXEC);
    if (fd >= 0)
        (void)fchmod(fd, mode);
    return fd;
}

bool output_open(struct output *output, const char *path)
{
    struct stat status;
    bool exists = path && stat(path, &status) == 0;

    *output = (struct output){.fd = STDOUT_FILENO, .name = path ? path : "standard output"};
    if (path && exists && !S_ISREG(status.st_mode)) {
        output->fd = open(path, O_WRONLY | O_CLOEXEC); // a device or a pipe has no other name to write under
    } else if (path) {
        if (!find_target(output, path))
            return false;
        output->fd = open_part(output);
    }
    if (output->fd < 0 || fstat(output->fd, &status) < 0) {
        fail("cannot write %s: %s", output->name, strerror(errno));
        return false;
    }
    output->regular = S_ISREG(status.st_mode);
    return true;
}

ssize_t output_write(struct output *output, const void *data, size_t length)
{
    if (!output->regular) {
        if (!ready(output->fd, POLLOUT))
            return -EAGAIN;
        length = length < PIECE ? length : PIECE;
    }
    ssize_t written = write(output->fd, data, length);
    if (written >= 0)
        return written;
    return errno == EINTR ? -EAGAIN : -errno;
}

bool output_close(struct output *output, bool whole)
{
    bool good = true;

    if (output->fd > STDERR_FILENO && close(output->fd) < 0)
        good = false;
    if (*output->part && whole && good)
        good = rename(output->part, output->path) == 0;
    if (!good)
        fail("cannot write %s: %s", output->name, strerror(errno));
    if (*output->part && !(whole && good))
        unlink(output->part);
    return good;
}
