# SPDX-License-Identifier: BSD-2-Clause
#
# The USB host model is plain C: its tests link it directly, without the Verilated card.
USB_HOST_TESTS   := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/sim/usb_host*_test.c))
USB_HOST_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard sim/usb_host*.c tests/sim/ulpi_device*.c) \
                      tests/sim/usb_host_fixture.c)
$(USB_HOST_TESTS): $(BUILD)/%: $(BUILD)/obj/%.o $(USB_HOST_OBJECTS)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) -o $@ $^ -lcmocka
usb-host-tests: $(USB_HOST_TESTS)
.PHONY: usb-host-tests
