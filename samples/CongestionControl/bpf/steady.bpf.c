// SPDX-License-Identifier: MIT
/* A TCP congestion control that keeps so many packets on their way, whatever happens. */
#include "vmlinux.h"
#include "p3ebpf.h"

/* May be changed while connections use it. */
u32 window = 10;

u64 connections;
u64 acknowledged;
u32 most_in_flight;

SEC("struct_ops")
void steady_init(u64 *context)
{
	__sync_fetch_and_add(&connections, 1);
}

/* The window when packets are lost, and the one to go back to when they were not lost after all: nothing changes. */
SEC("struct_ops")
u32 steady_threshold(u64 *context)
{
	return window;
}

SEC("struct_ops")
u32 steady_undo(u64 *context)
{
	return window;
}

/* Some packets were acknowledged: this may set the window. */
SEC("struct_ops")
void steady_acknowledge(u64 *context)
{
	struct tcp_sock *socket = (void *)context[0];

	socket->snd_cwnd = window;
	if (socket->packets_out > most_in_flight)
		most_in_flight = socket->packets_out;
	__sync_fetch_and_add(&acknowledged, context[2]);
}

SEC(".struct_ops.link")
struct tcp_congestion_ops steady = {
	.init = (void *)steady_init,
	.ssthresh = (void *)steady_threshold,
	.undo_cwnd = (void *)steady_undo,
	.cong_avoid = (void *)steady_acknowledge,
	.name = "steady",
};

char LICENSE[] SEC("license") = "GPL";
