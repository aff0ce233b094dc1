# SPDX-License-Identifier: BSD-2-Clause
#
# usb_core_*test: the device core with its ULPI front (tests/rtl/usb_core.v) against the USB host model, which is plain C.
USB_CORE_HOST := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard sim/usb_host*.c))
USB_CORE_BENCHES := usb_core usb_core_transfers usb_core_power
$(foreach b,$(USB_CORE_BENCHES),$(eval RTL_BENCH_TOP_$(b) := usb_core)$(eval RTL_BENCH_FLAGS_$(b) := -y tests/rtl)$(eval RTL_BENCH_SOURCES_$(b) := $(USB_CORE_HOST)))
$(USB_CORE_BENCHES:%=$(BUILD)/tests/rtl/%_test): $(USB_CORE_HOST) tests/rtl/usb_core.v

# usb_campaign_test: the same circuit as usb_core_test, with a bus reset's and suspend's waits cut short, so that hundreds of
# resets take seconds. Silence that means suspend is still longer than a microframe of 7,500 clocks.
USB_CAMPAIGN_TIMES := -GCHIRP_CLOCKS=600 -GLISTEN_CLOCKS=1500 -GIDLE_CLOCKS=9000 -GREVERT_CLOCKS=300
$(BUILD)/tests/rtl/usb_campaign_test: tests/rtl/usb_campaign_test.cpp $(USB_CORE_HOST) tests/rtl/usb_core.v $(RTL_SOURCES) \
                                      $(wildcard tests/rtl/usb*.h) | $(BUILD)/gen/weir_link.h
	@mkdir -p $(@D)
	$(SAY) BENCH $@
	$(Q)$(VERILATOR) --cc --exe --build -O3 -Wall -Wno-WIDTH --x-assign fast --x-initial unique --top-module usb_core $(RTL_INCLUDES) \
	  -CFLAGS "-O2 -g -I$(CURDIR)/sim -I$(CURDIR)/$(BUILD)/gen -I$(CURDIR)/tests/rtl" -LDFLAGS "-lcmocka" \
	  --Mdir $(BUILD)/tests/rtl/usb_campaign.obj -o ../usb_campaign_test $(USB_CAMPAIGN_TIMES) -y tests/rtl \
	  usb_core.v $(CURDIR)/$< $(addprefix $(CURDIR)/,$(USB_CORE_HOST)) > $(BUILD)/tests/rtl/usb_campaign.log 2>&1 \
	  || { cat $(BUILD)/tests/rtl/usb_campaign.log; exit 1; }
