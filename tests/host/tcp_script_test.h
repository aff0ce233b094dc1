// SPDX-License-Identifier: BSD-2-Clause
//
// The opening of a file of such tests: cmocka with what it wants before it, and a script `s` for each test, to be begun and
// ended by cmocka_unit_test_setup_teardown(test, start, end).
#ifndef TCP_SCRIPT_TEST_H
#define TCP_SCRIPT_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tcp_script.h"

static struct script s;

static int start(void **state)
{
    const struct weir_stack_config config = script_config();
    (void)state;
    script_start(&s, &config);
    return 0;
}

static int end(void **state)
{
    (void)state;
    script_end(&s);
    return 0;
}

#endif
