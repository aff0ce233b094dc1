# SPDX-License-Identifier: BSD-2-Clause
#
# make test-qemu     the card as a USB device of a Debian kernel in QEMU: tests/qemu/*_test.sh, which `make test` runs too
QEMU_KERNEL    := $(BUILD)/qemu/kernel/vmlinux
QEMU_INITRAMFS := $(BUILD)/qemu/initramfs.cpio
QEMU_PROGRAMS  := /usr/bin/lsusb $(WEIR)
QEMU_SCRIPTS   := $(wildcard tests/qemu/*_test.sh)
QEMU_TESTS     := $(QEMU_SCRIPTS:tests/qemu/%.sh=$(BUILD)/tests/qemu/%)
TESTS += $(QEMU_TESTS)

$(QEMU_KERNEL): tests/qemu/kernel.sh tests/qemu/modules
	$(SAY) FETCH $@
	$(Q)tests/qemu/kernel.sh $(@D)
$(QEMU_INITRAMFS): tests/qemu/initramfs.sh $(QEMU_KERNEL) $(filter $(BUILD)/%,$(QEMU_PROGRAMS)) $(wildcard tests/qemu/guest/*)
	$(SAY) GUEST $@
	$(Q)tests/qemu/initramfs.sh $(dir $(QEMU_KERNEL)) $@ $(QEMU_PROGRAMS)
$(BUILD)/tests/qemu/%: tests/qemu/%.sh tests/qemu/lib.sh tests/e2e/lib.sh $(QEMU_INITRAMFS) $(WEIR_SIM)
	@mkdir -p $(@D)
	@printf '#!/bin/sh\ncd "%s" && exec %s\n' '$(CURDIR)' '$<' > $@ && chmod +x $@

test-qemu: deps
	@$(MAKE) --no-print-directory $(QEMU_TESTS)
	@tests/run $(BUILD) $(QEMU_TESTS)
.PHONY: test-qemu
