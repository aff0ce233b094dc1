#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# make install: every file in its place, programs can be made with what pkg-config says, and uninstall leaves nothing.
set -u
. tests/e2e/lib.sh
trap peer_down EXIT
unset MAKEFLAGS MAKELEVEL # the make that runs us is none of ours
root=$work/root

run_make() { make --no-print-directory BUILD="$build" DESTDIR="$root" "$@"; }
has_mode() { [ "$(command stat -c %a "$root$1")" = "$2" ]; } # FILE MODE
has_all() { # MODE FILE...
    local mode=$1 file
    shift
    for file; do has_mode "$file" "$mode" || { echo "$file is not there with mode $mode" && return 1; }; done
}
installed() { (cd "$root" && find . -type f | sort); }
# What pkg-config says, for files below $root: libraries PACKAGE FLAG...
package() { PKG_CONFIG_PATH=$root/usr/lib/pkgconfig pkg-config --define-variable=prefix="$root/usr" "$@"; }
compile() { cc -std=c11 -Wall -Wextra -Werror -o "$work/$1" "tests/install/$1.c" $(package --cflags --libs "$2"); } # EXAMPLE PACKAGE
prints() { local wanted=$1; shift; "$@" | grep -q "$wanted"; }
headers_stand_alone() {
    local header
    for header in "$root"/usr/include/weir/*.h; do
        cc -std=c11 -Wall -Wextra -Werror -fsyntax-only -include "$header" -x c /dev/null -I"$root/usr/include/weir" || return 1
    done
}
manuals_are_clean() { # but for references to manuals that are not installed here
    mandoc -T lint -W style "$root"/usr/share/man/man1/*.1 2>&1 | grep -v 'referenced manual not found\|mandoc.db' | tee "$work/lint.log"
    [ ! -s "$work/lint.log" ]
}
# Every option and command that weir help tells of is in the manual.
manual_is_complete() {
    local word
    mandoc -T ascii host/tool/weir.1 | col -b >"$work/manual"
    for word in $("$weir_tool" help | grep -oE -- '--[a-z-]+|^  weir [a-z]+' | sed 's/  weir //' | sort -u); do
        grep -qe "$word" "$work/manual" || { echo "$word is not in the manual" && return 1; }
    done
}
rule_is_early() {
    grep -q 'TAG+="uaccess"' "$root/usr/lib/udev/rules.d/60-weir.rules" &&
        grep -qi "idVendor}==\"$(sed -n 's/^`define WEIR_USB_VID .h//p' rtl/link/weir_link.vh)\"" "$root/usr/lib/udev/rules.d/60-weir.rules" &&
        grep -qi "idProduct}==\"$(sed -n 's/^`define WEIR_USB_PID .h//p' rtl/link/weir_link.vh)\"" "$root/usr/lib/udev/rules.d/60-weir.rules"
}
rule_links() { # what the unit waits for: a link for the port, one for a serial number that is one
    local rule=$root/usr/lib/udev/rules.d/60-weir.rules pattern
    grep -q 'TAG+="systemd"' "$rule" && grep -q 'SYMLINK+="weir/$kernel"' "$rule" || return 1
    pattern=$(sed -n 's/^ *ATTR{serial}=="\(.*\)", SYMLINK+="weir\/$attr{serial}"$/\1/p' "$rule")
    is_serial() { case $1 in $pattern) return 0 ;; *) return 1 ;; esac; }
    is_serial 025745495201 && is_serial 0257ABCDEF01 && ! is_serial "0 reboot.tgt" && ! is_serial 0257454952011 && ! is_serial ""
}
unit=/usr/lib/systemd/system/weir@.service
setting() { grep -qx "$1" "$root$unit"; } # LINE of the unit
unit_is_whole() {
    setting 'ExecStart=/usr/bin/weir --card usb:%I $WEIR_OPTIONS up $WEIR_UP_OPTIONS' && setting 'BindsTo=dev-weir-%i.device' &&
        setting 'WantedBy=dev-weir-%i.device' && setting 'Restart=on-failure' && setting 'NoNewPrivileges=yes' && ! grep -q @ <(grep -v '^#\|@system-service' "$root$unit")
}
unit_verifies() { # INSTANCE [PROGRAM]: systemd's own reading of it, the program where it is below $root
    mkdir -p "$work/units" && sed "s|=/usr/bin/weir|=${2:-$root/usr/bin/weir}|" "$root$unit" >"$work/units/weir@.service"
    SYSTEMD_UNIT_PATH=$work/units: systemd-analyze verify --man=no "weir@$1.service" 2>&1 | tee "$work/verify.log"
    [ "${PIPESTATUS[0]}" = 0 ] && [ ! -s "$work/verify.log" ]
}
starts_by_plug() { # enabling makes the link that systemd follows when the device is there
    systemctl --root="$root" enable weir@025745495201 "weir@$(systemd-escape 1-2.1)" &&
        [ -L "$root/etc/systemd/system/dev-weir-025745495201.device.wants/weir@025745495201.service" ] &&
        [ -L "$root/etc/systemd/system/dev-weir-1\\x2d2.1.device.wants/weir@1\\x2d2.1.service" ] &&
        rm -r "$root/etc"
}

check "make install puts everything below DESTDIR" run_make PREFIX=/usr install
check "the weir tool is a program" has_all 755 /usr/bin/weir
check "libraries, headers, pkg-config files, the manual, the udev rule and the unit can be read by all" has_all 644 /usr/lib/libweir.a \
    /usr/lib/libweir_driver.a /usr/lib/libweir_sim.a /usr/lib/pkgconfig/weir.pc /usr/lib/pkgconfig/weir-driver.pc \
    /usr/include/weir/weir_{stack,tcp,icmp,card,transport,usb,record,link}.h /usr/share/man/man1/weir.1 /usr/lib/udev/rules.d/60-weir.rules "$unit"
check "the installed tool runs" prints 'link version' "$root/usr/bin/weir" --version
check "a card that is not plugged in is told, with exit code 3" bash -c '"$1" --card usb:serial=0 info 2>&1 | grep -q "no card\|no USB"; [ "${PIPESTATUS[0]}" = 3 ]' _ "$root/usr/bin/weir"
check "weir list tells what --card takes" prints 'usb:serial=NUMBER' "$root/usr/bin/weir" list
check "each header can be included by itself" headers_stand_alone
check "the stack's example is made with what pkg-config says" compile stack_example weir
check "and runs" prints '^1 ARP request' "$work/stack_example"
check "the card's example is made with what pkg-config says" compile card_example weir-driver
check "and runs" prints '^register ID 52494557' "$work/card_example"
check "the udev rule names our card, in a file before 73" rule_is_early
check "the rule makes the links that the unit waits for, of a serial number alone that is one" rule_links
check "the unit runs the installed tool, lives as long as the card, and is started by its plug" unit_is_whole
check "systemd finds no error in it, for a serial number" unit_verifies 025745495201
check "nor for a port" unit_verifies "$(systemd-escape 1-2.1)"
check "systemctl enable has the plug start it" starts_by_plug
check "it would have found a program that is not there" eval '! unit_verifies 025745495201 /not-there'
check "the manuals are clean" manuals_are_clean
check "the manual has every command and option" manual_is_complete
check "make uninstall works" run_make PREFIX=/usr uninstall
check "and leaves nothing" test -z "$(installed)"
check "below another prefix it installs, too" run_make PREFIX=/usr/local install
check "with the prefix in its pkg-config file" grep -q '^prefix=/usr/local$' "$root/usr/local/lib/pkgconfig/weir.pc"
check "and udev rule and unit where udev and systemd look for them" has_all 644 /etc/udev/rules.d/60-weir.rules /usr/local/lib/systemd/system/weir@.service
check "and is taken away again" run_make PREFIX=/usr/local uninstall
check "whole" test -z "$(installed)$(find "$root" -name '*weir*')"
done_testing
