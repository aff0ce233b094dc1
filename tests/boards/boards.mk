# SPDX-License-Identifier: BSD-2-Clause
#
# What of the boards can be seen in seconds, and one bitstream a family; make boards builds all.
TESTS += tests/boards/pins_test.sh tests/boards/bitstream_test.sh
RTL_BENCH_FLAGS_board_start       := -y rtl/board -GCLOCK_KHZ=10 -GRAILS_MS=180
RTL_BENCH_FLAGS_butterstick_rails := -y rtl/board -GMILLIVOLTS_0=1200 -GMILLIVOLTS_1=3300
$(BUILD)/tests/rtl/board_start_test: rtl/board/board_start.v
$(BUILD)/tests/rtl/butterstick_rails_test: rtl/board/butterstick_rails.v
