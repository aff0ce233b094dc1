# SPDX-License-Identifier: BSD-2-Clause
# End-to-end tests: scripts here that print TAP, with the real tool, the simulated card and the kernel as the peer.
E2E_SCRIPTS := $(wildcard tests/e2e/*_test.sh)
TESTS += $(E2E_SCRIPTS:tests/e2e/%.sh=$(BUILD)/tests/e2e/%)
$(BUILD)/tests/e2e/%: tests/e2e/%.sh $(wildcard tests/e2e/*lib.sh tests/e2e/*.py) $(WEIR) $(WEIR_SIM)
	@mkdir -p $(@D)
	@printf '#!/bin/sh\ncd "%s" && exec %s\n' '$(CURDIR)' '$<' > $@ && chmod +x $@
$(BUILD)/tests/e2e/unplug_test: $(WEIR_SIM)
