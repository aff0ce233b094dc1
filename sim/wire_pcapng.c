// SPDX-License-Identifier: BSD-2-Clause
//
// Blocks and options are numbered as in draft-ietf-opsawg-pcapng; they are written in this machine's byte
// order, which the section header's magic tells. A library would not do: libpcap writes no pcapng.
#include "wire_pcapng.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fcs.h"

enum { BLOCK_SECTION = 0x0A0D0D0A, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum {
    OPT_END = 0,
    OPT_SHB_APPLICATION = 4,
    OPT_IF_NAME = 2,
    OPT_IF_SPEED = 8,
    OPT_IF_TSRESOL = 9,
    OPT_IF_FCSLEN = 13,
    OPT_EPB_FLAGS = 2
};
enum { BYTE_ORDER_MAGIC = 0x1A2B3C4D, LINKTYPE_ETHERNET = 1, NANOSECONDS = 9 };
// epb_flags, section 4.3.1
#define FLAG_INBOUND 0x1u
#define FLAG_OUTBOUND 0x2u
#define FLAG_FCS_LENGTH ((uint32_t)FCS_LENGTH << 5)
#define FLAG_CRC_ERROR (1u << 24)
#define FLAG_PREAMBLE_ERROR (1u << 30)

struct wire_pcapng {
    int fd;
};

// A block being put together; only ever a small one, or the head of a packet block.
struct block {
    uint8_t bytes[512];
    size_t length;
};

static size_t padding(size_t length)
{
    return -length & 3;
}

static void put(struct block *block, const void *data, size_t length)
{
    memcpy(block->bytes + block->length, data, length);
    block->length += length;
}

static void put16(struct block *block, uint16_t value)
{
    put(block, &value, sizeof value);
}

static void put32(struct block *block, uint32_t value)
{
    put(block, &value, sizeof value);
}

static void put_option(struct block *block, uint16_t code, const void *data, size_t length)
{
    static const uint8_t zeros[4];

    put16(block, code);
    put16(block, (uint16_t)length);
    put(block, data, length);
    put(block, zeros, padding(length));
}

static void put_text_option(struct block *block, uint16_t code, const char *text)
{
    put_option(block, code, text, strnlen(text, 128));
}

static struct block block_begin(uint32_t type)
{
    struct block block = {.length = 0};

    put32(&block, type);
    put32(&block, 0); // total length, by block_end
    return block;
}

static void block_end(struct block *block)
{
    uint32_t total;

    put32(block, OPT_END);
    total = (uint32_t)block->length + 4;
    put32(block, total);
    memcpy(block->bytes + 4, &total, sizeof total);
}

// All or nothing: what was written of a block that did not fit is taken off again.
static int write_whole(struct wire_pcapng *file, const struct iovec *parts, int count, size_t total)
{
    ssize_t written;

    do
        written = writev(file->fd, parts, count);
    while (written < 0 && errno == EINTR);
    if (written < 0)
        return -errno;
    if ((size_t)written == total)
        return 0;

    off_t end = lseek(file->fd, -(off_t)written, SEEK_CUR);
    if (end < 0 || ftruncate(file->fd, end) < 0)
        return -errno;
    return -ENOSPC;
}

static int write_block(struct wire_pcapng *file, struct block *block)
{
    block_end(block);
    return write_whole(file, &(struct iovec){block->bytes, block->length}, 1, block->length);
}

static int write_section(struct wire_pcapng *file)
{
    struct block block = block_begin(BLOCK_SECTION);

    put32(&block, BYTE_ORDER_MAGIC);
    put16(&block, 1); // version 1.0
    put16(&block, 0);
    put32(&block, UINT32_MAX); // length of the section: not known, all ones
    put32(&block, UINT32_MAX);
    put_text_option(&block, OPT_SHB_APPLICATION, "weir simulated card; times are device time");
    return write_block(file, &block);
}

static int write_interface(struct wire_pcapng *file, const char *name)
{
    struct block block = block_begin(BLOCK_INTERFACE);
    uint64_t speed = 1000000000;

    put16(&block, LINKTYPE_ETHERNET);
    put16(&block, 0);
    put32(&block, 0); // no limit of length
    put_text_option(&block, OPT_IF_NAME, name);
    put_option(&block, OPT_IF_SPEED, &speed, sizeof speed);
    put_option(&block, OPT_IF_TSRESOL, &(uint8_t){NANOSECONDS}, 1);
    put_option(&block, OPT_IF_FCSLEN, &(uint8_t){FCS_LENGTH}, 1);
    return write_block(file, &block);
}

struct wire_pcapng *wire_pcapng_open(const char *path, const char *interface_name)
{
    struct wire_pcapng *file = malloc(sizeof *file);
    int error;

    if (!file)
        return NULL;
    file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file->fd < 0) {
        free(file);
        return NULL;
    }
    error = write_section(file);
    if (!error)
        error = write_interface(file, interface_name);
    if (error) {
        wire_pcapng_close(file);
        errno = -error;
        return NULL;
    }
    return file;
}

int wire_pcapng_frame(struct wire_pcapng *file, enum wire_direction direction, uint64_t time,
                      const uint8_t *frame, size_t length, bool ok)
{
    static uint8_t zeros[4];
    struct block head = block_begin(BLOCK_PACKET), tail = {.length = 0};
    uint32_t flags = direction == WIRE_TO_CARD ? FLAG_INBOUND : FLAG_OUTBOUND;
    uint32_t total;

    flags |= FLAG_FCS_LENGTH | (ok ? 0 : FLAG_PREAMBLE_ERROR) | (fcs_ok(frame, length) ? 0 : FLAG_CRC_ERROR);
    put32(&head, 0); // the one interface
    put32(&head, (uint32_t)(time >> 32));
    put32(&head, (uint32_t)time);
    put32(&head, (uint32_t)length); // captured and original length
    put32(&head, (uint32_t)length);

    put_option(&tail, OPT_EPB_FLAGS, &flags, sizeof flags);
    put32(&tail, OPT_END);
    total = (uint32_t)(head.length + length + padding(length) + tail.length + 4);
    put32(&tail, total);
    memcpy(head.bytes + 4, &total, sizeof total);

    struct iovec parts[] = {{head.bytes, head.length},
                            {(void *)(uintptr_t)frame, length},
                            {zeros, padding(length)},
                            {tail.bytes, tail.length}};
    return write_whole(file, parts, 4, total);
}

void wire_pcapng_close(struct wire_pcapng *file)
{
    if (!file)
        return;
    close(file->fd);
    free(file);
}
