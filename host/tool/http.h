// SPDX-License-Identifier: BSD-2-Clause
//
// The little of HTTP/1.1 (RFC 9112) that a download needs: URLs, and responses whose body ends by
// Content-Length, by chunks or by the connection's end. Sans-I/O: bytes are put in as they come, in any
// pieces.
#ifndef WEIR_TOOL_HTTP_H
#define WEIR_TOOL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_url {
    char host[256];
    uint16_t port;
    char target[2048]; // path and query, from the slash on
};

// False with `error` when it is no http URL.
bool http_parse_url(const char *text, struct http_url *url, char *error, size_t error_size);

enum http_state {
    HTTP_STATUS_LINE,
    HTTP_HEADERS,
    HTTP_BODY,        // of known length
    HTTP_BODY_TO_END, // ends with the connection
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_END,
    HTTP_TRAILERS,
    HTTP_DONE,
    HTTP_BROKEN, // `error` says why
};

struct http_response {
    enum http_state state;
    unsigned status;
    char reason[80], location[512]; // location: empty when there is none
    bool chunked, has_length;
    uint64_t length; // Content-Length
    uint64_t left;   // bytes of the body or chunk to come
    char line[1024];
    size_t line_length;
    const char *error;
};

void http_response_init(struct http_response *response);
// Takes some of `data` and returns how much; call it until all is taken or the state is DONE or BROKEN. Bytes
// of the body are given out in place: `*body` has `*body_length` of them, within what was taken.
size_t http_response_take(struct http_response *response, const uint8_t *data, size_t length,
                          const uint8_t **body, size_t *body_length);
// The connection has ended: true when the response is whole.
bool http_response_end(struct http_response *response);

#endif
