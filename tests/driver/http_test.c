// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http.h"

struct result {
    struct http_response response;
    char body[4096];
    size_t length, taken;
    bool whole;
};

// Puts `text` in, `piece` bytes at a time (the last piece in an allocation of its own size, for the
// sanitizer), and ends the connection.
static void feed(struct result *result, const char *text, size_t length, size_t piece)
{
    memset(result, 0, sizeof *result);
    http_response_init(&result->response);
    for (size_t at = 0; at < length;) {
        size_t size = length - at < piece ? length - at : piece, taken;
        uint8_t *copy = malloc(size);
        const uint8_t *body;
        size_t body_length;
        assert_non_null(copy);
        memcpy(copy, text + at, size);
        taken = http_response_take(&result->response, copy, size, &body, &body_length);
        assert_true(taken <= size && body_length <= taken);
        if (body_length > 0) {
            assert_ptr_equal(body, copy);
            assert_true(result->length + body_length < sizeof result->body);
            memcpy(result->body + result->length, body, body_length);
            result->length += body_length;
        }
        free(copy);
        at += taken;
        result->taken = at;
        if (taken == 0 && (result->response.state == HTTP_DONE || result->response.state == HTTP_BROKEN))
            break;
        assert_true(taken > 0);
    }
    result->whole = http_response_end(&result->response);
}

static void bodies_of_every_kind_come_whole_in_pieces_of_any_size(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
        "HTTP/1.0 200 OK\nServer: x\n\nhello world",
        "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nTrailer: "
        "x\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 Part\r\ncontent-length:11\r\nContent-Length: "
        "11\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world",
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t piece = 1; piece < 100; piece++) {
            static struct result result;
            feed(&result, cases[i], strlen(cases[i]), piece);
            assert_true(result.whole);
            assert_int_equal(result.length, 11);
            assert_memory_equal(result.body, "hello world", 11);
        }
    }
}

static void response_that_breaks_off_is_not_whole(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t length = 0; length < strlen(cases[i]); length++) {
            static struct result result;
            feed(&result, cases[i], length, 7);
            assert_false(result.whole);
            assert_non_null(result.response.error);
        }
    }
}

static void nothing_behind_the_body_is_taken(void **state)
{
    (void)state;
    static struct result result;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 no";

    feed(&result, text, strlen(text), 1000);
    assert_true(result.whole);
    assert_int_equal(result.length, 2);
    assert_int_equal(result.response.status, 200);
    feed(&result, "HTTP/1.1 204 No Content\r\n\r\nx", 28, 1000);
    assert_true(result.whole);
    assert_int_equal(result.length, 0);
}

static void redirect_tells_where_to(void **state)
{
    (void)state;
    static struct result result;
    static const char text[] =
        "HTTP/1.1 302 Found\r\nLocation:  http://10.0.0.1/new\r\nContent-Length: 0\r\n\r\n";

    feed(&result, text, strlen(text), 3);
    assert_true(result.whole);
    assert_int_equal(result.response.status, 302);
    assert_string_equal(result.response.reason, "Found");
    assert_string_equal(result.response.location, "http://10.0.0.1/new");
}

static void what_is_no_http_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct result result;
        feed(&result, cases[i], strlen(cases[i]), 10);
        if (result.whole || result.response.state != HTTP_BROKEN)
            fail_msg("taken: %s", cases[i]);
    }
    static char line[3000];
    static struct result result;
    memset(line, 'x', sizeof line);
    feed(&result, line, sizeof line, 100);
    assert_int_equal(result.response.state, HTTP_BROKEN);
}

static void urls_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *target;
        uint16_t port;
    } good[] = {
        {"http://10.0.0.1/a/b?c=d#e", "10.0.0.1", "/a/b?c=d", 80},
        {"HTTP://10.0.0.1:8080", "10.0.0.1", "/", 8080},
        {"http://h?x", "h", "/?x", 80},
    };
    static const char *const bad[] = {"https://10.0.0.1/", "ftp://x/",         "10.0.0.1/x",
                                      "http:///x",         "http://h:0/",      "http://h:65536/",
                                      "http://h:x",        "http://h/a b\r\n", ""};
    char error[200];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct http_url url;
        assert_true(http_parse_url(good[i].text, &url, error, sizeof error));
        assert_string_equal(url.host, good[i].host);
        assert_string_equal(url.target, good[i].target);
        assert_int_equal(url.port, good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct http_url url;
        assert_false(http_parse_url(bad[i], &url, error, sizeof error));
    }
}

// Pieces of responses in a random order: whatever comes, the parser stays within bounds and goes on.
static void any_bytes_are_survived(void **state)
{
    (void)state;
    static const char *const words[] = {"HTTP/1.1 200 OK",
                                        "\r\n",
                                        "\n",
                                        "Content-Length: ",
                                        "5",
                                        "Transfer-Encoding: chunked",
                                        ":",
                                        "0",
                                        "ffffffffffffff",
                                        "\r\n\r\n",
                                        "Location: x",
                                        " ",
                                        "a"};
    uint64_t seed = 88172645463325252u;

    for (int round = 0; round < 20000; round++) {
        static struct result result;
        char text[1000] = "HTTP/1.1 200 OK\r\n";
        for (int i = 0; i < 20; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            strcat(text, words[seed % (sizeof words / sizeof *words)]);
        }
        feed(&result, text, strlen(text), 1 + seed % 40);
        assert_true(result.whole == (result.response.state == HTTP_DONE));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_of_every_kind_come_whole_in_pieces_of_any_size),
        cmocka_unit_test(response_that_breaks_off_is_not_whole),
        cmocka_unit_test(nothing_behind_the_body_is_taken),
        cmocka_unit_test(redirect_tells_where_to),
        cmocka_unit_test(what_is_no_http_is_refused),
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(any_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
