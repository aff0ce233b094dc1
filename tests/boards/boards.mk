# SPDX-License-Identifier: BSD-2-Clause
#
# What of the boards can be seen in seconds, and one bitstream a family; make boards builds all.
TESTS += tests/boards/pins_test.sh tests/boards/block_ram_registers_test.py tests/boards/bitstream_test.sh
RTL_BENCH_FLAGS_board_start       := -y rtl/board -GCLOCK_KHZ=10 -GRAILS_MS=180
RTL_BENCH_FLAGS_led_summary       := -y rtl/board -GBLINK_LOG2=4
RTL_BENCH_FLAGS_butterstick_rails := -y rtl/board -GMILLIVOLTS_0=1200 -GMILLIVOLTS_1=3300
$(BUILD)/tests/rtl/board_start_test: rtl/board/board_start.v
$(BUILD)/tests/rtl/butterstick_rails_test: rtl/board/butterstick_rails.v
$(BUILD)/tests/rtl/led_summary_test: rtl/board/led_summary.v

# Boards whole, with the USB host of the simulation; their pins' cells need more of Verilator than it has (ice40_cells.v).
ICE40_BENCH_FLAGS := -y rtl/board -Wno-PINMISSING -Wno-ASSIGNIN -Wno-UNDRIVEN -Wno-UNUSEDSIGNAL -Wno-SYNCASYNCNET tests/boards/ice40_cells.v
USB_HOST_OBJECTS  := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard sim/usb_host*.c))
RTL_BENCH_FLAGS_hx8k          := $(ICE40_BENCH_FLAGS)
RTL_BENCH_FLAGS_tinyfpga_bx   := $(ICE40_BENCH_FLAGS)
RTL_BENCH_SOURCES_hx8k        := $(USB_HOST_OBJECTS)
RTL_BENCH_SOURCES_tinyfpga_bx := $(USB_HOST_OBJECTS)
$(BUILD)/tests/rtl/hx8k_test $(BUILD)/tests/rtl/tinyfpga_bx_test: $(USB_HOST_OBJECTS) tests/boards/ice40_cells.v $(wildcard rtl/board/*.v)
