# SPDX-License-Identifier: BSD-2-Clause
#
# make bench     what the offloads bring: a report, with plots and tables, in build/bench/report.md (5 to 10 minutes on two cores)
BENCH         := $(BUILD)/tests/bench/bench
MEASURE       := $(BUILD)/bench/measure
MEASURE_MODEL := $(BUILD)/bench/measure-model
# All but the two programs' own, and lwIP, which only measure knows.
BENCH_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(addprefix tests/bench/,bench.c measure.c lwip_bench.c),$(wildcard tests/bench/*.c)))
MEASURE_OBJECTS := $(BENCH_OBJECTS) $(patsubst %,$(BUILD)/obj/tests/bench/%.o,measure lwip_bench)
$(BUILD)/obj/tests/bench/lwip_bench.o: CFLAGS += -isystem /usr/include/lwip

$(BENCH): $(BUILD)/obj/tests/bench/bench.o $(BENCH_OBJECTS) $(DRIVER_LIB) $(HOST_LIB) $(SIM_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ $(DRIVER_LIBS) $(SIM_LIBS)
TESTS += $(BENCH) tests/bench/report_test.sh

$(MEASURE): $(MEASURE_OBJECTS) $(DRIVER_LIB) $(HOST_LIB) $(SIM_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ $(DRIVER_LIBS) $(SIM_LIBS) -llwip

# With the card's model in C, and the simulation's parts that are not the card.
MEASURE_FAKE_SIM := $(patsubst %.c,$(BUILD)/obj/%.o,$(addprefix tests/driver/,fake_sim.c fake_card.c segment_model.c) \
  tests/golden/coalesce_model.c $(wildcard sim/wire*.c) $(addprefix sim/,sim_options.c sim_wire.c socket_address.c fcs.c))
$(MEASURE_MODEL): $(MEASURE_OBJECTS) $(MEASURE_FAKE_SIM) $(DRIVER_LIB) $(HOST_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) -o $@ $^ $(DRIVER_LIBS) -lz -lm -llwip

bench: deps
	@$(MAKE) --no-print-directory $(MEASURE) $(MEASURE_MODEL)
	@python3 tests/bench/report.py $(BUILD)
.PHONY: bench
