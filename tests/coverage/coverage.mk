# SPDX-License-Identifier: BSD-2-Clause
#
# make coverage: line and toggle coverage of rtl/ by the RTL benches; the uncovered lines stand in build/coverage/uncovered.txt.
#
# Each bench is built once more with Verilator's counters in it. They live in the model, and a bench makes and drops many
# models; so each model writes its counts where it is deleted. (cmocka has a macro
# fail(), so the streams come before it.) Registers start as 0 here, so that their random start is no toggle.
COVERAGE := $(BUILD)/coverage
# usb_campaign is usb_core with other times.
COVERAGE_DATA := $(patsubst %,$(COVERAGE)/%/done,$(filter-out usb_campaign,$(RTL_BENCHES)))
COVERAGE_TOP = $(or $(RTL_BENCH_TOP_$*),$*)
COVERAGE_SAVE := if (const char* dir = getenv("WEIR_COVERAGE")) { static int number = 0; \
                 vlSymsp->_vm_contextp__->coveragep()->write((std::string{dir} + "/" + std::to_string(number++) + ".dat").c_str()); }
COVERAGE_LOG = >> $(@D)/log 2>&1 || { tail -40 $(@D)/log; exit 1; }

# `make -n` comes to the inner make before there is a makefile of it. Variables of the other .mk files are there only when all have been read.
.SECONDEXPANSION:
$(COVERAGE)/%/done: tests/rtl/%_test.cpp tests/coverage/coverage.mk $(RTL_SOURCES) $(wildcard tests/rtl/*.h tests/rtl/*.v) \
                     $$(RTL_BENCH_SOURCES_$$*) | $(BUILD)/gen/weir_link.h
	@rm -rf $(@D) && mkdir -p $(@D)
	$(SAY) COVER $*
	$(Q){ $(VERILATOR) --cc --exe --coverage-line --coverage-toggle -O3 -Wall --x-assign 0 --x-initial 0 --top-module $(COVERAGE_TOP) \
	  $(RTL_INCLUDES) -CFLAGS "-O1 -include sstream -include fstream -I$(CURDIR)/sim -I$(CURDIR)/$(BUILD)/gen -I$(CURDIR)/tests/rtl" -LDFLAGS "-lcmocka" \
	  --Mdir $(@D) -o bench $(RTL_BENCH_FLAGS_$*) $(COVERAGE_TOP).v $(CURDIR)/$< $(addprefix $(CURDIR)/,$(RTL_BENCH_SOURCES_$*)) && \
	  sed -i '/^V$(COVERAGE_TOP)::~V$(COVERAGE_TOP)() {/a $(subst ",\",$(COVERAGE_SAVE))' $(@D)/V$(COVERAGE_TOP).cpp; } $(COVERAGE_LOG)
	$(Q)[ ! -e $(@D)/V$(COVERAGE_TOP).mk ] || $(MAKE) -C $(@D) -f V$(COVERAGE_TOP).mk bench $(COVERAGE_LOG)
	$(Q)WEIR_COVERAGE=$(@D) $(@D)/bench $(COVERAGE_LOG)
	$(Q)touch $@

coverage: deps
	@$(MAKE) --no-print-directory coverage-report
coverage-report: $(COVERAGE_DATA)
	@tests/coverage/report $(COVERAGE)
.PHONY: coverage coverage-report
