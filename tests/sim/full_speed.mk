# SPDX-License-Identifier: BSD-2-Clause
#
# D+ and D- of the card with the full-speed front, decoded by sigrok.
TESTS += $(BUILD)/tests/sim/sigrok_test
$(BUILD)/tests/sim/full_speed_trace: $(BUILD)/obj/tests/sim/full_speed_trace.o $(SIM_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ $(SIM_LIBS)
$(BUILD)/tests/sim/sigrok_test: tests/sim/sigrok_test $(BUILD)/tests/sim/full_speed_trace
	$(SAY) COPY $@
	$(Q)install -m 755 $< $@
