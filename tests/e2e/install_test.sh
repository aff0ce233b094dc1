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

check "make install puts everything below DESTDIR" run_make PREFIX=/usr install
check "the weir tool is a program" has_all 755 /usr/bin/weir
check "libraries, headers, pkg-config files, the manual and the udev rule can be read by all" has_all 644 /usr/lib/libweir.a \
    /usr/lib/libweir_driver.a /usr/lib/libweir_sim.a /usr/lib/pkgconfig/weir.pc /usr/lib/pkgconfig/weir-driver.pc \
    /usr/include/weir/weir_{stack,tcp,icmp,card,transport,usb,record,link}.h /usr/share/man/man1/weir.1 /usr/lib/udev/rules.d/60-weir.rules
check "the installed tool runs" prints 'link version' "$root/usr/bin/weir" --version
check "a card that is not plugged in is told, with exit code 3" bash -c '"$1" --card usb:serial=0 info 2>&1 | grep -q "no card\|no USB"; [ "${PIPESTATUS[0]}" = 3 ]' _ "$root/usr/bin/weir"
check "weir list tells what --card takes" prints 'usb:serial=NUMBER' "$root/usr/bin/weir" list
check "each header can be included by itself" headers_stand_alone
check "the stack's example is made with what pkg-config says" compile stack_example weir
check "and runs" prints '^1 ARP request' "$work/stack_example"
check "the card's example is made with what pkg-config says" compile card_example weir-driver
check "and runs" prints '^register ID 52494557' "$work/card_example"
check "the udev rule names our card, in a file before 73" rule_is_early
check "the manuals are clean" manuals_are_clean
check "the manual has every command and option" manual_is_complete
check "make uninstall works" run_make PREFIX=/usr uninstall
check "and leaves nothing" test -z "$(installed)"
check "below another prefix it installs, too" run_make PREFIX=/usr/local install
check "with the prefix in its pkg-config file" grep -q '^prefix=/usr/local$' "$root/usr/local/lib/pkgconfig/weir.pc"
check "and the udev rule where udev looks for it" has_all 644 /etc/udev/rules.d/60-weir.rules
check "and is taken away again" run_make PREFIX=/usr/local uninstall
check "whole" test -z "$(installed)$(find "$root" -name '*weir*')"
done_testing
