// SPDX-License-Identifier: MIT
/* Counts the TCP connections that are made and ended on this machine, by local port. */
#include "vmlinux.h"
#include "p3ebpf.h"

struct connections {
	u64 opened;
	u64 closed;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u16);
	__type(value, struct connections);
} by_port SEC(".maps");

SEC("tracepoint/sock/inet_sock_set_state")
int on_state(struct trace_event_raw_inet_sock_set_state *context)
{
	u16 port = context->sport;
	struct connections none = {};

	if (context->protocol != IPPROTO_TCP || (context->newstate != TCP_ESTABLISHED && context->oldstate != TCP_ESTABLISHED))
		return 0;
	bpf_map_update_elem(&by_port, &port, &none, BPF_NOEXIST);

	struct connections *connections = bpf_map_lookup_elem(&by_port, &port);

	if (!connections)
		return 0;
	__sync_fetch_and_add(context->newstate == TCP_ESTABLISHED ? &connections->opened : &connections->closed, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
