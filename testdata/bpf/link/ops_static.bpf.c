// SPDX-License-Identifier: MIT
/* A pointer in data to a static function: the place of the function stands in the data, and has to move with it. */
#include "ops.h"

static NO_INLINE u32 static_first(struct sock *sk)
{
	return 6;
}

static NO_INLINE u32 static_second(struct sock *sk)
{
	return 8;
}

SEC(".struct_ops")
struct tcp_congestion_ops ops_static = {
	.ssthresh = static_first,
	.undo_cwnd = static_second,
	.name = "p3ebpf_static",
};

char LICENSE[] SEC("license") = "Dual MIT/GPL";
