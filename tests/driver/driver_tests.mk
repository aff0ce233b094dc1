# SPDX-License-Identifier: BSD-2-Clause
#
# The driver's unit tests run against a model of the card in C. What parses bytes also runs under ASan and UBSan.
FAKE_CARD := $(patsubst %.c,$(BUILD)/obj/%.o,$(addprefix tests/driver/,fake_card.c fake_transport.c segment_model.c))
$(BUILD)/tests/driver/weir_card_test: $(FAKE_CARD)

DRIVER_SANITIZED := $(BUILD)/tests/driver/weir_record_sanitized $(BUILD)/tests/driver/weir_card_sanitized
TESTS += $(DRIVER_SANITIZED)
$(BUILD)/tests/driver/weir_%_sanitized: tests/driver/weir_%_test.c $(wildcard driver/weir_*.c) \
    $(addprefix tests/driver/,fake_card.c fake_transport.c segment_model.c) \
    | $(BUILD)/gen/weir_link.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MF $@.d -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -o $@ $(filter %.c,$^) -lcmocka
-include $(DRIVER_SANITIZED:%=%.d)

# The same calls as build/libweir_sim.a over that model, and the weir command with it: for tests alone.
FAKE_SIM := $(patsubst %.c,$(BUILD)/obj/%.o,$(addprefix tests/driver/,fake_sim.c fake_card.c segment_model.c) $(wildcard sim/wire*.c) sim/fcs.c)
WEIR_FAKE := $(BUILD)/tests/driver/weir_fake
$(WEIR_FAKE): $(WEIR_OBJECTS) $(HOST_LIB) $(DRIVER_LIB) $(FAKE_SIM)
	@mkdir -p $(@D)
	$(CC) -o $@ $^ -lz -lm
