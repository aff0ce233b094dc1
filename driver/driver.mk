# SPDX-License-Identifier: BSD-2-Clause
#
# build/libweir_driver.a: everything that knows the card; a program that links it needs DRIVER_LIBS too.
DRIVER_LIB := $(BUILD)/libweir_driver.a
DRIVER_LIBS := -lusb-1.0 -lusbredirparser -lpthread
DRIVER_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard driver/*.c))
$(DRIVER_LIB): $(DRIVER_OBJECTS)
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^
ALL += $(DRIVER_LIB)
