# SPDX-License-Identifier: BSD-2-Clause
RTL_DIRS     := $(addprefix rtl/,usb link tx rx mac arp lib) rtl
RTL_SOURCES  := $(foreach d,$(RTL_DIRS),$(wildcard $(d)/*.v $(d)/*.vh))
RTL_INCLUDES := $(addprefix -y ,$(RTL_DIRS)) $(addprefix +incdir+,$(RTL_DIRS))
VERILATOR    ?= verilator
