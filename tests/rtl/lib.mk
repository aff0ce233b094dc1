# SPDX-License-Identifier: BSD-2-Clause
#
# Small sizes, so that rings wrap and queues fill often.
RTL_BENCH_FLAGS_packet_memory := -GADDR_WIDTH=8 -GFRAMES_LOG2=3
RTL_BENCH_FLAGS_async_fifo := -GWIDTH=16 -GDEPTH_LOG2=3
RTL_BENCH_FLAGS_sync_fifo := -GWIDTH=16 -GDEPTH_LOG2=3
RTL_BENCH_FLAGS_cdc_message := -GWIDTH=32
RTL_BENCH_FLAGS_cdc_call := -GWIDTH=32 -GANSWER_WIDTH=16
RTL_BENCH_TOP_counters_one_wire := counters
RTL_BENCH_FLAGS_counters_one_wire := -GWIRE_CLOCKS=1
RTL_BENCH_FLAGS_control := -GFEATURES=6944 # WEIR_CAP_MDIO, WEIR_CAP_LOOPBACK, WEIR_CAP_TIMESTAMP, WEIR_CAP_COALESCE and WEIR_CAP_ARP
RTL_BENCH_FLAGS_device_time := -GCLOCK_MHZ=48 -GSTAMP_WIDTH=12 $(CURDIR)/sim/weir_card.vlt
RTL_BENCH_FLAGS_led_stretch := -GDIVIDER_LOG2=4
