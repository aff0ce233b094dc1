// SPDX-License-Identifier: BSD-2-Clause
#include "sim_options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { TEXT, NUMBER, PERCENT, MAC, SPEED, PHY };

struct key {
    const char *name;
    enum kind kind;
    size_t offset, size; // of the field in struct sim_options
};

#define FIELD(name) offsetof(struct sim_options, name), sizeof((struct sim_options *)0)->name
static const struct key keys[] = {
    {"tap", TEXT, FIELD(tap)},
    {"veth", TEXT, FIELD(veth)},
    {"peer", TEXT, FIELD(peer)},
    {"pcap", TEXT, FIELD(pcap)},
    {"trace", TEXT, FIELD(trace)},
    {"usb-trace", TEXT, FIELD(usb_trace)},
    {"speed", SPEED, FIELD(full_speed)},
    {"port", SPEED, FIELD(full_speed_port)},
    {"seed", NUMBER, FIELD(seed)},
    {"mac", MAC, FIELD(mac)},
    {"phy", PHY, FIELD(phy)},
    {"loss", PERCENT, FIELD(loss)},
    {"reorder", PERCENT, FIELD(reorder)},
    {"duplicate", PERCENT, FIELD(duplicate)},
    {"corrupt", PERCENT, FIELD(corrupt)},
    {"usb-corrupt", PERCENT, FIELD(usb_corrupt)},
    {"usb-lost", PERCENT, FIELD(usb_lost)},
};
#define KEYS (sizeof keys / sizeof *keys)

struct report {
    char *text;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct report report, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(report.text, report.size, format, arguments);
    va_end(arguments);
    return false;
}

static bool unknown_key(struct report report, const char *name)
{
    char list[200] = "";
    size_t at = 0;

    for (size_t i = 0; i < KEYS; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", keys[i].name);
    return refuse(report, "a simulated card knows no \"%s\"; it knows %s", name, list);
}

static bool set_percent(const struct key *key, uint32_t *field, const char *value, struct report report)
{
    char *end;
    double percent = strtod(value, &end);

    if (*value == '\0' || *end != '\0' || !(percent >= 0 && percent <= 100))
        return refuse(report, "%s=%s: a percentage from 0 to 100 is needed, as in %s=1.5", key->name, value,
                      key->name);
    *field = (uint32_t)(percent * 10000 + 0.5);
    return true;
}

static bool set_number(const struct key *key, uint64_t *field, const char *value, struct report report)
{
    char *end;

    errno = 0;
    *field = strtoull(value, &end, 0);
    if (*value < '0' || *value > '9' || *end != '\0' || errno)
        return refuse(report, "%s=%s: a whole number is needed, as in %s=42", key->name, value, key->name);
    return true;
}

static bool set_text(const struct key *key, char *field, const char *value, struct report report)
{
    if (*value == '\0')
        return refuse(report, "%s= needs a value", key->name);
    if (strlen(value) >= key->size)
        return refuse(report, "%s=%s is too long", key->name, value);
    memcpy(field, value, strlen(value) + 1);
    return true;
}

static bool set_mac(const struct key *key, uint8_t *field, const char *value, struct report report)
{
    unsigned byte[6];
    char more;
    int found = sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%c", &byte[0], &byte[1], &byte[2], &byte[3], &byte[4],
                       &byte[5], &more);

    if (found != 6 || (byte[0] & 1))
        return refuse(report, "%s=%s: the address of one card is needed, as in %s=02:00:00:00:00:01",
                      key->name, value, key->name);
    for (size_t i = 0; i < 6; i++)
        field[i] = (uint8_t)byte[i];
    return true;
}

static bool set_speed(const struct key *key, bool *full, const char *value, struct report report)
{
    *full = strcmp(value, "full") == 0;
    if (!*full && strcmp(value, "high") != 0)
        return refuse(report, "%s=%s: the USB runs at high or full speed, as in %s=full", key->name, value,
                      key->name);
    return true;
}

static bool set_phy(const struct key *key, enum weir_sim_phy *phy, const char *value, struct report report)
{
    static const char *const names[] = {
        [WEIR_SIM_PHY_SOUND] = "sound", [WEIR_SIM_PHY_NONE] = "none", [WEIR_SIM_PHY_NOISY] = "noisy"};

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(value, names[i]) == 0) {
            *phy = (enum weir_sim_phy)i;
            return true;
        }
    }
    return refuse(report, "%s=%s: the Ethernet PHY is sound, noisy or none, as in %s=none", key->name, value,
                  key->name);
}

static bool set(struct sim_options *options, const struct key *key, const char *value, struct report report)
{
    void *field = (char *)options + key->offset;

    switch (key->kind) {
    case TEXT:
        return set_text(key, field, value, report);
    case NUMBER:
        return set_number(key, field, value, report);
    case PERCENT:
        return set_percent(key, field, value, report);
    case SPEED:
        return set_speed(key, field, value, report);
    case PHY:
        return set_phy(key, field, value, report);
    case MAC:
        break;
    }
    return set_mac(key, field, value, report);
}

static bool check(const struct sim_options *options, struct report report)
{
    if ((*options->tap != 0) + (*options->veth != 0) + (*options->peer != 0) > 1)
        return refuse(
            report, "a simulated card has one cable: give tap=NAME, veth=NAME or peer=ADDRESS, one of them");
    if (options->full_speed && options->full_speed_port)
        return refuse(
            report,
            "speed=full is the card without a USB PHY, port=full the one with a PHY at a port of full "
            "speed: give one of them");
    return true;
}

bool sim_options_set(struct sim_options *options, const char *name, const char *value, char *error,
                     size_t error_size)
{
    struct report report = {error, error_size};

    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].name, name) != 0)
            continue;
        if (!value)
            return refuse(report, "%s needs a value: %s=...", name, name);
        return set(options, &keys[i], value, report) && check(options, report);
    }
    return unknown_key(report, name);
}

const char *sim_options_key(size_t i)
{
    return i < KEYS ? keys[i].name : NULL;
}

// Cards on different interfaces get different addresses, so that several can be on one bridge: locally
// administered ones, from the interface's name and the seed (FNV-1a). A card alone keeps its own. Two cards
// on one cable have the cable in common, so there it is the process that makes the difference.
static void default_mac(const struct sim_options *options, uint8_t mac[6])
{
    const char *name = *options->tap ? options->tap : *options->veth ? options->veth : options->peer;
    uint64_t hash = UINT64_C(0xCBF29CE484222325) ^ options->seed;

    if (*options->peer)
        hash ^= (uint64_t)getpid() << 32;

    if (!*name)
        return;
    for (const char *at = name; *at; at++)
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001B3);
    memcpy(mac, (uint8_t[]){0x02, 0x57, 0x45}, 3);
    for (unsigned i = 0; i < 3; i++)
        mac[3 + i] = (uint8_t)(hash >> (40 - 8 * i));
}

void sim_options_config(const struct sim_options *options, struct weir_sim_config *config)
{
    config->trace_path = *options->trace ? options->trace : NULL;
    config->full_speed = options->full_speed;
    config->full_speed_port = options->full_speed_port;
    config->usb_trace_path = *options->usb_trace ? options->usb_trace : NULL;
    config->phy = options->phy;
    config->seed = options->seed;
    config->faults = (struct weir_usb_faults){.out_corrupt = options->usb_corrupt,
                                              .in_corrupt = options->usb_corrupt,
                                              .handshake_lost = options->usb_lost};
    memcpy(config->mac, options->mac, sizeof config->mac);
    if (memcmp(options->mac, (uint8_t[6]){0}, 6) == 0)
        default_mac(options, config->mac);
}

bool sim_options_parse(const char *text, struct sim_options *options, char *error, size_t error_size)
{
    char *copy = strdup(text), *rest = copy, *value;
    bool good = copy != NULL || refuse((struct report){error, error_size}, "out of memory");

    memset(options, 0, sizeof *options);
    while (good && (value = strsep(&rest, ",")) != NULL) {
        const char *name = strsep(&value, "=");
        if (*name != '\0' || value)
            good = sim_options_set(options, name, value, error, error_size);
    }
    free(copy);
    return good;
}
