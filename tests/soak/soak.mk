# SPDX-License-Identifier: BSD-2-Clause
#
# make soak      mixed traffic through weir up that fills SECONDS=30 of device time (40 minutes; SEED=1): nothing leaks, stalls or is lost uncounted
SECONDS ?= 30
TESTS += $(BUILD)/tests/soak/soak_test
$(BUILD)/tests/soak/soak_test: tests/soak/soak_test.sh $(wildcard tests/soak/*.py) tests/e2e/bridge_lib.sh tests/e2e/lib.sh $(WEIR)
	@mkdir -p $(@D)
	@printf '#!/bin/sh\ncd "%s" && exec %s\n' '$(CURDIR)' '$<' > $@ && chmod +x $@
soak: deps
	@$(MAKE) --no-print-directory $(BUILD)/tests/soak/soak_test
	@$(SUDO) env BUILD=$(BUILD) SOAK_SECONDS=$(SECONDS) SEED=$(or $(SEED),1) PARTS=20 $(BUILD)/tests/soak/soak_test
.PHONY: soak
