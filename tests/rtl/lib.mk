# SPDX-License-Identifier: BSD-2-Clause
#
# Small sizes, so that rings wrap and queues fill often.
RTL_BENCH_FLAGS_packet_memory := -GADDR_WIDTH=8 -GFRAMES_LOG2=3
RTL_BENCH_FLAGS_async_fifo := -GWIDTH=16 -GDEPTH_LOG2=3
RTL_BENCH_FLAGS_cdc_message := -GWIDTH=32
RTL_BENCH_FLAGS_control := -GFEATURES=36 # WEIR_CAP_TSO4 and WEIR_CAP_ARP
RTL_BENCH_FLAGS_led_stretch := -GDIVIDER_LOG2=4
