# SPDX-License-Identifier: BSD-2-Clause
#
# build/libweir_sim.a: the Verilated card with its USB host and wire.
SIM_LIB  := $(BUILD)/libweir_sim.a
SIM_LIBS := -lz -lpcap -lpthread -latomic
