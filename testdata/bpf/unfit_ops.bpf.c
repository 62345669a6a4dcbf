// SPDX-License-Identifier: MIT
/* Structs of callbacks that fit no kernel, each in a way of its own; and of modules and kernels that are not there. All are optional. */
#include "bpf.h"

struct sock;

struct tcp_congestion_ops {
	u32 (*ssthresh)(struct sock *socket);
	u32 (*undo_cwnd)(struct sock *socket);
	u32 (*min_tso_segs)(struct sock *socket);
};

struct tcp_congestion_ops___wide {
	char name[32];
};

struct tcp_congestion_ops___number {
	u64 ssthresh;
};

struct tcp_congestion_ops___bits {
	u32 flags : 4;
	u32 key : 28;
};

struct tcp_congestion_ops___pointer {
	void *owner;
};

struct tcp_congestion_ops___nested {
	struct {
		u32 inner;
	};
};

struct tcp_congestion_ops___no_list {
	u32 (*list)(struct sock *socket);
};

struct no_such_ops {
	int (*callback)(void);
};

struct no_such_ops___too {
	int number;
};

SEC("?struct_ops")
u32 callback(u64 *context)
{
	return 1;
}

/* Never a callback of anything. */
SEC("?struct_ops/nowhere")
u32 unused(u64 *context)
{
	return 1;
}

SEC("?.struct_ops.link") struct tcp_congestion_ops___wide wide = {.name = "p3_wide"};
SEC("?.struct_ops.link") struct tcp_congestion_ops___number number = {.ssthresh = 1};
SEC("?.struct_ops.link") struct tcp_congestion_ops___bits bits = {.flags = 1};
SEC("?.struct_ops.link") struct tcp_congestion_ops___pointer pointer = {.owner = (void *)8};
SEC("?.struct_ops.link") struct tcp_congestion_ops___nested nested = {.inner = 1};
SEC("?.struct_ops.link") struct tcp_congestion_ops___no_list no_list = {.list = (void *)callback};
SEC("?.struct_ops.link") struct tcp_congestion_ops twice = {.ssthresh = (void *)callback, .undo_cwnd = (void *)callback};
SEC("?.struct_ops.link") struct tcp_congestion_ops incomplete = {.ssthresh = (void *)callback};
SEC("?.struct_ops.link") struct no_such_ops unknown = {.callback = (void *)callback};
SEC("?.struct_ops") struct no_such_ops___too unknown_too = {.number = 1};

char LICENSE[] SEC("license") = "GPL";
