#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The card in a guest whose kernel suspends it: its bus is suspended on the pins, and what the kernel wants next resumes it.
# A resume is 30 ms of device time, a second or two here: more than libusb's programs have patience for, but not the kernel.
set -u
. tests/qemu/lib.sh
check "a namespace with a TAP can be made" peer_up
check "weir-sim offers the card over usbredir" plug --suspend
guest_start suspend
guest_end
slept() { grep 'the bus is' "$work/weir-sim.log"; [ "$(grep -c 'the bus is suspended' "$work/weir-sim.log")" -ge "$1" ]; }
check "each time the bus was suspended on the pins" slept "$(guest_value suspended)"
done_testing
