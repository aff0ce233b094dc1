# SPDX-License-Identifier: BSD-2-Clause
#
# Tests of the cable's parts need no Verilated card, so they link those parts alone.
SIM_WIRE_OBJECTS := $(patsubst %,$(BUILD)/obj/sim/%.o,socket_address wire_peer_socket fcs gmii_wire wire_pcapng wire_impair wire_tap wire_offload wire_peer wire_loop)
SIM_WIRE_TESTS   := $(patsubst %,$(BUILD)/tests/sim/%_test,fcs gmii_wire wire_pcapng wire_impair wire_tap wire_offload wire_peer wire_loop)
$(SIM_WIRE_TESTS): $(BUILD)/tests/sim/%_test: $(BUILD)/obj/tests/sim/%_test.o $(SIM_WIRE_OBJECTS)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) -o $@ $^ -lcmocka -lz -lm

# How fast the simulation is on this machine.
$(BUILD)/tests/sim/speed: $(BUILD)/obj/tests/sim/speed.o $(SIM_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ $(SIM_LIBS)
bench-sim: $(BUILD)/tests/sim/speed
	$<
.PHONY: bench-sim
