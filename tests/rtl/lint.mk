# SPDX-License-Identifier: BSD-2-Clause
TESTS += tests/rtl/lint_test.sh
build-tests: $(YOSYS_READY)
