# SPDX-License-Identifier: BSD-2-Clause
#
# Linux as the golden model of segmentation.
# make golden COUNT=20000 [SEED=2]     other cases
# make golden-soak [SEED=2]            on and on, until stopped or until a case differs
GOLDEN := $(BUILD)/tests/golden
TESTS  += $(GOLDEN)/golden_test $(GOLDEN)/whole_card_test $(GOLDEN)/tshark_test

GOLDEN_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(wildcard tests/golden/coalesce_*),$(wildcard tests/golden/*.c)))
$(GOLDEN)/golden_test: tests/golden/card.cpp tests/golden/tx_path.v $(GOLDEN_OBJECTS) $(RTL_SOURCES) \
                       tests/golden/golden.h tests/rtl/packet_memory_model.h
	@mkdir -p $(GOLDEN)
	$(SAY) BENCH $@
	$(Q)rm -f $(GOLDEN)/golden.obj/card.[od] # what it includes may have other names now
	$(Q)$(VERILATOR) --cc --exe --build -O3 -Wall --x-assign unique --x-initial unique --top-module tx_path $(RTL_INCLUDES) \
	  -CFLAGS "-O2 -g -I$(CURDIR)/$(BUILD)/gen -I$(CURDIR)/tests/rtl -I$(CURDIR)/tests/golden" \
	  -LDFLAGS "$(addprefix $(CURDIR)/,$(GOLDEN_OBJECTS)) -lpcap" -MAKEFLAGS OPT_FAST=-O2 \
	  --Mdir $(GOLDEN)/golden.obj -o ../golden_test \
	  tests/golden/tx_path.v $(CURDIR)/tests/golden/card.cpp > $(GOLDEN)/golden.log 2>&1 \
	  || { cat $(GOLDEN)/golden.log; exit 1; }

# The same cases from the ULPI pins to the wire's bytes.
$(BUILD)/obj/tests/golden/whole_card.o: tests/golden/whole_card.cpp tests/golden/golden.h $(BUILD)/gen/weir_link.h
	@mkdir -p $(@D)
	$(SAY) CXX $<
	$(Q)$(CXX) -std=c++17 -O2 -g -Wall -Wextra -Wpedantic -Werror -Isim -I$(BUILD)/gen -c -o $@ $<
$(GOLDEN)/whole_card_test: $(BUILD)/obj/tests/golden/whole_card.o $(GOLDEN_OBJECTS) $(SIM_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ $(SIM_LIBS)

$(GOLDEN)/tshark_test: tests/golden/tshark_test $(GOLDEN)/golden_test
	@mkdir -p $(GOLDEN)
	$(SAY) COPY $@
	$(Q)install -m 755 $< $@

golden: $(GOLDEN)/golden_test
	$< --count $(or $(COUNT),20000) --seed $(or $(SEED),1)
golden-soak: $(GOLDEN)/golden_test
	$< --count 0 --seed $(or $(SEED),$(shell date +%s))
.PHONY: golden golden-soak

# Receive coalescing by a plain C model, the driver, and the kernel; also under ASan and UBSan, there without the kernel.
COALESCE_SOURCES := $(addprefix tests/golden/,coalesce_model.c coalesce_traffic.c coalesce_check.c plan.c kernel.c model.c) \
                    $(addprefix driver/,weir_flow.c weir_glue.c weir_record.c)
TESTS += $(GOLDEN)/coalesce_test $(GOLDEN)/coalesce_sanitized
$(GOLDEN)/coalesce_test: $(patsubst %.c,$(BUILD)/obj/%.o,tests/golden/coalesce_test.c $(COALESCE_SOURCES))
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) -o $@ $^
$(GOLDEN)/coalesce_sanitized: tests/golden/coalesce_test.c $(COALESCE_SOURCES) | $(BUILD)/gen/weir_link.h
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(CC) $(CFLAGS) -MF $@.d -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -o $@ $(filter %.c,$^)
-include $(GOLDEN)/coalesce_sanitized.d

# What is glued against what the kernel's GRO glues.
TESTS += $(GOLDEN)/coalesce_gro_test
$(GOLDEN)/coalesce_gro_test: $(patsubst %.c,$(BUILD)/obj/%.o,tests/golden/coalesce_gro_test.c $(COALESCE_SOURCES))
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) -o $@ $^

# The same from the wire's bytes through the whole simulated card.
TESTS += $(GOLDEN)/coalesce_card_test
$(GOLDEN)/coalesce_card_test: $(patsubst %.c,$(BUILD)/obj/tests/golden/%.o,coalesce_card_test.c coalesce_traffic.c coalesce_check.c \
                                plan.c model.c) $(DRIVER_LIB) $(SIM_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ $(DRIVER_LIBS) $(SIM_LIBS)
