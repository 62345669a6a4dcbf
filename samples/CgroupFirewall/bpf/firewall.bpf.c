// SPDX-License-Identifier: MIT
/* Refuses connections to some ports to the processes of a control group. */
#include "vmlinux.h"
#include "p3ebpf.h"

/* The ports, and how often each was refused. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u16);
	__type(value, u64);
} refused SEC(".maps");

/* 0 refuses: connect() fails with EPERM. */
static __always_inline int may_connect(struct bpf_sock_addr *address)
{
	u16 port = bpf_ntohs(address->user_port);
	u64 *times = bpf_map_lookup_elem(&refused, &port);

	if (!times)
		return 1;
	__sync_fetch_and_add(times, 1);
	return 0;
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *address)
{
	return may_connect(address);
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *address)
{
	return may_connect(address);
}

char LICENSE[] SEC("license") = "GPL";
