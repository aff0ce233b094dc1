#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Fetches Debian's own kernel for the guest and installs nothing: kernel.sh DIRECTORY leaves there vmlinux and, in modules/, the
# modules of tests/qemu/modules, numbered in their order. The kernel is linux-image-amd64's, whichever is today's, because the cloud
# kernel has no USB. It is unpacked from its bzImage, as QEMU boots a bare vmlinux (PVH) in half the time.
set -euo pipefail
out=$1
mkdir -p "$out"
tmp=$(mktemp -d "$out/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

fail() { echo "$0: $*" >&2; exit 1; }

# The package that the meta package names; the lists of a fresh machine are empty or old.
image() { apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: *\(linux-image-[0-9][^ ]*\)$/\1/p' | head -1; }
download() { (cd "$tmp" && apt-get -q -o APT::Sandbox::User=root download "$(image)"); }
download 2>"$tmp/log" || {
    if [ "$(id -u)" = 0 ]; then apt-get -q update; else sudo apt-get -q update; fi && download 2>"$tmp/log"
} || fail "apt-get download of linux-image-amd64's kernel failed; is there a Debian mirror in /etc/apt? $(cat "$tmp/log")"

modules=$(grep -v '^#' tests/qemu/modules)
dpkg-deb --fsys-tarfile "$tmp"/linux-image-*.deb |
    tar -C "$tmp" -x --wildcards './boot/vmlinuz-*' $(printf '*/kernel/%s ' $modules) ||
    fail "$(ls "$tmp") does not hold the kernel and each module of tests/qemu/modules"

# The compressed kernel inside the bzImage; offsets are those of Linux' Documentation/x86/boot.rst, "the real-mode kernel header".
bzimage=$(ls "$tmp"/boot/vmlinuz-*)
number() { od -An -tu"$2" -j "$1" -N "$2" "$bzimage" | tr -d ' '; } # OFFSET BYTES
start=$((($(number 0x1f1 1) + 1) * 512 + $(number 0x248 4))) # setup_sects, payload_offset
length=$(($(number 0x24c 4) - 4))                             # payload_length, less the size that follows the stream
tail -c +$((start + 1)) "$bzimage" >"$tmp/payload"
truncate -s "$length" "$tmp/payload"
xz -dc <"$tmp/payload" >"$tmp/vmlinux" || fail "the payload of $(basename "$bzimage") is not an xz stream"

rm -rf "$out/modules"
mkdir "$out/modules"
n=10
for module in $modules; do
    mv "$tmp"/lib/modules/*/kernel/"$module" "$out/modules/$n-$(basename "$module")"
    n=$((n + 1))
done
mv "$tmp/vmlinux" "$out/vmlinux" # last: make takes it for the whole
