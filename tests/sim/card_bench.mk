# SPDX-License-Identifier: BSD-2-Clause
#
# Tests of the whole card share card_bench.
$(patsubst %,$(BUILD)/tests/sim/%_test,weir_card wire_clock ncm): $(BUILD)/obj/tests/sim/card_bench.o
