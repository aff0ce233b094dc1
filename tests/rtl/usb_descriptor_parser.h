// SPDX-License-Identifier: BSD-2-Clause
//
// Takes descriptors apart as a careful host does, from the specifications alone: USB 2.0 section 9.6, USB 3.2
// section 9.6.2 (BOS), CDC 1.20 section 5.2.3, NCM 1.0 section 5.2.1, Microsoft OS 2.0 descriptors. Each
// length must fit into what holds it and add up to it exactly; whatever is not understood throws with a
// sentence.
#ifndef USB_DESCRIPTOR_PARSER_H
#define USB_DESCRIPTOR_PARSER_H

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace usb
{

using Bytes = std::vector<uint8_t>;

[[noreturn]] inline void wrong(const std::string &sentence)
{
    throw std::runtime_error(sentence);
}

inline void require(bool condition, const std::string &sentence)
{
    if (!condition)
        wrong(sentence);
}

// A run of bytes that is read from its start, and must be read to its end.
class Reader
{
  public:
    Reader(const uint8_t *begin, size_t length) : at(begin), left(length) {}
    explicit Reader(const Bytes &bytes) : Reader(bytes.data(), bytes.size()) {}
    uint32_t number(unsigned size)
    {
        require(left >= size, "a field lies beyond the end");
        uint32_t value = 0;
        for (unsigned i = 0; i < size; i++)
            value |= uint32_t(at[i]) << 8 * i;
        at += size;
        left -= size;
        return value;
    }
    uint8_t u8()
    {
        return uint8_t(number(1));
    }
    uint16_t u16()
    {
        return uint16_t(number(2));
    }
    uint32_t u32()
    {
        return number(4);
    }
    Bytes bytes(size_t size)
    {
        require(left >= size, "bytes lie beyond the end");
        const Bytes run(at, at + size);
        at += size;
        left -= size;
        return run;
    }
    std::string utf16(size_t size)
    {
        std::string text;
        require(size % 2 == 0, "a UTF-16 text has an odd length");
        for (size_t i = 0; i < size; i += 2) {
            const uint16_t unit = u16();
            require(unit < 128, "a text is not ASCII");
            text += char(unit);
        }
        return text;
    }
    // The next descriptor (its first byte is its length), and what of it lies behind length and type.
    Reader descriptor(uint8_t &type)
    {
        require(left >= 2 && at[0] >= 2 && at[0] <= left, "a descriptor's length does not fit");
        Reader inner(at + 2, size_t(at[0]) - 2);
        type = at[1];
        left -= at[0];
        at += at[0];
        return inner;
    }
    Reader rest(size_t size)
    {
        require(left >= size, "a part lies beyond the end");
        Reader inner(at, size);
        at += size;
        left -= size;
        return inner;
    }
    bool empty() const
    {
        return left == 0;
    }
    void end() const
    {
        require(left == 0, std::to_string(left) + " bytes too many");
    }

  private:
    const uint8_t *at;
    size_t left;
};

inline Reader only(const Bytes &bytes, uint8_t expected)
{
    uint8_t type;
    Reader all(bytes), inner = all.descriptor(type);
    all.end();
    require(type == expected, "a descriptor has the wrong type");
    return inner;
}

struct Device {
    uint16_t usb;
    uint8_t device_class, subclass, protocol, max_packet;
    uint16_t vendor, product, version;
    uint8_t manufacturer_string, product_string, serial_string, configurations;
};

inline Device parse_device(const Bytes &bytes)
{
    Reader r = only(bytes, 1);
    Device d;
    d.usb = r.u16();
    d.device_class = r.u8(), d.subclass = r.u8(), d.protocol = r.u8(), d.max_packet = r.u8();
    d.vendor = r.u16(), d.product = r.u16(), d.version = r.u16();
    d.manufacturer_string = r.u8(), d.product_string = r.u8(), d.serial_string = r.u8();
    d.configurations = r.u8();
    r.end();
    return d;
}

// The qualifier's fields are the device's.
inline Device parse_qualifier(const Bytes &bytes)
{
    Reader r = only(bytes, 6);
    Device d = {};
    d.usb = r.u16();
    d.device_class = r.u8(), d.subclass = r.u8(), d.protocol = r.u8(), d.max_packet = r.u8();
    d.configurations = r.u8();
    require(r.u8() == 0, "bReserved is not 0");
    r.end();
    return d;
}

struct Endpoint {
    uint8_t address, attributes;
    uint16_t max_packet;
    uint8_t interval;
    bool operator==(const Endpoint &o) const
    {
        return address == o.address && attributes == o.attributes && max_packet == o.max_packet &&
               interval == o.interval;
    }
};

struct Interface {
    uint8_t number, alternate, interface_class, subclass, protocol, string;
    std::vector<Endpoint> endpoints;
    std::vector<Bytes> functional; // CDC's, from the subtype on
};

struct Configuration {
    uint8_t interfaces, value, string, attributes, max_power;
    std::vector<Interface> settings;
};

inline Configuration parse_configuration(const Bytes &bytes, uint8_t expected_type = 2)
{
    Reader all(bytes);
    uint8_t type;
    Reader head = all.descriptor(type);
    require(type == expected_type, "the configuration has the wrong type");
    Configuration c;
    require(head.u16() == bytes.size(), "wTotalLength is not the length");
    c.interfaces = head.u8(), c.value = head.u8(), c.string = head.u8();
    c.attributes = head.u8(), c.max_power = head.u8();
    head.end();
    unsigned endpoints_due = 0;
    while (!all.empty()) {
        Reader r = all.descriptor(type);
        if (type == 4) {
            require(endpoints_due == 0, "bNumEndpoints is too large");
            Interface i;
            i.number = r.u8(), i.alternate = r.u8(), endpoints_due = r.u8();
            i.interface_class = r.u8(), i.subclass = r.u8(), i.protocol = r.u8(), i.string = r.u8();
            c.settings.push_back(i);
        } else if (type == 5) {
            require(!c.settings.empty() && endpoints_due-- > 0, "an endpoint too many");
            Endpoint e;
            e.address = r.u8(), e.attributes = r.u8(), e.max_packet = r.u16(), e.interval = r.u8();
            for (const Endpoint &other : c.settings.back().endpoints)
                require(other.address != e.address, "an endpoint twice");
            c.settings.back().endpoints.push_back(e);
        } else if (type == 0x24) {
            require(!c.settings.empty() && c.settings.back().endpoints.empty(),
                    "a functional descriptor in the wrong place");
            Bytes functional;
            while (!r.empty())
                functional.push_back(r.u8());
            c.settings.back().functional.push_back(functional);
        } else {
            wrong("a configuration holds type " + std::to_string(type));
        }
        r.end();
    }
    require(endpoints_due == 0, "bNumEndpoints is too large");
    // Interfaces are numbered from 0, and so are their settings.
    unsigned number = 0;
    for (size_t i = 0; i < c.settings.size(); i++) {
        const bool next_setting = i > 0 && c.settings[i].number == c.settings[i - 1].number;
        require(c.settings[i].alternate == (next_setting ? c.settings[i - 1].alternate + 1 : 0),
                "alternate settings are not numbered from 0");
        if (!next_setting)
            require(c.settings[i].number == number++, "interfaces are not numbered from 0");
    }
    require(c.interfaces == number, "bNumInterfaces is wrong");
    return c;
}

inline std::string parse_string(const Bytes &bytes)
{
    return only(bytes, 3).utf16(bytes.size() - 2);
}

struct MicrosoftPlatform {
    uint32_t windows;
    uint16_t set_length;
    uint8_t vendor_code, alternate_enumeration;
};

struct Bos {
    int extensions = 0, platforms = 0;
    uint32_t extension_attributes = 0; // USB 2.0 extension; bit 1: link power management
    MicrosoftPlatform microsoft = {};
};

inline Bos parse_bos(const Bytes &bytes)
{
    static const Bytes microsoft = {0xDF, 0x60, 0xDD, 0xD8, 0x89, 0x45, 0xC7, 0x4C,
                                    0x9C, 0xD2, 0x65, 0x9D, 0x9E, 0x64, 0x8A, 0x9F};
    Reader all(bytes);
    uint8_t type;
    Reader head = all.descriptor(type);
    require(type == 15, "the BOS has the wrong type");
    require(head.u16() == bytes.size(), "the BOS's wTotalLength is not its length");
    unsigned due = head.u8();
    head.end();
    Bos bos;
    for (; due > 0; due--) {
        Reader r = all.descriptor(type);
        require(type == 16, "the BOS holds something else than capabilities");
        const uint8_t capability = r.u8();
        if (capability == 2) {
            bos.extensions++;
            bos.extension_attributes = r.u32();
        } else if (capability == 5) {
            require(r.u8() == 0, "bReserved is not 0");
            require(r.bytes(16) == microsoft, "an unknown platform");
            bos.platforms++;
            bos.microsoft.windows = r.u32(), bos.microsoft.set_length = r.u16();
            bos.microsoft.vendor_code = r.u8(), bos.microsoft.alternate_enumeration = r.u8();
        } else {
            wrong("an unknown capability");
        }
        r.end();
    }
    all.end();
    return bos;
}

struct MicrosoftSet {
    uint32_t windows;
    std::string compatible, sub_compatible;
    std::string property_name;
    unsigned property_type;
    std::vector<std::string> property; // REG_MULTI_SZ's strings
};

inline MicrosoftSet parse_microsoft_set(const Bytes &bytes)
{
    Reader all(bytes);
    MicrosoftSet set = {};
    require(all.u16() == 10 && all.u16() == 0, "no set header");
    set.windows = all.u32();
    require(all.u16() == bytes.size(), "the set's wTotalLength is not its length");
    while (!all.empty()) {
        const uint16_t length = all.u16();
        require(length >= 4, "a descriptor of the set is too short");
        Reader r = all.rest(length - 2u);
        const uint16_t type = r.u16();
        if (type == 3) {
            const auto id = [&r] {
                const Bytes field = r.bytes(8);
                const std::string text(field.begin(), field.end());
                const size_t length = text.find('\0');
                require(text.find_first_not_of('\0', length) == std::string::npos,
                        "an ID is not padded with 0");
                return text.substr(0, length);
            };
            set.compatible = id();
            set.sub_compatible = id();
        } else if (type == 4) {
            set.property_type = r.u16();
            set.property_name = r.utf16(r.u16());
            std::string data = r.utf16(r.u16());
            require(!set.property_name.empty() && set.property_name.back() == '\0',
                    "the name does not end with 0");
            set.property_name.pop_back();
            require(data.size() >= 2 && data.substr(data.size() - 2) == std::string(2, '\0'),
                    "the strings do not end with two 0");
            data.pop_back();
            for (size_t end; (end = data.find('\0')) != std::string::npos; data.erase(0, end + 1))
                set.property.push_back(data.substr(0, end));
        } else {
            wrong("the set holds an unknown descriptor");
        }
        r.end();
    }
    return set;
}

} // namespace usb

#endif
