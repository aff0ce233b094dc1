# SPDX-License-Identifier: BSD-2-Clause
#
# The USB host model is plain C: its test links it directly, without the Verilated card.
USB_HOST_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard sim/usb_host*.c))
USB_HOST_TEST_OBJECTS := $(addprefix $(BUILD)/obj/tests/sim/,usb_host_test.o ulpi_device.o ulpi_device_link.o) $(USB_HOST_OBJECTS)
$(BUILD)/tests/sim/usb_host_test: $(USB_HOST_TEST_OBJECTS)
	@mkdir -p $(@D)
	$(CC) -o $@ $(USB_HOST_TEST_OBJECTS) -lcmocka
