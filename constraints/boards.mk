# SPDX-License-Identifier: BSD-2-Clause
#
# make bitstream BOARD=ecpix5 MAC=02:57:45:49:52:07    build/boards/ecpix5/ecpix5.bit, and timing.txt beside it
# make area                                            constraints/AREA.md: what the card takes, and how fast it is
# PIN="port=ball ..." puts a port elsewhere, PARAMETERS="NCM=0 ..." sets parameters of the board's top, SEEDS="1 2 3" are tried in turn, OUT=
# is the folder of the boards' folders.
BOARDS := butterstick ecpix5 ulx3s hx8k tinyfpga_bx
BOARD      ?= ecpix5
SEEDS      ?= 1 2 3 4 5
MAC        ?=
PIN        ?=
PARAMETERS ?=

DEVICE_butterstick  := --um5g-85k --package CABGA381 --speed 8
PROGRAM_butterstick  = dfu-util --device 1209:5af1 --alt 0 --download $(BIT)
DEVICE_ecpix5       := --um5g-$(or $(ECPIX5),85)k --package CABGA554 --speed 8
PROGRAM_ecpix5       = openFPGALoader --board $(or $(LOADER),ecpix5) $(BIT)
DEVICE_ulx3s        := --$(or $(ULX3S),85)k --package CABGA381 --speed 6
PROGRAM_ulx3s        = openFPGALoader --board ulx3s $(BIT)
# The smaller ones have 56 block RAMs, of which receive memory takes 32 otherwise.
MARGIN_ulx3s        := 10
SET_ulx3s           := $(if $(filter 12 25,$(ULX3S)),RX_ADDR_WIDTH=15)

FAMILY_hx8k         := ice40
DEVICE_hx8k         := --hx8k --package ct256
MARGIN_hx8k         := 10
PROGRAM_hx8k         = iceprog $(BIT)
FAMILY_tinyfpga_bx  := ice40
DEVICE_tinyfpga_bx  := --lp8k --package cm81
PROGRAM_tinyfpga_bx  = tinyprog --program $(BIT)

# The tools of the system, or YoWASP's; of the board's family, which is ECP5 unless said.
tool           = $(if $(shell command -v $(1)),$(1),$(BUILD)/venv/bin/yowasp-$(1))
family         = $(or $(FAMILY_$(1)),ecp5)
NEXTPNR_ecp5  := $(call tool,nextpnr-ecp5)
NEXTPNR_ice40 := $(call tool,nextpnr-ice40)
PACKER_ecp5   := $(call tool,ecppack)
PACKER_ice40  := $(call tool,icepack)
PINS_ecp5     := lpf
PINS_ice40    := pcf
ifneq ($(filter $(BUILD)/venv/%,$(YOSYS) $(NEXTPNR_$(call family,$(BOARD))) $(PACKER_$(call family,$(BOARD)))),)
  BOARDS_READY := $(BUILD)/venv/boards
endif
ifneq ($(filter $(BUILD)/venv/%,$(YOSYS) $(NEXTPNR_ecp5) $(NEXTPNR_ice40) $(PACKER_ecp5) $(PACKER_ice40)),)
  TOOLS_READY := $(BUILD)/venv/boards
endif
tests/boards/bitstream_test.sh: | $(TOOLS_READY)
$(BUILD)/venv/boards: $(BUILD)/venv/ready
	$(BUILD)/venv/bin/pip install -q --disable-pip-version-check $(PYPI_BOARDS)
	touch $@

BITS_ecp5  := bit
BITS_ice40 := bin
OUT ?= $(BUILD)/boards
BIT := $(OUT)/$(BOARD)/$(BOARD).$(BITS_$(call family,$(BOARD)))
BOARD_SOURCES := $(filter %.v,$(RTL_SOURCES)) $(wildcard rtl/board/*.v)

# A hexadecimal constant of a MAC address that is written with colons.
empty      :=
MAC_NUMBER := $(if $(MAC),MAC_ADDRESS=48\'h$(subst :,$(empty),$(MAC)))
BITSTREAM   = YOSYS=$(YOSYS) NEXTPNR=$(NEXTPNR_$(call family,$(1))) nice constraints/bitstream.py $(1) --folder $(2) --device "$(DEVICE_$(1))" \
              --synth "synth_$(call family,$(1)) $(SYNTH_FLAGS)" --constraints constraints/$(1).$(PINS_$(call family,$(1))) \
              --packer $(PACKER_$(call family,$(1))) --margin $(or $(MARGIN_$(1)),0) --seeds "$(3)" \
              $(addprefix --parameter ,$(SET_$(1)) $(MAC_NUMBER) $(PARAMETERS)) $(addprefix --pin ,$(PIN)) $(BOARD_SOURCES)

check-board:
	@[ -f rtl/board/$(BOARD).v ] || { echo "No board $(BOARD). BOARD= is one of: $(BOARDS)" >&2; exit 1; }
	@[ -z "$(MAC)" ] || echo "$(MAC)" | grep -qE '^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$$' || { \
	  echo "MAC=$(MAC) is not a MAC address of one station, such as 02:57:45:49:52:07" >&2; exit 1; }

# Always made anew, since variables decide what it is.
bitstream: check-board deps $(BOARDS_READY)
	@$(call BITSTREAM,$(BOARD),$(OUT)/$(BOARD),$(SEEDS))
	@echo "$(BIT) is ready; make program BOARD=$(BOARD) loads it"

boards: deps
	@for b in $(BOARDS); do $(MAKE) --no-print-directory bitstream BOARD=$$b || exit 1; done

# constraints/AREA.md: three placements of each board, the card by itself in an ECP5 of speed grade 6 with what is asked of it there, the
# card with its modules' borders kept, and trials of yosys' options. 20 minutes; make -j2 area does two things at a time, and
# make area-ulx3s constraints/AREA.md one part anew.
CORES           := core-base core-full
BASE            := NCM=0 TIMESTAMP=0 COALESCE=0 LOOPBACK=0 MDIO=0
SET_core-base   := $(BASE)
CORE_WANTED     := $(addprefix --frequency ,usb_clk=90 wire_tx_clk=140 rgmii_rxc=140)
CORE             = YOSYS=$(YOSYS) NEXTPNR=$(NEXTPNR_ecp5) nice constraints/bitstream.py butterstick --folder $(BUILD)/area/$(1) --measure --every \
                   --device "--85k --package CABGA381 --speed 6" --synth "synth_ecp5 $(SYNTH_FLAGS)" --constraints constraints/butterstick.lpf \
                   --packer $(PACKER_ecp5) --seeds "1 2 3" $(CORE_WANTED) $(addprefix --parameter ,$(SET_$(1)) $(PARAMETERS)) $(BOARD_SOURCES)
VARIANT_OPTIONS := none nowidelut dff cmp2softlogic
VARIANTS        := $(VARIANT_OPTIONS:%=$(BUILD)/area/variant-%/cells.txt)
READ_CARD        = read_verilog -Irtl/link -Irtl/usb $(filter %.v,$(RTL_SOURCES));
YOSYS_ENDED      = tail -n 5 $(1) | grep -q '^End of script'
area: deps $(TOOLS_READY)
	@$(MAKE) --no-print-directory --output-sync $(addprefix area-,$(CORES) $(BOARDS))
	@$(MAKE) --no-print-directory constraints/AREA.md
$(CORES:%=area-%): area-%:
	@echo "$*:"; $(call CORE,$*)
$(BOARDS:%=area-%): area-%:
	@$(call BITSTREAM,$*,$(BUILD)/area/$*,1 2 3) --measure --every || echo "$*: no figures" >&2
$(BUILD)/area/modules.json: $(RTL_SOURCES)
	@mkdir -p $(@D)
	$(Q)$(YOSYS) -q -l $(@D)/modules.log -p "$(READ_CARD) synth_ecp5 -noflatten -top weir_card_ulpi -json $@" && $(call YOSYS_ENDED,$(@D)/modules.log)
$(VARIANTS): $(BUILD)/area/variant-%/cells.txt: $(RTL_SOURCES)
	@mkdir -p $(@D)
	@echo $(filter-out -none,-$*) > $(@D)/options.txt
	$(Q)$(YOSYS) -q -l $(@D)/yosys.log -p "$(READ_CARD) $(foreach p,$(BASE),chparam -set $(subst =, ,$(p)) weir_card_ulpi;) \
	  synth_ecp5 $(filter-out -none,-$*) -top weir_card_ulpi; tee -o $@ stat" > $(@D)/yosys.out && $(call YOSYS_ENDED,$(@D)/yosys.log)
constraints/AREA.md: $(BUILD)/area/modules.json $(VARIANTS) FORCE
	constraints/area.py $(BUILD)/area $(BOARDS) > $@
FORCE:

# Are the bits those of the sources alone? Builds them again elsewhere and compares.
reproduce: check-board deps $(BOARDS_READY)
	@[ -f $(BIT) ] || { echo "There is no $(BIT) to compare with; make bitstream BOARD=$(BOARD) first" >&2; exit 1; }
	@$(call BITSTREAM,$(BOARD),$(OUT)/again/$(BOARD),$(SEEDS)) > /dev/null
	@cmp $(BIT) $(OUT)/again/$(BOARD)/$(notdir $(BIT)) && echo "$(BOARD): the same bits again"

# The board has to be named: a bitstream for another one drives pins that it has otherwise.
program: check-board
	@[ '$(origin BOARD)' != file ] || { echo "Which board? make program BOARD= is one of: $(BOARDS)" >&2; exit 1; }
	@[ -f $(BIT) ] || { echo "There is no $(BIT); make bitstream BOARD=$(BOARD) first" >&2; exit 1; }
	@command -v $(firstword $(PROGRAM_$(BOARD))) > /dev/null || { \
	  echo "$(firstword $(PROGRAM_$(BOARD))) is not installed; Debian has dfu-util, openfpgaloader and iceprog (fpga-icestorm), PyPI tinyprog" >&2; exit 1; }
	$(PROGRAM_$(BOARD))

.PHONY: FORCE area $(CORES:%=area-%) $(BOARDS:%=area-%) bitstream boards check-board program reproduce
