# SPDX-License-Identifier: BSD-2-Clause
#
# usb_core_test: the device core with its ULPI front (tests/rtl/usb_core.v) against the USB host model, which is plain C.
USB_CORE_HOST := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard sim/usb_host*.c))
RTL_BENCH_FLAGS_usb_core := -y tests/rtl
RTL_BENCH_SOURCES_usb_core := $(USB_CORE_HOST)
$(BUILD)/tests/rtl/usb_core_test: $(USB_CORE_HOST) tests/rtl/usb_core.v
