// SPDX-License-Identifier: BSD-2-Clause
#include "stats_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GROUPS_MAX 4
#define CLEAR "\033[H\033[J"

struct group {
    const char *title;
    struct stats_line lines[STATS_LINES_MAX];
    size_t count;
};

struct table {
    struct group group[GROUPS_MAX];
    size_t groups;
};

// ---- Texts of lines `name value` ----

static const char *find(const char *text, const char *name)
{
    const size_t length = strlen(name);

    while (text && *text) {
        if (strncmp(text, name, length) == 0 && text[length] == ' ')
            return text + length + 1;
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return NULL;
}

bool report_word(const char *text, const char *name, char *word, size_t size)
{
    const char *found = find(text, name);

    if (found)
        snprintf(word, size, "%.*s", (int)strcspn(found, "\n"), found);
    for (char *letter = word; found && *letter; letter++)
        if ((unsigned char)*letter < ' ' || *letter == 0x7F)
            *letter = '?'; // nothing that a terminal would obey
    return found != NULL;
}

static uint64_t number(const char *text, const char *name)
{
    const char *found = find(text, name);

    return found ? strtoull(found, NULL, 10) : 0;
}

// ---- The kernel's own counters ----

// /proc/net/dev has them in this order, eight of received and eight of sent, behind the name and a colon.
enum { RX_PACKETS = 1, RX_ERRORS, RX_DROPPED, TX_PACKETS = 9, TX_ERRORS, TX_DROPPED, KERNEL_VALUES = 16 };

static bool read_kernel(const char *interface, uint64_t *values)
{
    FILE *file = fopen("/proc/net/dev", "re");
    char line[512];
    bool found = false;

    while (file && !found && fgets(line, sizeof line, file)) {
        char *name = line + strspn(line, " "), *colon = strchr(name, ':');
        if (!colon)
            continue;
        *colon = '\0';
        found = strcmp(name, interface) == 0;
        char *next = colon + 1;
        for (unsigned i = 0; found && i < KERNEL_VALUES; i++)
            values[i] = strtoull(next, &next, 10);
    }
    if (file)
        fclose(file);
    return found;
}

static size_t kernel_lines(const char *interface, struct stats_line *lines)
{
    uint64_t values[KERNEL_VALUES] = {0};
    bool there = read_kernel(interface, values);
    const struct stats_line all[] = {
        {"kernel_tx_packets", "frames and superframes handed to the bridge", values[TX_PACKETS], true},
        {"kernel_tx_dropped",
         "dropped on the way there: the interface's queue was full, or it had no carrier", values[TX_DROPPED],
         false},
        {"kernel_tx_errors", "dropped on the way there: errors", values[TX_ERRORS], false},
        {"kernel_rx_packets", "frames and large frames taken from the bridge", values[RX_PACKETS], true},
        {"kernel_rx_dropped", "dropped: no memory, or nobody wanted them", values[RX_DROPPED], false},
        {"kernel_rx_errors", "dropped: errors", values[RX_ERRORS], false},
    };

    memcpy(lines, all, there ? sizeof all : 0);
    return there ? sizeof all / sizeof *all : 0;
}

// ---- Printing ----

static void print_people(const struct report *report, const struct report_style *style,
                         const struct table *table, double seconds)
{
    size_t at = 0;

    for (size_t i = 0; i < table->groups; i++) {
        const struct group *group = &table->group[i];
        printf("%s\n", group->title);
        for (size_t j = 0; j < group->count; j++, at++) {
            const struct stats_line *line = &group->lines[j];
            if (line->value == 0 && !line->always && !style->all)
                continue;
            printf("%14" PRIu64 "  ", line->value);
            if (seconds > 0)
                printf("%12.0f/s  ", (double)(int64_t)(line->value - report->before[at]) / seconds);
            printf("%-22s %s\n", line->name, line->text);
        }
    }
}

static void print_string(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        const unsigned char letter = (unsigned char)*text;
        if (letter == '"' || letter == '\\')
            printf("\\%c", letter);
        else if (letter < ' ')
            printf("\\u%04x", letter);
        else
            putchar(letter);
    }
    putchar('"');
}

static void print_counters(const struct table *table)
{
    const char *before = "";

    printf("\"counters\": {");
    for (size_t i = 0; i < table->groups; i++) {
        for (size_t j = 0; j < table->group[i].count; j++) {
            const struct stats_line *line = &table->group[i].lines[j];
            printf("%s\"%s\": %" PRIu64, before, line->name, line->value);
            before = ", ";
        }
    }
    printf("}}\n");
}

static void keep(struct report *report, const struct table *table, weir_time now)
{
    size_t at = 0;

    for (size_t i = 0; i < table->groups; i++)
        for (size_t j = 0; j < table->group[i].count; j++)
            report->before[at++] = table->group[i].lines[j].value;
    report->then = now;
}

static void print(struct report *report, const struct report_style *style, const struct table *table,
                  weir_time now)
{
    if (style->json)
        print_counters(table);
    else
        print_people(report, style, table,
                     report->then && now > report->then ? (double)(now - report->then) / 1e9 : 0);
    keep(report, table, now);
}

void report_begin_round(const struct report_style *style)
{
    if (style->clear && !style->json)
        fputs(CLEAR, stdout);
}

// ---- What is told ----

static void fill_in(struct group *group, const char *text)
{
    for (size_t i = 0; i < group->count; i++)
        group->lines[i].value = number(text, group->lines[i].name);
}

void report_bridge(struct report *report, const struct report_style *style, const char *text)
{
    static struct table table;
    const struct weir_bridge_stats no_bridge = {0};
    const struct weir_card_stats no_driver = {0};
    const uint64_t no_card[WEIR_COUNTERS] = {0};
    char name[64] = "", card[256] = "";
    struct group *group = table.group;
    const bool up = number(text, "link_up") != 0, there = number(text, "plugged_in") != 0;
    const unsigned speed = (unsigned)number(text, "link_mbps");

    report_word(text, "interface", name, sizeof name);
    report_word(text, "card", card, sizeof card);
    group[0].title = "what the kernel did";
    group[0].count = kernel_lines(name, group[0].lines);
    group[1].title = "what the bridge did";
    group[1].count = stats_lines_bridge(&no_bridge, group[1].lines);
    group[2].title = "what the driver did";
    group[2].count = stats_lines_driver(&no_driver, group[2].lines);
    group[3].title = "what the card did";
    group[3].count = stats_lines_card(no_card, group[3].lines);
    table.groups = 4;
    for (size_t i = 1; i < table.groups; i++)
        fill_in(&group[i], text);
    if (style->json) {
        printf("{\"interface\": ");
        print_string(name);
        printf(", \"card\": ");
        print_string(card);
        printf(", \"plugged_in\": %s, \"link_up\": %s, \"link_mbps\": %u, \"device_time_ns\": %" PRIu64 ", ",
               there ? "true" : "false", up ? "true" : "false", speed, number(text, "run_device_time_ns"));
    } else if (up) {
        printf("%s: card %s, wire up, %u Mb/s\n", name, card, speed);
    } else {
        printf("%s: card %s, %s\n", name, card, there ? "wire down" : "not plugged in");
    }
    print(report, style, &table, number(text, "run_device_time_ns"));
}

void report_card(struct report *report, const struct report_style *style, const char *card,
                 const uint64_t *counters, weir_time now)
{
    static struct table table = {.group[0].title = "what the card did", .groups = 1};

    table.group[0].count = stats_lines_card(counters, table.group[0].lines);
    if (style->json) {
        printf("{\"card\": ");
        print_string(card);
        printf(", ");
    } else {
        printf("card %s\n", card);
    }
    print(report, style, &table, now);
}
