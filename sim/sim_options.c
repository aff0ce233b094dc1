// SPDX-License-Identifier: BSD-2-Clause
#include "sim_options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, NUMBER, PERCENT };

struct key {
    const char *name;
    enum kind kind;
    size_t offset, size; // of the field in struct sim_options
};

#define FIELD(name) offsetof(struct sim_options, name), sizeof((struct sim_options *)0)->name
static const struct key keys[] = {
    {"tap", TEXT, FIELD(tap)},
    {"veth", TEXT, FIELD(veth)},
    {"pcap", TEXT, FIELD(pcap)},
    {"trace", TEXT, FIELD(trace)},
    {"seed", NUMBER, FIELD(seed)},
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

static bool unknown_key(struct report report, const char *name, size_t length)
{
    char list[200] = "";
    size_t at = 0;

    for (size_t i = 0; i < KEYS; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", keys[i].name);
    return refuse(report, "a simulated card knows no \"%.*s\"; it knows %s", (int)length, name, list);
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

// One key=value, its end replaced by a NUL.
static bool set(struct sim_options *options, const char *pair, struct report report)
{
    const char *equals = strchr(pair, '=');
    size_t length = equals ? (size_t)(equals - pair) : strlen(pair);

    for (size_t i = 0; i < KEYS; i++) {
        void *field = (char *)options + keys[i].offset;
        if (strlen(keys[i].name) != length || strncmp(keys[i].name, pair, length) != 0)
            continue;
        if (!equals)
            return refuse(report, "%s needs a value: %s=...", pair, pair);
        if (keys[i].kind == TEXT)
            return set_text(&keys[i], field, equals + 1, report);
        return keys[i].kind == NUMBER ? set_number(&keys[i], field, equals + 1, report)
                                      : set_percent(&keys[i], field, equals + 1, report);
    }
    return unknown_key(report, pair, length);
}

bool sim_options_parse(const char *text, struct sim_options *options, char *error, size_t error_size)
{
    struct report report = {error, error_size};
    char *copy = strdup(text), *rest = copy, *pair;
    bool good = copy != NULL || refuse(report, "out of memory");

    memset(options, 0, sizeof *options);
    while (good && (pair = strsep(&rest, ",")) != NULL) {
        if (*pair != '\0')
            good = set(options, pair, report);
    }
    free(copy);
    if (good && *options->tap && *options->veth)
        return refuse(report, "a simulated card has one cable: give tap=NAME or veth=NAME, not both");
    return good;
}
