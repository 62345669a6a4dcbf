// SPDX-License-Identifier: MIT
/* Takes the map of main.bpf.c for a larger one. */
#include "bpf.h"

struct __sk_buff;

extern struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} sums SEC_EXTERN(".maps");

SEC("socket")
int looks_further(struct __sk_buff *packet)
{
	u32 key = 7;
	u64 *sum = bpf_map_lookup_elem(&sums, &key);

	return sum ? *sum : -1;
}
