# SPDX-License-Identifier: BSD-2-Clause
#
# The driver's unit tests run against a model of the card in C. The parser's fuzz also runs under ASan and UBSan.
FAKE_CARD := $(patsubst %.c,$(BUILD)/obj/%.o,$(addprefix tests/driver/,fake_card.c fake_transport.c segment_model.c))
$(BUILD)/tests/driver/weir_card_test $(BUILD)/tests/driver/fake_card_test: $(FAKE_CARD)

SANITIZED := $(BUILD)/tests/driver/weir_record_sanitized $(BUILD)/tests/driver/weir_card_sanitized
TESTS += $(SANITIZED)
$(BUILD)/tests/driver/weir_%_sanitized: tests/driver/weir_%_test.c $(wildcard driver/weir_*.[ch] driver/card_internal.h) \
    tests/driver/fake_card.c tests/driver/fake_transport.c tests/driver/segment_model.c $(BUILD)/gen/weir_link.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(CFLAGS)) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -o $@ $(filter %.c,$^) -lcmocka
