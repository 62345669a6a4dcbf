// SPDX-License-Identifier: MIT
/* Maps as they were defined before BTF: struct bpf_map_def in SEC("maps"). */
#include "bpf.h"

#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_F_NO_PREALLOC 1

struct bpf_map_def {
	u32 type, key_size, value_size, max_entries, map_flags;
};

struct pair {
	u32 low, high;
};

struct bpf_map_def SEC("maps") pairs = { BPF_MAP_TYPE_HASH, sizeof(u32), sizeof(struct pair), 16, BPF_F_NO_PREALLOC };
static struct bpf_map_def SEC("maps") counters = { BPF_MAP_TYPE_ARRAY, sizeof(u32), sizeof(u64), 4, 0 };
struct bpf_map_def SEC("maps/other") other = { BPF_MAP_TYPE_ARRAY, sizeof(u32), sizeof(u64), 2, 0 };

/* What BPF_ANNOTATE_KV_PAIR(pairs, u32, struct pair) left in BTF. */
struct ____btf_map_pairs {
	u32 key;
	struct pair value;
};
struct ____btf_map_pairs __attribute__((section(".maps.pairs"), used)) ____btf_map_pairs;

/* Counts in counters[1], and in other[1] ten times as much; the sum of the pair 7, -1 where there is none. */
SEC("socket")
int sum(void *packet)
{
	u32 one = 1, seven = 7;
	u64 *counter = bpf_map_lookup_elem(&counters, &one);
	u64 *tens = bpf_map_lookup_elem(&other, &one);
	struct pair *pair = bpf_map_lookup_elem(&pairs, &seven);

	if (counter)
		*counter += 1;
	if (tens)
		*tens += 10;
	return pair ? (int)(pair->low + pair->high) : -1;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
