// SPDX-License-Identifier: BSD-2-Clause
//
// cmocka with what it wants included before it.
#ifndef WEIR_CMOCKA_TEST_H
#define WEIR_CMOCKA_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#endif
