# SPDX-License-Identifier: BSD-2-Clause
#
# How the stack's tests are linked. Each unit test is built twice: as it ships, and with the address and undefined behaviour
# sanitizers.
HOST_TEST_NAMES   := $(patsubst tests/host/%_test.c,%,$(wildcard tests/host/*_test.c))
HOST_TEST_HELPERS := tests/host/tcp_script.c tests/host/netsim.c
SANITIZE          := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

$(HOST_TEST_NAMES:%=$(BUILD)/tests/host/%_test): $(BUILD)/tests/host/%_test: $(BUILD)/obj/tests/host/%_test.o \
  $(HOST_TEST_HELPERS:%.c=$(BUILD)/obj/%.o) $(HOST_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) -o $@ $^ -lcmocka

HOST_SANITIZED := $(patsubst $(BUILD)/obj/%,$(BUILD)/obj/sanitized/%,$(HOST_OBJECTS))
$(BUILD)/obj/sanitized/%.o: %.c $(BUILD)/gen/weir_link.h
	@mkdir -p $(@D)
	$(SAY) CC $@
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -c -o $@ $<
$(BUILD)/tests/host/%_sanitized: $(BUILD)/obj/sanitized/tests/host/%_test.o \
  $(HOST_TEST_HELPERS:%.c=$(BUILD)/obj/sanitized/%.o) $(HOST_SANITIZED)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka
TESTS += $(HOST_TEST_NAMES:%=$(BUILD)/tests/host/%_sanitized)
.SECONDARY: $(HOST_SANITIZED) $(HOST_TEST_NAMES:%=$(BUILD)/obj/sanitized/tests/host/%_test.o)

# The stack on a TAP device, with the Linux kernel as its peer (root only).
$(BUILD)/tests/host/tap_peer: $(BUILD)/obj/tests/host/tap_peer.o $(HOST_LIB)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) -o $@ $^
$(BUILD)/tests/host/linux_peer_test: tests/host/linux_peer_test.sh $(BUILD)/tests/host/tap_peer
	@mkdir -p $(@D)
	$(SAY) COPY $@
	$(Q)cp $< $@ && chmod +x $@
TESTS += $(BUILD)/tests/host/linux_peer_test
