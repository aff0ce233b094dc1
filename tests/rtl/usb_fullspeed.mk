# SPDX-License-Identifier: BSD-2-Clause
#
# fullspeed_core_test: the device core with its full-speed front (tests/rtl/fullspeed_core.v) against the USB host model.
RTL_BENCH_FLAGS_fullspeed_core := -y tests/rtl
RTL_BENCH_SOURCES_fullspeed_core := $(USB_CORE_HOST)
$(BUILD)/tests/rtl/fullspeed_core_test: $(USB_CORE_HOST) tests/rtl/fullspeed_core.v
