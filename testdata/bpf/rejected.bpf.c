// SPDX-License-Identifier: MIT
/* A program that the verifier refuses: it reads through a lookup result that may be NULL. */
#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

SEC("tracepoint/sched/sched_switch")
int unchecked_lookup(void *event)
{
	u32 key = 0;
	u64 *count = bpf_map_lookup_elem(&counts, &key);

	return *count; /* the line the verifier names */
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
