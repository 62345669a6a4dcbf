// SPDX-License-Identifier: MIT
/* Types whose names a test replaces by such as Rust gives them. The lock makes the map need its types. */
#include "bpf.h"

struct bpf_spin_lock {
	u32 value;
};

struct PhantomDataXu64X {
	int number;
};

struct locked {
	struct bpf_spin_lock lock;
	u32 count;
};

static long (*const spin_lock)(struct bpf_spin_lock *lock) = (void *)93;
static long (*const spin_unlock)(struct bpf_spin_lock *lock) = (void *)94;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct locked);
} counts SEC(".maps");

struct PhantomDataXu64X step = { 1 };

SEC("tc")
int count(void *packet)
{
	u32 key = 0;
	struct locked *locked = bpf_map_lookup_elem(&counts, &key);

	if (!locked)
		return 0;
	spin_lock(&locked->lock);
	locked->count += step.number;
	spin_unlock(&locked->lock);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
