# SPDX-License-Identifier: BSD-2-Clause
#
# Tests of the whole card share card_bench, those with a cable back into it cable_bench.
$(BUILD)/tests/sim/weir_card_test $(BUILD)/tests/sim/wire_clock_test $(BUILD)/tests/sim/ncm_test: $(BUILD)/obj/tests/sim/card_bench.o
$(BUILD)/tests/sim/weir_card_test $(BUILD)/tests/sim/wire_clock_test: $(BUILD)/obj/tests/sim/cable_bench.o
