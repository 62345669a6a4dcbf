// SPDX-License-Identifier: MIT
/* Has a map in .maps, whose definition only BTF tells; the build takes the BTF away. */
#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

SEC("tracepoint/sched/sched_switch")
int count_switches(void *event)
{
	u32 key = 0;
	u64 *count = bpf_map_lookup_elem(&counts, &key);

	if (count)
		++*count;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
