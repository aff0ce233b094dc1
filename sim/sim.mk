# SPDX-License-Identifier: BSD-2-Clause
#
# build/libweir_sim.a: the Verilated card with its USB host and wire, and Verilator's run time: all that a program links.
SIM_LIB  := $(BUILD)/libweir_sim.a
SIM_LIBS := -lz -lpcap -lpthread -latomic

# build/weir-sim: the card as a program, exported over usbredir. What it alone needs is not in the library.
WEIR_SIM            := $(BUILD)/weir-sim
SIM_PROGRAM_SOURCES := sim/weir_sim_main.c $(wildcard sim/usbredir_*.c)

SIM_TOPS    := weir_card_ulpi weir_card_fs
SIM_MODELS  := $(SIM_TOPS:%=$(BUILD)/verilated/V%__ALL.a)
SIM_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(SIM_PROGRAM_SOURCES),$(wildcard sim/*.c))) \
               $(patsubst %.cpp,$(BUILD)/obj/%.o,$(wildcard sim/*.cpp))
SIM_RUNTIME := $(addprefix $(BUILD)/verilated/,verilated.o verilated_fst_c.o verilated_threads.o)

# Reset values are random from the card's seed; an X in an expression is a constant, which is 9 % faster (the RTL benches
# have it random). Trace support costs 8 % while no trace is written, so there is no model without. -O2 or other splitting
# of the model changes nothing that can be told from noise; -Os halves the speed. Measured with `make bench-sim`.
SIM_VERILATE := --cc -O3 --x-assign fast --x-initial unique --trace-fst --threads 1 --Mdir $(BUILD)/verilated $(RTL_INCLUDES) sim/weir_card.vlt
SIM_OPTIMISE := OPT_FAST=-O3 OPT_SLOW=-O1 OPT_GLOBAL=-O3
VERILATOR_ROOT ?= $(shell $(VERILATOR) --getenv VERILATOR_ROOT)

# A model with its headers; the run time is made along with the first. `make -n` comes here before there is a makefile of it.
$(SIM_MODELS): $(BUILD)/verilated/V%__ALL.a: $(RTL_SOURCES) sim/sim.mk sim/weir_card.vlt
	@mkdir -p $(@D)
	$(SAY) VERILATE $*
	$(Q)$(VERILATOR) $(SIM_VERILATE) --top-module $* $*.v
	$(Q)[ ! -e $(@D)/V$*.mk ] || $(MAKE) $(if $(V),,-s) -C $(@D) -f V$*.mk $(SIM_OPTIMISE) V$*__ALL.a $(if $(filter $*,$(firstword $(SIM_TOPS))),$(notdir $(SIM_RUNTIME)))

$(BUILD)/obj/sim/%.o: sim/%.cpp $(SIM_MODELS) $(BUILD)/gen/weir_link.h
	@mkdir -p $(@D)
	$(SAY) CXX $<
	$(Q)$(CXX) -std=c++17 -O2 -g -Wall -Wextra -Wpedantic -Wconversion -Werror -Isim -I$(BUILD)/gen -isystem $(BUILD)/verilated \
	  -isystem $(VERILATOR_ROOT)/include -isystem $(VERILATOR_ROOT)/include/vltstd -MMD -MP -c -o $@ $<

$(SIM_LIB): $(SIM_OBJECTS) $(SIM_MODELS)
	$(SAY) AR $@
	$(Q)rm -f $@ && { echo create $@; printf 'addlib %s\n' $(SIM_MODELS); printf 'addmod %s\n' $(SIM_OBJECTS) $(SIM_RUNTIME); echo save; } \
	  | $(AR) -M
ALL += $(SIM_LIB)

$(WEIR_SIM): $(SIM_PROGRAM_SOURCES:%.c=$(BUILD)/obj/%.o) $(SIM_LIB)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ -lusbredirparser $(SIM_LIBS)
ALL += $(WEIR_SIM)
