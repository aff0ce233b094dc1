// SPDX-License-Identifier: BSD-2-Clause
//
// lib/packet_memory as its writer sees it: random access within the open frame, commit, and a reader that
// drains it. Call tick once a clock with the writer's outputs; it returns what went wrong, or NULL.
#ifndef PACKET_MEMORY_MODEL_H
#define PACKET_MEMORY_MODEL_H

#include <stddef.h>
#include <stdint.h>
#include <functional>
#include <vector>

class PacketMemoryModel
{
  public:
    unsigned drain = 1;      // bytes the reader takes a clock
    bool descriptors = true; // room for one more frame
    std::function<void(const uint8_t *frame, size_t length)> on_frame;

    explicit PacketMemoryModel(size_t size) : size_(size), open_(size, POISON), written_(size, false) {}

    uint32_t free() const
    {
        return static_cast<uint32_t>(free_);
    }
    bool ready() const
    {
        return descriptors;
    }

    const char *tick(bool en, size_t offset, uint8_t data, bool commit, size_t length)
    {
        if (en && offset >= free_)
            return "wrote beyond wr_free";
        if (en)
            open_[offset] = data, written_[offset] = true;
        held_ -= held_ < drain ? held_ : drain;
        if (commit) {
            if (length == 0 || length > free_)
                return "committed more than wr_free";
            for (size_t i = 0; i < length; i++)
                if (!written_[i])
                    return "committed a frame with a hole";
            if (on_frame)
                on_frame(open_.data(), length);
            held_ += length;
            open_.assign(size_, POISON);
            written_.assign(size_, false);
        }
        free_ = size_ - held_;
        return nullptr;
    }

  private:
    enum : uint8_t { POISON = 0xDB };
    size_t size_, held_ = 0, free_ = 0;
    std::vector<uint8_t> open_;
    std::vector<bool> written_;
};

#endif
