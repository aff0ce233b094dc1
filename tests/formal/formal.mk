# SPDX-License-Identifier: BSD-2-Clause
#
# make formal: every proof, and for each that it breaks when its module is broken. `make test` runs the quick proofs alone.
# SymbiYosys and yices are the system's, or YoWASP's and PyPI's in the virtual environment of rtl/rtl.mk.
ifeq ($(and $(shell command -v sby),$(shell command -v yices-smt2)),)
  SBY_READY := $(BUILD)/venv/ready
endif

TESTS += tests/formal/quick
build-tests: $(SBY_READY)

formal: deps
	@$(MAKE) --no-print-directory $(SBY_READY)
	@tests/formal/prove $(BUILD)
.PHONY: formal
