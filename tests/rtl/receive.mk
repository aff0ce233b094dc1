# SPDX-License-Identifier: BSD-2-Clause
#
# Benches of receive coalescing that share a module.
RTL_BENCH_TOP_coalescer_acks := coalescer
RTL_BENCH_TOP_coalescer_flows := coalescer
RTL_BENCH_TOP_record_builder_acks := record_builder
