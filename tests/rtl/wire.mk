# SPDX-License-Identifier: BSD-2-Clause
#
# Benches of several modules at once have their top beside them in tests/rtl.
RTL_BENCH_FLAGS_mac_loop := -y tests/rtl
RTL_BENCH_FLAGS_wire_path := -y tests/rtl


# Runs wire_path_test for its frames; SEED chooses others.
TESTS += tests/rtl/rx_tshark_test.sh
