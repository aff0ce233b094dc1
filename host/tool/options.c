// SPDX-License-Identifier: BSD-2-Clause
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

bool parse_ip(const char *text, struct weir_ip *ip)
{
    memset(ip, 0, sizeof *ip);
    if (inet_pton(AF_INET, text, ip->bytes) != 1)
        return false;
    ip->version = 4;
    return true;
}

bool parse_number(const char *text, unsigned long smallest, unsigned long largest, unsigned long *number)
{
    char *end;

    errno = 0;
    *number = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *number >= smallest &&
           *number <= largest;
}

bool parse_port(const char *text, uint16_t *port)
{
    unsigned long number;

    if (!parse_number(text, 1, UINT16_MAX, &number))
        return false;
    *port = (uint16_t)number;
    return true;
}

bool parse_seconds(const char *text, weir_time *time)
{
    char *end;
    double seconds = strtod(text, &end);

    if (*text == '\0' || *end != '\0' || !(seconds >= 0 && seconds <= 1e9))
        return false;
    *time = (weir_time)(seconds * 1e9);
    return true;
}

const char *ip_text(const struct weir_ip *ip, char text[IP_TEXT_SIZE])
{
    return inet_ntop(ip->version == 6 ? AF_INET6 : AF_INET, ip->bytes, text, IP_TEXT_SIZE);
}

// A.B.C.D/LEN
static bool parse_network(const char *text, struct options *options)
{
    char address[IP_TEXT_SIZE];
    const char *slash = strchr(text, '/');
    unsigned long bits;

    if (!slash || (size_t)(slash - text) >= sizeof address || !parse_number(slash + 1, 1, 32, &bits))
        return false;
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = '\0';
    options->prefix_length = (uint8_t)bits;
    return parse_ip(address, &options->address);
}

static bool set_network(const char *text, struct options *options, const char *where)
{
    if (parse_network(text, options))
        return true;
    if (strchr(text, ':'))
        misuse("%s %s: IPv4 only here; with weir up, ip -6 addr add %s dev weir0 once it is up", where, text,
               text);
    else
        misuse("%s %s: an address with the length of its network is needed, as in 10.0.0.2/24", where, text);
    return false;
}

static uint32_t number_of(const struct weir_ip *ip)
{
    const uint8_t *bytes = ip->bytes;

    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t host_bits(const struct options *options)
{
    return (uint32_t)(UINT64_C(0xFFFFFFFF) >> options->prefix_length);
}

const char *not_a_host(const struct options *options, const struct weir_ip *ip)
{
    const uint32_t number = number_of(ip), bits = host_bits(options);
    const bool on_link = (number ^ number_of(&options->address)) <= bits;

    if (ip->bytes[0] == 0 || ip->bytes[0] == 127 || number >= 0xE0000000)
        return "no address that a host on a network can have";
    if (!on_link || options->prefix_length >= 31) // a /31 has neither of the following (RFC 3021)
        return NULL;
    if ((number & bits) == 0)
        return "the network itself";
    return (number & bits) == bits ? "the network's broadcast address" : NULL;
}

static bool check_host(const struct options *options, const struct weir_ip *ip, const char *what)
{
    const char *wrong = not_a_host(options, ip);
    char text[IP_TEXT_SIZE];

    if (wrong)
        misuse("%s %s/%u is %s: give a host's address", what, ip_text(ip, text), options->prefix_length,
               wrong);
    return !wrong;
}

// Where there is no address yet, whoever needs one says so.
static bool check_addresses(const struct options *options)
{
    const uint32_t apart = number_of(&options->address) ^ number_of(&options->gateway);
    char address[IP_TEXT_SIZE], gateway[IP_TEXT_SIZE];

    if (options->address.version == 0)
        return true;
    if (!check_host(options, &options->address, "our address"))
        return false;
    if (options->gateway.version == 0)
        return true;
    if (apart == 0)
        misuse("--gateway %s is our own address: give the router's", ip_text(&options->gateway, gateway));
    else if (apart > host_bits(options))
        misuse("--gateway %s is not in our network %s/%u: give a router that is",
               ip_text(&options->gateway, gateway), ip_text(&options->address, address),
               options->prefix_length);
    else
        return check_host(options, &options->gateway, "--gateway");
    return false;
}

static const struct option known[] = {
    {"card", required_argument, NULL, 'c'},
    {"ip", required_argument, NULL, 'i'},
    {"gateway", required_argument, NULL, 'g'},
    {"stats", optional_argument, NULL, 's'},
    {"no-tso", no_argument, NULL, 't'},
    {"no-csum", no_argument, NULL, 'n'},
    {"no-coalesce", no_argument, NULL, 'l'},
    {"wait", no_argument, NULL, 'w'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {0},
};

bool options_parse(struct options *options, int argc, char **argv, int *command)
{
    const char *ip = getenv("WEIR_IP");
    int option;

    *options = (struct options){.card = getenv("WEIR_CARD"), .tso = true, .csum = true, .coalesce = true};
    if (!options->card || !*options->card)
        options->card = "usb"; // the only one
    if (ip && *ip && !set_network(ip, options, "WEIR_IP"))
        return false;
    while ((option = getopt_long(argc, argv, "+h", known, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->card = optarg;
            break;
        case 'i':
            if (!set_network(optarg, options, "--ip"))
                return false;
            break;
        case 'g':
            if (!parse_ip(optarg, &options->gateway)) {
                misuse("--gateway %s: an IPv4 address is needed, as in 10.0.0.1", optarg);
                return false;
            }
            break;
        case 's':
            options->stats = true;
            options->stats_file = optarg;
            break;
        case 't':
            options->tso = false;
            break;
        case 'n':
            options->csum = options->tso = options->coalesce = false;
            break;
        case 'l':
            options->coalesce = false;
            break;
        case 'w':
            options->wait = true;
            break;
        case 'h':
            options->help = true;
            break;
        case 'v':
            options->version = true;
            break;
        default:
            misuse("`weir help` tells what there is");
            return false;
        }
    }
    *command = optind;
    return options->help || options->version || check_addresses(options);
}

// The option of ours that a word is, or NULL.
static const struct option *option_of(const char *word)
{
    const size_t length = strncmp(word, "--", 2) == 0 ? strcspn(word + 2, "=") : 0;

    for (const struct option *option = known; length > 0 && option->name; option++) {
        if (strlen(option->name) == length && strncmp(option->name, word + 2, length) == 0)
            return option;
    }
    return NULL;
}

void options_tell_misplaced(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const struct option *option = option_of(argv[i]);
        if (!option)
            continue;
        bool value_follows = option->has_arg == required_argument && !strchr(argv[i], '=');
        misuse("--%s stands before the command: weir %s%s %s ...", option->name, argv[i],
               value_follows ? " ..." : "", argv[0]);
        return;
    }
}
