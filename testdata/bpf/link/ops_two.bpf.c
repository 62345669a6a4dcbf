// SPDX-License-Identifier: MIT
/* One more, whose programs are global too. */
#include "ops.h"

SEC("struct_ops")
u32 two_ssthresh(struct sock *sk)
{
	return 4;
}

SEC("struct_ops")
void two_cong_avoid(struct sock *sk, u32 ack, u32 acked)
{
}

SEC("struct_ops")
u32 two_undo_cwnd(struct sock *sk)
{
	return 4;
}

SEC(".struct_ops")
struct tcp_congestion_ops ops_two = {
	.ssthresh = two_ssthresh,
	.undo_cwnd = two_undo_cwnd,
	.cong_avoid = two_cong_avoid,
	.name = "p3ebpf_two",
};

char LICENSE[] SEC("license") = "Dual MIT/GPL";
