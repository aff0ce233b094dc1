#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The card in a guest with the kernel's own drivers alone: it enumerates, and is a network interface by CDC-NCM.
set -u
. tests/qemu/lib.sh
check "a namespace with a TAP can be made" peer_up
mkdir "$work/www"
random_file "$work/www/file" 1000000
check "Python's HTTP server starts" serve "$work/www"
check "socat waits for the upload" receive "$work/up"
check "weir-sim offers the card over usbredir" plug
guest_start ethernet
guest_end
check "the downloaded file has the same SHA-256" has_sha256 "$work/www/file" "$(guest_value download)"
check "the file downloaded after suspend and resume has the same SHA-256" has_sha256 "$work/www/file" "$(guest_value after-sleep)"
check "the file downloaded after system suspend has the same SHA-256" has_sha256 "$work/www/file" "$(guest_value after-suspend)"
check "the uploaded file has the same SHA-256" has_sha256 "$work/up" "$(guest_value upload)"
done_testing
