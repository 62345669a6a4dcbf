// SPDX-License-Identifier: MIT
/* A struct_ops map whose programs are global functions. */
#include "ops.h"

SEC("struct_ops")
u32 one_ssthresh(struct sock *sk)
{
	return 2;
}

SEC("struct_ops")
void one_cong_avoid(struct sock *sk, u32 ack, u32 acked)
{
}

SEC("struct_ops")
u32 one_undo_cwnd(struct sock *sk)
{
	return 2;
}

SEC(".struct_ops")
struct tcp_congestion_ops ops_one = {
	.ssthresh = one_ssthresh,
	.undo_cwnd = one_undo_cwnd,
	.cong_avoid = one_cong_avoid,
	.name = "p3ebpf_one",
};

char LICENSE[] SEC("license") = "Dual MIT/GPL";
