# SPDX-License-Identifier: BSD-2-Clause
#
# The card as a network interface of the kernel's: for the guest's scripts that use CDC-NCM.
peer=10.77.0.1

# What lsusb, and the libraries below it, say when something is not as it should be.
complaints='unrecognized|invalid|warning|error|bogus|unknown|junk|duplicate|too short|truncat|can.t|cannot|could ?n.t|unable|missing'

lsusb_reads_everything() {
    lsusb -v -d 1209: >/tmp/lsusb 2>/tmp/lsusb.errors || { echo "lsusb found no card"; return 1; }
    ! grep . /tmp/lsusb.errors && ! grep -iE "$complaints" /tmp/lsusb
}
lsusb_shows() { # COUNT REGULAR-EXPRESSION
    [ "$(grep -cE "$2" /tmp/lsusb)" = "$1" ] || { cat /tmp/lsusb; return 1; }
}

configure() { # VALUE
    echo "$1" >"$(card_dir)/bConfigurationValue" && is "${1#0}" card_attribute bConfigurationValue # 0 is shown as nothing
}

# The interface of the network device whose driver is cdc_ncm.
interface() {
    local n
    for n in /sys/class/net/*; do
        case $(readlink "$n/device/driver") in */cdc_ncm) echo "${n##*/}" && return 0 ;; esac
    done
    return 1
}
carrier() { [ "$(cat "/sys/class/net/$(interface)/carrier")" = 1 ]; }
interface_up() {
    ip addr add 10.77.0.2/24 dev "$(interface)" && ip link set "$(interface)" up
}
download() { # NAME
    wget -q -O /tmp/down "http://$peer:8080/file" && value "$1" "$(sha256sum /tmp/down | cut -d' ' -f1)"
}
