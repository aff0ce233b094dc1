#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The weir tool in a guest, over the real libusb and usbfs: files both ways, and a card that is pulled out while it works.
set -u
. tests/qemu/lib.sh
check "a namespace with a TAP can be made" peer_up
mkdir "$work/www"
random_file "$work/www/file" 1000000
truncate -s 4G "$work/www/endless"
check "Python's HTTP server starts" serve "$work/www"
check "socat waits for the upload" receive "$work/up"
check "weir-sim offers the card over usbredir" plug
guest_start tool
check "a download is under way in the guest" guest_marked downloading
check "the card is pulled out, and weir-sim with it" unplug
check "the guest goes on without a card" guest_marked gone
receive "$work/endless" # nobody looks at what arrives
check "the card is plugged in again" plug
check "an upload is under way in the guest" guest_marked uploading
check "the card is pulled out, and weir-sim goes on" kill -USR1 "$weir_sim_pid"
check "the guest goes on without a card again" guest_marked gone-again
kill -USR1 "$weir_sim_pid" # plugs it in
guest_end
check "the downloaded file has the same SHA-256" has_sha256 "$work/www/file" "$(guest_value download)"
check "the uploaded file has the same SHA-256" has_sha256 "$work/up" "$(guest_value upload)"
check "the file downloaded after the card came back has the same SHA-256" has_sha256 "$work/www/file" "$(guest_value again)"
done_testing
