// SPDX-License-Identifier: MIT
/* TCP congestion controls: structs of callbacks with and without link, optional ones, several in one object, of two flavours. */
#include "bpf.h"

struct sock;

/* The kernel's struct in another order and with few of its members: they are found by name. */
struct tcp_congestion_ops {
	char name[16];
	void (*init)(struct sock *socket);
	void (*release)(struct sock *socket);
	u32 (*ssthresh)(struct sock *socket);
	u32 (*undo_cwnd)(struct sock *socket);
	void (*cong_avoid)(struct sock *socket, u32 acknowledged, u32 packets);
	u32 flags;
};

/* With members that no kernel has. */
struct tcp_congestion_ops___later {
	u64 no_such_number;
	u32 (*ssthresh)(struct sock *socket);
	u32 (*no_such_callback)(struct sock *socket);
	u32 (*undo_cwnd)(struct sock *socket);
	void (*cong_avoid)(struct sock *socket, u32 acknowledged, u32 packets);
	char name[16];
};

u64 opened;
u64 opened_by_other;
u64 closed;
u64 acknowledged;

SEC("struct_ops")
void count_init(u64 *context)
{
	__sync_fetch_and_add(&opened, 1);
}

SEC("struct_ops")
void count_other_init(u64 *context)
{
	__sync_fetch_and_add(&opened_by_other, 1);
}

SEC("struct_ops/release")
void count_release(u64 *context)
{
	__sync_fetch_and_add(&closed, 1);
}

SEC("struct_ops/ssthresh")
u32 threshold(u64 *context)
{
	return 2;
}

SEC("struct_ops/undo_cwnd")
u32 undo(u64 *context)
{
	return 10;
}

SEC("struct_ops/cong_avoid")
void count_acknowledged(u64 *context)
{
	__sync_fetch_and_add(&acknowledged, context[2]);
}

/* Used by an optional map alone. */
SEC("struct_ops/cong_avoid")
void ignore_acknowledged(u64 *context)
{
}

/* A callback that no kernel has. */
SEC("?struct_ops/no_such_callback")
u32 never(u64 *context)
{
	return 0;
}

SEC(".struct_ops.link")
struct tcp_congestion_ops linked = {
	.init = (void *)count_init,
	.release = (void *)count_release,
	.ssthresh = (void *)threshold,
	.undo_cwnd = (void *)undo,
	.cong_avoid = (void *)count_acknowledged,
	.name = "p3_linked",
};

/* Can take the place of the one before: it has the same name. */
SEC(".struct_ops.link")
struct tcp_congestion_ops other = {
	.init = (void *)count_other_init,
	.ssthresh = (void *)threshold,
	.undo_cwnd = (void *)undo,
	.cong_avoid = (void *)count_acknowledged,
	.name = "p3_linked",
};

SEC(".struct_ops")
struct tcp_congestion_ops registered = {
	.init = (void *)count_init,
	.ssthresh = (void *)threshold,
	.undo_cwnd = (void *)undo,
	.cong_avoid = (void *)count_acknowledged,
	.name = "p3_registered",
};

SEC("?.struct_ops.link")
struct tcp_congestion_ops optional = {
	.ssthresh = (void *)threshold,
	.undo_cwnd = (void *)undo,
	.cong_avoid = (void *)ignore_acknowledged,
	.name = "p3_optional",
};

SEC("?.struct_ops")
struct tcp_congestion_ops___later later = {
	.ssthresh = (void *)threshold,
	.undo_cwnd = (void *)undo,
	.cong_avoid = (void *)count_acknowledged,
	.no_such_callback = (void *)never,
	.name = "p3_later",
};

char LICENSE[] SEC("license") = "Dual MIT/GPL";
