# SPDX-License-Identifier: BSD-2-Clause
#
# A guest with Debian's kernel, into which the simulated card is plugged as a USB device over usbredir; the card's wire ends in a
# kernel in a network namespace, as in tests/e2e/lib.sh, which this extends.
#
#     guest ─ qemu-xhci ─ usb-redir ── UNIX socket ── weir-sim ── TAP ── namespace
#
#     check "..." peer_up; plug; guest_start NAME; (watch it with guest_marked) ; guest_end
#
# The guest's clock is the wall clock and its hub, class drivers and libusb have time-outs of seconds, so a card that answers too
# late fails here: both go before whatever else the machine does. (no_timer_check, because the kernel counts the emulated
# timer's ticks against a loop of its own.) Nothing is waited for longer than $guest_limit seconds.
. tests/e2e/lib.sh
guest_limit=${GUEST_LIMIT:-400}
card_socket=$work/card.sock
weir_sim=$build/weir-sim

# Plugs the card in: weir-sim starts, and QEMU connects to it. plug OPTIONS...
plug() {
    rm -f "$card_socket"
    ip netns exec "$ns" nice -n -15 "$weir_sim" --usbredir "unix:$card_socket" --tap "$tap" --mac 02:57:45:49:52:01 "$@" >>"$work/weir-sim.log" 2>&1 &
    weir_sim_pid=$!
    wait_for test -S "$card_socket" || { cat "$work/weir-sim.log"; return 1; }
}
weir_sim_ends() { kill -TERM "$weir_sim_pid" && wait "$weir_sim_pid"; }
# Pulls it out, in the middle of whatever it does.
unplug() { kill -KILL "$weir_sim_pid" && { wait "$weir_sim_pid" 2>/dev/null; rm -f "$card_socket"; }; }

# Starts the guest with the script tests/qemu/guest/NAME; QEMU goes on trying to reach the card's socket each second.
guest_start() { # NAME
    serial=$work/$1.serial
    : >"$serial"
    timeout -k 5 "$guest_limit" nice -n -15 qemu-system-x86_64 -accel tcg,thread=multi -cpu qemu64 -smp 1 -M q35 -m 256 \
        -nodefaults -no-user-config -display none -no-reboot \
        -kernel "$build/qemu/kernel/vmlinux" -initrd "$build/qemu/initramfs.cpio" \
        -append "console=ttyS0 panic=-1 no_timer_check rcupdate.rcu_cpu_stall_suppress=1 nowatchdog quiet loglevel=1 weir.guest=$1" \
        -serial "file:$serial" -device isa-debug-exit,iobase=0xf4,iosize=0x4 \
        -device qemu-xhci,id=xhci -chardev "socket,id=card,path=$card_socket,reconnect=1" \
        -device usb-redir,chardev=card,bus=xhci.0 >"$work/qemu.log" 2>&1 &
    guest_pid=$!
}

# Waits for a "mark NAME" of the guest, or for its end; false if it ended without.
guest_marked() {
    local i
    for i in $(seq $((guest_limit * 10))); do
        grep -qsx "guest mark $1" "$serial" && return 0
        kill -0 "$guest_pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "the guest never came to the mark $1"
    return 1
}
guest_value() { sed -n "s/^guest value $1 //p" "$serial" | tail -n 1; }
has_sha256() { echo "$1: $(sha256 "$1"), in the guest: '$2'"; [ "$(sha256 "$1")" = "$2" ]; } # FILE SUM

# Waits for the guest's end, and makes each check inside it one here.
guest_end() {
    local code line
    wait "$guest_pid"
    code=$?
    while read -r line; do
        case $line in
        "guest ok "*) tests=$((tests + 1)); echo "ok $tests - ${line#guest ok }" ;;
        "guest not ok "*) tests=$((tests + 1)); failures=$((failures + 1)); echo "not ok $tests - ${line#guest not ok }" ;;
        "guest # "*) echo "${line#guest }" ;;
        esac
    done <"$serial"
    check "the guest comes to the end of its script" guest_left "$code"
    [ "$failures" = 0 ] || sed 's/^/# /' "$work/weir-sim.log" "$serial" | grep -v '^# guest ' | tail -n 60 # with the kernel's last words
    check "weir-sim ends when it is told to" weir_sim_ends
}
# isa-debug-exit gives 33 for a pass; a panic ends QEMU with 0, and timeout with 124.
guest_left() {
    [ "$1" = 33 ] && grep -q '^guest ok ' "$serial" && return 0
    [ "$1" = 35 ] && grep -q '^guest not ok ' "$serial" && return 0 # that check has been printed
    echo "QEMU ended with code $1 (0: the guest panicked; 124: it took over $guest_limit s)"
    cat "$work/qemu.log"
    return 1
}
