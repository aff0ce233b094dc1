// SPDX-License-Identifier: BSD-2-Clause
#include "http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool refuse(char *error, size_t error_size, const char *text, const char *why)
{
    snprintf(error, error_size, "%s: %s", text, why);
    return false;
}

bool http_parse_url(const char *text, struct http_url *url, char *error, size_t error_size)
{
    static const char scheme[] = "http://";

    if (strncasecmp(text, "https://", 8) == 0)
        return refuse(error, error_size, text, "there is no TLS here; is it there over http:// too?");
    if (strncasecmp(text, scheme, sizeof scheme - 1) != 0)
        return refuse(error, error_size, text, "a URL is needed that begins with http://");
    const char *host = text + sizeof scheme - 1;
    size_t host_length = strcspn(host, ":/?#");
    if (host_length == 0 || host_length >= sizeof url->host)
        return refuse(error, error_size, text, "a host is needed after http://");
    snprintf(url->host, sizeof url->host, "%.*s", (int)host_length, host);

    const char *rest = host + host_length;
    url->port = 80;
    if (*rest == ':') {
        char *end;
        unsigned long port = strtoul(rest + 1, &end, 10);
        if (end == rest + 1 || port == 0 || port > UINT16_MAX || (*end && !strchr("/?#", *end)))
            return refuse(error, error_size, text,
                          "the port behind the host must be a number from 1 to 65535");
        url->port = (uint16_t)port;
        rest = end;
    }
    size_t target_length = strcspn(rest, "#");
    for (size_t i = 0; i < target_length; i++) {
        if (!isgraph((unsigned char)rest[i]))
            return refuse(error, error_size, text, "write blanks and the like as %20");
    }
    if (target_length + 2 > sizeof url->target)
        return refuse(error, error_size, text, "it is too long");
    snprintf(url->target, sizeof url->target, "%s%.*s", *rest == '/' ? "" : "/", (int)target_length, rest);
    return true;
}

void http_response_init(struct http_response *response)
{
    *response = (struct http_response){.state = HTTP_STATUS_LINE};
}

static void broken(struct http_response *response, const char *error)
{
    response->state = HTTP_BROKEN;
    response->error = error;
}

// HTTP/1.1 200 OK
static void take_status_line(struct http_response *response)
{
    const char *line = response->line;

    if (strncmp(line, "HTTP/1.", 7) != 0 || !isdigit((unsigned char)line[7]) || line[8] != ' ' ||
        !isdigit((unsigned char)line[9]) || !isdigit((unsigned char)line[10]) ||
        !isdigit((unsigned char)line[11])) {
        broken(response, "this is no HTTP server");
        return;
    }
    response->status = (unsigned)strtoul(line + 9, NULL, 10);
    snprintf(response->reason, sizeof response->reason, "%s", line[12] == ' ' ? line + 13 : "");
    response->chunked = response->has_length = false;
    response->location[0] = '\0';
    response->state = HTTP_HEADERS;
}

static bool parse_length(const char *text, int base, uint64_t *length)
{
    char *end;

    if (!isxdigit((unsigned char)*text) || strlen(text) > 15)
        return false;
    *length = strtoull(text, &end, base);
    return *end == '\0' || *end == ';' || *end == ' ' || *end == '\t';
}

static void take_header(struct http_response *response)
{
    char *colon = strchr(response->line, ':');

    if (!colon || colon == response->line) {
        broken(response, "a header makes no sense");
        return;
    }
    *colon = '\0';
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    if (strcasecmp(response->line, "Content-Length") == 0) {
        uint64_t before = response->length;
        if (!parse_length(value, 10, &response->length) ||
            (response->has_length && before != response->length))
            broken(response, "its Content-Length makes no sense");
        response->has_length = true;
    } else if (strcasecmp(response->line, "Transfer-Encoding") == 0) {
        response->chunked = strcasecmp(value, "chunked") == 0;
        if (!response->chunked)
            broken(response, "its Transfer-Encoding is none that was asked for");
    } else if (strcasecmp(response->line, "Location") == 0) {
        snprintf(response->location, sizeof response->location, "%.*s", (int)sizeof response->location - 1,
                 value);
    }
}

// How long the body is: RFC 9112 section 6.3.
static void begin_body(struct http_response *response)
{
    if (response->status < 200) { // interim: the answer is still to come
        response->state = HTTP_STATUS_LINE;
    } else if (response->status == 204 || response->status == 304) {
        response->state = HTTP_DONE;
    } else if (response->chunked) {
        response->state = HTTP_CHUNK_SIZE;
    } else if (response->has_length) {
        response->left = response->length;
        response->state = response->left > 0 ? HTTP_BODY : HTTP_DONE;
    } else {
        response->state = HTTP_BODY_TO_END;
    }
}

static void take_line(struct http_response *response)
{
    bool empty = response->line[0] == '\0';

    switch (response->state) {
    case HTTP_STATUS_LINE:
        take_status_line(response);
        break;
    case HTTP_HEADERS:
        if (empty)
            begin_body(response);
        else
            take_header(response);
        break;
    case HTTP_CHUNK_SIZE:
        if (!parse_length(response->line, 16, &response->left))
            broken(response, "a chunk's size makes no sense");
        else
            response->state = response->left > 0 ? HTTP_CHUNK_DATA : HTTP_TRAILERS;
        break;
    case HTTP_CHUNK_END:
        response->state = HTTP_CHUNK_SIZE;
        if (!empty)
            broken(response, "a chunk is longer than it says");
        break;
    default: // HTTP_TRAILERS
        if (empty)
            response->state = HTTP_DONE;
    }
}

// Gathers a line, which ends with LF or CR LF.
static size_t take_line_bytes(struct http_response *response, const uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\n') {
            if (response->line_length > 0 && response->line[response->line_length - 1] == '\r')
                response->line_length--;
            response->line[response->line_length] = '\0';
            response->line_length = 0;
            take_line(response);
            return i + 1;
        }
        if (response->line_length + 1 == sizeof response->line || data[i] == '\0') {
            broken(response, "a line is too long, or no text");
            return i;
        }
        response->line[response->line_length++] = (char)data[i];
    }
    return length;
}

size_t http_response_take(struct http_response *response, const uint8_t *data, size_t length,
                          const uint8_t **body, size_t *body_length)
{
    *body = data;
    *body_length = 0;
    switch (response->state) {
    case HTTP_DONE:
    case HTTP_BROKEN:
        return 0;
    case HTTP_BODY_TO_END:
        return *body_length = length;
    case HTTP_BODY:
    case HTTP_CHUNK_DATA:
        *body_length = length < response->left ? length : (size_t)response->left;
        response->left -= *body_length;
        if (response->left == 0)
            response->state = response->state == HTTP_BODY ? HTTP_DONE : HTTP_CHUNK_END;
        return *body_length;
    default:
        return take_line_bytes(response, data, length);
    }
}

bool http_response_end(struct http_response *response)
{
    if (response->state == HTTP_BODY_TO_END)
        response->state = HTTP_DONE;
    if (response->state != HTTP_DONE && response->state != HTTP_BROKEN)
        broken(response, response->status ? "the connection ended before the file did"
                                          : "the connection ended without an answer");
    return response->state == HTTP_DONE;
}
