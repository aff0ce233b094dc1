#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Makes the guest's whole file system: initramfs.sh KERNEL-DIRECTORY OUTPUT PROGRAM...
# It holds busybox, the kernel's modules, tests/qemu/guest, and each PROGRAM in /bin with the shared libraries that it needs.
set -euo pipefail
kernel=$1 output=$2
shift 2
root=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$root"' EXIT

mkdir -p "$root"/{bin,dev,proc,sys,run,tmp,etc,guest,modules}
for applet in $(busybox --list); do ln -s busybox "$root/bin/$applet"; done
rm "$root/bin/busybox" # it lists itself
cp "$(command -v busybox)" "$root/bin/busybox"
ln -s bin "$root/sbin"
cp "$kernel"/modules/*.ko "$root/modules/"
cp tests/qemu/guest/* "$root/guest/"
ln -s guest/init "$root/init"

# The libraries keep their absolute paths, so that the loader finds them without a cache.
libraries() { ldd "$1" 2>/dev/null | grep -o '/[^ ]*' || true; }
for program; do
    target=$root/bin/$(basename "$program")
    rm -f "$target" # of the same name in busybox
    strip -o "$target" "$program" 2>/dev/null || cp "$program" "$target"
    for library in $(libraries "$program"); do
        [ -e "$root$library" ] || { mkdir -p "$root$(dirname "$library")" && cp -L "$library" "$root$library"; }
    done
done

(cd "$root" && find . | cpio --quiet -o -H newc) >"$output.tmp"
mv "$output.tmp" "$output"
