# SPDX-License-Identifier: BSD-2-Clause
#
# make bench     figures in device time: USB packets a microframe, goodput, ARP latency
BENCH := $(BUILD)/tests/bench/bench
BENCH_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/bench/*.c))
$(BENCH): $(BENCH_OBJECTS) $(DRIVER_LIB) $(HOST_LIB) $(SIM_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ $(DRIVER_LIBS) $(SIM_LIBS)
TESTS += $(BENCH)

bench: deps
	@$(MAKE) --no-print-directory $(BENCH)
	@$(BENCH)
.PHONY: bench
