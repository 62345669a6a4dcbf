// SPDX-License-Identifier: MIT
/* A map of stack traces without the number of its entries and the length of its values. */
#include "bpf.h"

struct {
	__uint(type, 7);
	__type(key, u32);
} stacks SEC(".maps");

SEC("raw_tp/sys_enter")
int looks(void *context)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&stacks, &key) ? 1 : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
