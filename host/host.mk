# SPDX-License-Identifier: BSD-2-Clause
#
# build/libweir.a: the TCP/IP library; build/weir: the command line tool.
HOST_LIB := $(BUILD)/libweir.a
HOST_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(patsubst %,host/%/*.c,core eth arp ip icmp udp tcp)))
$(HOST_LIB): $(HOST_OBJECTS)
	$(SAY) AR $@
	$(Q)rm -f $@ && $(AR) rcs $@ $^
ALL += $(HOST_LIB)

WEIR := $(BUILD)/weir
WEIR_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard host/tool/*.c))
$(WEIR): $(WEIR_OBJECTS) $(HOST_LIB) $(DRIVER_LIB) $(SIM_LIB)
	$(SAY) LINK $@
	$(Q)$(CXX) -o $@ $^ $(DRIVER_LIBS) $(SIM_LIBS)
ALL += $(WEIR)
