# SPDX-License-Identifier: BSD-2-Clause
#
# make install     PREFIX=/usr/local DESTDIR= : programs, libraries, headers, pkg-config files, manual pages, udev rule, systemd unit
# make uninstall   with the same variables takes away what make install put there
#
# udev and systemd read from a few places only, so what is for them does not follow a PREFIX of one's own; UDEVDIR and UNITDIR name
# other places.
PREFIX     ?= /usr/local
DESTDIR    ?=
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
UDEVDIR    ?= $(if $(filter /usr,$(PREFIX)),/usr/lib,/etc)/udev/rules.d
UNITDIR    ?= $(if $(filter /usr /usr/local,$(PREFIX)),$(PREFIX)/lib,/etc)/systemd/system
VERSION    := $(shell sed -n 's/^.define WEIR_TOOL_VERSION "\(.*\)"/\1/p' host/tool/tool.h)

INSTALL_PROGRAMS := $(WEIR) $(WEIR_SIM)
INSTALL_LIBS     := $(HOST_LIB) $(DRIVER_LIB) $(SIM_LIB)
INSTALL_HEADERS  := $(wildcard host/weir_*.h driver/weir_*.h) $(BUILD)/gen/weir_link.h
INSTALL_PC       := $(BUILD)/weir.pc $(BUILD)/weir-driver.pc
INSTALL_MAN      := host/tool/weir.1 $(if $(WEIR_SIM),sim/weir-sim.1)
INSTALL_RULES    := driver/60-weir.rules
INSTALL_UNITS    := $(BUILD)/weir@.service

$(BUILD)/%.pc: host/%.pc.in host/install.mk FORCE
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|; s|@INCLUDEDIR@|$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)|; s|@VERSION@|$(VERSION)|' \
	  -e 's|@LIBS@|$(DRIVER_LIBS) $(SIM_LIBS)|' $< > $@

$(BUILD)/%.service: driver/%.service.in host/install.mk FORCE
	@mkdir -p $(@D)
	@sed -e 's|@BINDIR@|$(BINDIR)|' $< > $@

INSTALL := install -D -m
install: $(INSTALL_PROGRAMS) $(INSTALL_LIBS) $(INSTALL_PC) $(INSTALL_UNITS) $(BUILD)/gen/weir_link.h
	@$(INSTALL) 755 -t $(DESTDIR)$(BINDIR) $(INSTALL_PROGRAMS)
	@$(INSTALL) 644 -t $(DESTDIR)$(LIBDIR) $(INSTALL_LIBS)
	@$(INSTALL) 644 -t $(DESTDIR)$(LIBDIR)/pkgconfig $(INSTALL_PC)
	@$(INSTALL) 644 -t $(DESTDIR)$(INCLUDEDIR)/weir $(INSTALL_HEADERS)
	@$(INSTALL) 644 -t $(DESTDIR)$(MANDIR)/man1 $(INSTALL_MAN)
	@$(INSTALL) 644 -t $(DESTDIR)$(UDEVDIR) $(INSTALL_RULES)
	@$(INSTALL) 644 -t $(DESTDIR)$(UNITDIR) $(INSTALL_UNITS)
	@echo 'Installed below $(DESTDIR)$(PREFIX), the udev rule in $(DESTDIR)$(UDEVDIR), the unit in $(DESTDIR)$(UNITDIR).$(if $(DESTDIR),, Run \
	  `udevadm control --reload` and `systemctl daemon-reload` as root and plug in cards anew.)'

uninstall:
	@rm -f $(addprefix $(DESTDIR)$(BINDIR)/,weir weir-sim) $(addprefix $(DESTDIR)$(LIBDIR)/,$(notdir $(INSTALL_LIBS))) \
	  $(addprefix $(DESTDIR)$(LIBDIR)/pkgconfig/,$(notdir $(INSTALL_PC))) \
	  $(addprefix $(DESTDIR)$(MANDIR)/man1/,weir.1 weir-sim.1) $(addprefix $(DESTDIR)$(UDEVDIR)/,$(notdir $(INSTALL_RULES))) \
	  $(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(INSTALL_UNITS)))
	@rm -rf $(DESTDIR)$(INCLUDEDIR)/weir

FORCE:
.PHONY: install uninstall FORCE
