# SPDX-License-Identifier: BSD-2-Clause
#
# A test is a program (or script) that prints TAP lines ("ok 1 - name", "not ok 2 - name") and ends with 0 when all passed.
# Each folder below tests/ adds its programs to TESTS; tests/run runs them and counts.
TESTS :=

# One bench a module: tests/rtl/<module>_test.cpp drives rtl/**/<module>.v, compiled by Verilator with cmocka.
# RTL_BENCH_FLAGS_<module> adds Verilator flags (such as -GADDR_WIDTH=8), RTL_BENCH_SOURCES_<module> further C or C++ files.
# A module with more to prove has further benches, <module>_<what>_test.cpp, for which RTL_BENCH_TOP_<module>_<what> names it.
RTL_BENCHES := $(patsubst tests/rtl/%_test.cpp,%,$(wildcard tests/rtl/*_test.cpp))
TESTS += $(RTL_BENCHES:%=$(BUILD)/tests/rtl/%_test)
$(BUILD)/tests/rtl/%_test: tests/rtl/%_test.cpp $(RTL_SOURCES) $(wildcard tests/rtl/*.h)
	@mkdir -p $(BUILD)/tests/rtl
	$(SAY) BENCH $*
	$(Q)$(VERILATOR) --cc --exe --build -O3 -Wall --x-assign unique --x-initial unique --top-module $(or $(RTL_BENCH_TOP_$*),$*) $(RTL_INCLUDES) \
	  -CFLAGS "-O2 -g -I$(CURDIR)/sim -I$(CURDIR)/$(BUILD)/gen -I$(CURDIR)/tests/rtl" -LDFLAGS "-lcmocka" \
	  --Mdir $(BUILD)/tests/rtl/$*.obj -o ../$*_test $(RTL_BENCH_FLAGS_$*) \
	  $(or $(RTL_BENCH_TOP_$*),$*).v $(CURDIR)/$< $(addprefix $(CURDIR)/,$(RTL_BENCH_SOURCES_$*)) > $(BUILD)/tests/rtl/$*.log 2>&1 \
	  || { cat $(BUILD)/tests/rtl/$*.log; exit 1; }
$(RTL_BENCHES:%=$(BUILD)/tests/rtl/%_test): | $(BUILD)/gen/weir_link.h

# Unit tests in C: tests/<sim|driver|host>/<file>_test.c, linked with that folder's library (and what it needs).
UNIT_TESTS := $(patsubst tests/%.c,%,$(wildcard tests/sim/*_test.c tests/driver/*_test.c tests/host/*_test.c))
TESTS += $(UNIT_TESTS:%=$(BUILD)/tests/%)
$(BUILD)/tests/sim/%_test: $(BUILD)/obj/tests/sim/%_test.o $(SIM_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ -lcmocka $(SIM_LIBS)
$(BUILD)/tests/driver/%_test: $(BUILD)/obj/tests/driver/%_test.o $(DRIVER_LIB) $(SIM_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ -lcmocka $(DRIVER_LIBS) $(SIM_LIBS)
$(BUILD)/tests/host/%_test: $(BUILD)/obj/tests/host/%_test.o $(HOST_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ -lcmocka

include $(wildcard tests/*/*.mk)

build-tests: $(TESTS)
.PHONY: build-tests
