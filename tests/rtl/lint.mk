# SPDX-License-Identifier: BSD-2-Clause
#
# Without a way to PyPI the other tests go on, and lint_test.sh fails, saying why.
TESTS += tests/rtl/lint_test.sh
build-tests: yosys
.PHONY: yosys
yosys:
	-@[ -z "$(YOSYS_READY)" ] || $(MAKE) --no-print-directory $(YOSYS_READY)
