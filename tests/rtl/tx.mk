# SPDX-License-Identifier: BSD-2-Clause
#
# The segmenter as the card has it, with jumbo frames.
RTL_BENCH_TOP_segmenter_superframe := segmenter
RTL_BENCH_FLAGS_segmenter_superframe := -GMAX_FRAME=9600 -GADDR_WIDTH=15
RTL_BENCH_TOP_segmenter_refuse := segmenter
RTL_BENCH_FLAGS_segmenter_refuse := -GMAX_FRAME=9600 -GADDR_WIDTH=15
