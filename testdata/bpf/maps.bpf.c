// SPDX-License-Identifier: MIT
/* Maps that take more than a type and sizes: pinned by name, slots of programs and maps, sizes that the loader completes. */
#include "bpf.h"

#define BPF_MAP_TYPE_PROG_ARRAY 3
#define BPF_MAP_TYPE_PERF_EVENT_ARRAY 4
#define BPF_MAP_TYPE_HASH_OF_MAPS 13
#define BPF_F_NO_PREALLOC 1
#define LIBBPF_PIN_BY_NAME 1

struct __sk_buff;

static long (*const bpf_tail_call)(void *context, void *programs, u32 index) = (void *)12;

int last_step(struct __sk_buff *packet);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u64));
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} shared SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, int(void *));
} steps SEC(".maps") = {
	.values = {[2] = (void *)&last_step},
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, u32);
	__type(value, u32);
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} events SEC(".maps");

struct inner_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 8);
	__type(key, u32);
	__array(values, struct inner_map);
} by_number SEC(".maps") = {
	.values = {[3] = &second, [5] = &first},
};

/* 7, from the program in slot 2; 1 when the slot is empty */
SEC("socket")
int first_step(struct __sk_buff *packet)
{
	bpf_tail_call(packet, &steps, 2);
	return 1;
}

SEC("socket")
int last_step(struct __sk_buff *packet)
{
	return 7;
}

/* how often it ran on this map */
SEC("socket")
int count(struct __sk_buff *packet)
{
	u32 key = 1;
	u64 one = 1, *count = bpf_map_lookup_elem(&shared, &key);

	if (!count)
		return bpf_map_update_elem(&shared, &key, &one, BPF_NOEXIST) ? 0 : 1;
	return ++*count;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
