# SPDX-License-Identifier: BSD-2-Clause
#
# build/libweir_driver.a: everything that knows the card.
DRIVER_LIB := $(BUILD)/libweir_driver.a
DRIVER_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard driver/*.c))
$(DRIVER_LIB): $(DRIVER_OBJECTS)
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^
ALL += $(DRIVER_LIB)
