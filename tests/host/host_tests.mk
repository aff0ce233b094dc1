# SPDX-License-Identifier: BSD-2-Clause
#
# Host tests that are more than one file and a library.

# The stack on a TAP device, with the Linux kernel as its peer (root only).
$(BUILD)/tests/host/tap_peer: $(BUILD)/obj/tests/host/tap_peer.o $(HOST_LIB)
	@mkdir -p $(@D)
	$(CC) -o $@ $^
$(BUILD)/tests/host/linux_peer_test: tests/host/linux_peer_test.sh $(BUILD)/tests/host/tap_peer
	@mkdir -p $(@D)
	cp $< $@ && chmod +x $@
TESTS += $(BUILD)/tests/host/linux_peer_test
