# SPDX-License-Identifier: BSD-2-Clause
#
# The driver's and the tool's tests run against a model of the card in C: fake_transport.c puts a USB bus before it that loses
# handshakes, fake_sim.c makes it a drop-in for build/libweir_sim.a. So they need no Verilog.
DRIVER_TESTS := $(BUILD)/tests/driver
CARD_MODEL_SOURCES := $(addprefix tests/driver/,fake_card.c segment_model.c) tests/golden/coalesce_model.c
CARD_MODEL   := $(patsubst %.c,$(BUILD)/obj/%.o,$(CARD_MODEL_SOURCES))
FAKE_SIM     := $(CARD_MODEL) $(patsubst %.c,$(BUILD)/obj/%.o,tests/driver/fake_sim.c $(wildcard sim/wire*.c) sim/sim_options.c sim/sim_wire.c sim/socket_address.c sim/fcs.c)

$(addprefix $(DRIVER_TESTS)/,weir_card_test weir_out_test weir_mdio_test): $(CARD_MODEL) $(BUILD)/obj/tests/driver/fake_transport.o
$(DRIVER_TESTS)/http_test: $(BUILD)/obj/host/tool/http.o
$(BUILD)/obj/tests/driver/http_test.o $(BUILD)/obj/tests/driver/selftest_phy_test.o: CFLAGS += -Ihost/tool
# Before the library with the Verilog, so that this one is taken; and before the library that it needs.
$(DRIVER_TESTS)/transport_sim_test: $(BUILD)/obj/tests/driver/transport_sim_test.o $(FAKE_SIM) $(DRIVER_LIB)
$(DRIVER_TESTS)/selftest_phy_test: $(addprefix $(BUILD)/obj/,tests/driver/selftest_phy_test.o host/tool/selftest_phy.o tests/driver/fake_transport.o) \
  $(FAKE_SIM) $(DRIVER_LIB)
$(DRIVER_TESTS)/transport_sim_test $(DRIVER_TESTS)/selftest_phy_test:
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) -o $@ $^ -lcmocka $(DRIVER_LIBS) -lz

# The interface's offloads are judged by the models that judge the card's.
BRIDGE_MODELS := $(addprefix tests/golden/,plan.c build.c model.c coalesce_model.c coalesce_traffic.c coalesce_check.c)
$(DRIVER_TESTS)/bridge_segment_test: $(patsubst %.c,$(BUILD)/obj/%.o,$(BRIDGE_MODELS))
$(DRIVER_TESTS)/bridge_filter_test $(DRIVER_TESTS)/bridge_test: $(CARD_MODEL) $(BUILD)/obj/tests/driver/fake_transport.o

# What parses bytes also runs under ASan and UBSan.
DRIVER_SANITIZED := $(addprefix $(DRIVER_TESTS)/,weir_record_sanitized weir_card_sanitized weir_out_sanitized weir_mdio_sanitized weir_glue_sanitized http_sanitized \
  bridge_segment_sanitized bridge_queue_sanitized)
TESTS += $(DRIVER_SANITIZED)
$(addprefix $(DRIVER_TESTS)/,weir_record_sanitized weir_card_sanitized weir_out_sanitized weir_mdio_sanitized weir_glue_sanitized): \
  $(DRIVER_TESTS)/weir_%_sanitized: tests/driver/weir_%_test.c $(wildcard driver/weir_*.c) \
    tests/driver/fake_transport.c $(CARD_MODEL_SOURCES)
$(DRIVER_TESTS)/bridge_segment_sanitized: tests/driver/bridge_segment_test.c $(BRIDGE_MODELS) \
  $(addprefix driver/,bridge_frame.c bridge_offload.c bridge_segment.c weir_offload.c weir_glue.c weir_flow.c weir_record.c)
$(DRIVER_TESTS)/bridge_queue_sanitized: tests/driver/bridge_queue_test.c driver/bridge_queue.c driver/bridge_frame.c
$(DRIVER_TESTS)/http_sanitized: tests/driver/http_test.c host/tool/http.c
$(DRIVER_SANITIZED): | $(BUILD)/gen/weir_link.h
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) $(CFLAGS) -MF $@.d -Ihost/tool -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -o $@ $(filter %.c,$^) -lcmocka
-include $(DRIVER_SANITIZED:%=%.d)

# The transport for libusb with a libusb in memory: as it ships, under ASan and UBSan, and under TSan.
USB_TEST_SOURCES := tests/driver/transport_libusb_bench.c $(wildcard tests/driver/fake_libusb*.c) driver/transport_libusb.c \
  $(wildcard driver/libusb_*.c driver/weir_*.c) $(CARD_MODEL_SOURCES)
USB_KINDS := transport_libusb transport_libusb_transfers transport_libusb_plug
USB_TESTS := $(foreach how,test sanitized threads,$(USB_KINDS:%=$(DRIVER_TESTS)/%_$(how)))
$(filter %_test,$(USB_TESTS)): USB_SANITIZE :=
$(filter %_sanitized,$(USB_TESTS)): USB_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
$(filter %_threads,$(USB_TESTS)): USB_SANITIZE := -fsanitize=thread
TESTS += $(filter-out %_test,$(USB_TESTS))
$(foreach how,test sanitized threads,$(eval $(USB_KINDS:%=$(DRIVER_TESTS)/%_$(how)): $(DRIVER_TESTS)/%_$(how): tests/driver/%_test.c))
$(USB_TESTS): $(USB_TEST_SOURCES) tests/driver/transport_libusb_bench.h | $(BUILD)/gen/weir_link.h
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) $(CFLAGS) -MF $@.d -Itests/driver -O1 $(USB_SANITIZE) -o $@ $(filter %.c,$^) -lcmocka -lpthread
-include $(USB_TESTS:%=%.d)

# The weir command with the model of the card, against a real kernel in a network namespace.
WEIR_FAKE := $(DRIVER_TESTS)/weir_fake
$(WEIR_FAKE): $(WEIR_OBJECTS) $(HOST_LIB) $(DRIVER_LIB) $(FAKE_SIM)
	@mkdir -p $(@D)
	$(SAY) LINK $@
	$(Q)$(CC) -o $@ $^ $(DRIVER_LIBS) -lz -lm
build-tests: $(WEIR_FAKE)
TESTS += tests/driver/weir_tool_test
