# SPDX-License-Identifier: BSD-2-Clause
#
# These benches have both configurations and a supply of their own; usb_device_test and usb_core_*test have neither.
RTL_BENCH_FLAGS_usb_standard    := -GNCM=1 -GSELF_POWERED=1 -GMAX_POWER=2
RTL_BENCH_FLAGS_usb_descriptors := -GNCM=1 -GSELF_POWERED=1 -GMAX_POWER=2
