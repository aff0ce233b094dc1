#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The card without a USB PHY in a guest: the kernel's own drivers on D+ and D-, packets of 64 bytes.
set -u
. tests/qemu/lib.sh
check "a namespace with a TAP can be made" peer_up
mkdir "$work/www"
random_file "$work/www/file" 100000
check "Python's HTTP server starts" serve "$work/www"
check "weir-sim offers the card at full speed" plug --speed full
guest_start full_speed
guest_end
check "the downloaded file has the same SHA-256" has_sha256 "$work/www/file" "$(guest_value download)"
done_testing
