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

# Two stacks on a virtual link.
$(BUILD)/tests/host/netsim_test: $(BUILD)/obj/tests/host/netsim.o

# Scripts of segments: for every unit test of the stack.
$(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/host/*_test.c)): $(BUILD)/obj/tests/host/tcp_script.o
