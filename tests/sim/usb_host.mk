# SPDX-License-Identifier: BSD-2-Clause
#
# The USB host model is plain C: its tests link it directly, without the Verilated card.
USB_HOST_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard sim/usb_host*.c) $(wildcard tests/sim/ulpi_device*.c))
$(BUILD)/tests/sim/usb_host_test $(BUILD)/tests/sim/usb_host_transfer_test: \
$(BUILD)/tests/sim/%: $(BUILD)/obj/tests/sim/%.o $(USB_HOST_OBJECTS)
	@mkdir -p $(@D)
	$(CC) -o $@ $^ -lcmocka
