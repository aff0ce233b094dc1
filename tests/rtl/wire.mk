# SPDX-License-Identifier: BSD-2-Clause
#
# Benches of several modules at once have their top beside them in tests/rtl.
RTL_BENCH_FLAGS_mac_loop := -y tests/rtl
RTL_BENCH_FLAGS_wire_path := -y tests/rtl
RTL_BENCH_FLAGS_rmii_path := -y tests/rtl
RTL_BENCH_FLAGS_table_path := -y tests/rtl
RTL_BENCH_FLAGS_rgmii_path := -y tests/rtl
RTL_BENCH_TOP_gmii_loop := loop_path
RTL_BENCH_FLAGS_gmii_loop := -y tests/rtl
$(BUILD)/tests/rtl/gmii_loop_test: tests/rtl/loop_path.v
RTL_BENCH_FLAGS_mdio := -GHALF_CLOCKS=10
RTL_BENCH_FLAGS_phy_link := -GHALF_CLOCKS=4 -GPAUSE_LOG2=6
RTL_BENCH_TOP_phy_link_100 := phy_link
RTL_BENCH_FLAGS_phy_link_100 := -GHALF_CLOCKS=4 -GPAUSE_LOG2=6 -GGIGABIT=0 -GADDRESS=3 -GSEARCH=0
RTL_BENCH_FLAGS_phy_reset := -GCLOCK_MHZ=10 -GASSERT_US=50 -GHOLD_US=7 -GSTART_US=30


# Runs wire_path_test for its frames; SEED chooses others.
TESTS += tests/rtl/rx_tshark_test.sh
