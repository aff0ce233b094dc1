# SPDX-License-Identifier: BSD-2-Clause
#
# What the guest's scripts share. Their output goes to the serial port, where tests/qemu/lib.sh picks the lines that begin with
# "guest " out of it: "guest ok SENTENCE", "guest not ok SENTENCE", "guest value NAME VALUE", "guest mark NAME".
failures=0

check() { # SENTENCE COMMAND...
    local sentence=$1
    shift
    if "$@" >/tmp/check 2>&1 </dev/null; then
        echo "guest ok $sentence"
    else
        echo "guest not ok $sentence"
        echo "guest # failed in the guest: $*"
        sed 's/^/guest # /' /tmp/check | tail -n 40
        failures=$((failures + 1))
    fi
}
all_passed() { [ "$failures" = 0 ]; }

exec 3>&1 # the serial port, inside a check too
value() { echo "guest value $1 $2" >&3; } # tells the host a value
mark() { echo "guest mark $1" >&3; }      # tells the host that this point is reached

# Waits until a command succeeds, at most SECONDS: wait_for SECONDS COMMAND...
wait_for() {
    local i=$(($1 * 10))
    shift
    while [ $i -gt 0 ]; do
        "$@" >/dev/null 2>&1 && return 0
        usleep 100000
        i=$((i - 1))
    done
    echo "waited in vain for: $*"
    return 1
}

# Whether a command prints VALUE: is VALUE COMMAND...
is() {
    local want=$1 got
    shift
    got=$("$@")
    echo "$*: '$got', '$want' expected"
    [ "$got" = "$want" ]
}

# The card's directory below /sys/bus/usb/devices, or nothing; there is no other device on the bus.
card_dir() {
    local d
    for d in /sys/bus/usb/devices/[0-9]*-[0-9]*; do
        case $d in *:*) ;; *) [ -e "$d/idVendor" ] && echo "$d" && return 0 ;; esac
    done
    return 1
}
card_attribute() { cat "$(card_dir)/$1"; }
card_is_there() { d=$(card_dir) && [ -e "$d/bConfigurationValue" ] && [ -n "$(cat "$d/bConfigurationValue")" ]; }
card_is_gone() { ! card_dir; }

# The kernel's log since the modules were loaded: nothing of warning level or worse, and of the card (which is at port 1 of bus 1)
# nothing but what a healthy device gives; further lines that are as they should be: log_is_clean REGULAR-EXPRESSION. That a busy
# machine gives an emulated processor too little time, which the kernel's clocks complain about, is not the card's.
log_is_clean() {
    local healthy='new (high|full)-speed USB device number|New USB device (found|strings)|(Product|Manufacturer|SerialNumber): '
    dmesg -r | tail -n "+$((log_start + 1))" >/tmp/log
    grep -E ' 1-1(:|\.|$)' /tmp/log || { echo "the kernel says nothing of the card"; return 1; }
    ! { grep -E '^<[0-4]>' /tmp/log | grep -Ev '\] (clocksource|hrtimer|perf|rcu|tsc):'; grep -E ' 1-1(:|$)' /tmp/log | grep -Ev "$healthy${1:+|$1}"; } | grep .
}
