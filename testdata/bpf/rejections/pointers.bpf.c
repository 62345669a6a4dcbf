// SPDX-License-Identifier: MIT
/* What the verifier refuses about pointers and bounds; of each program the rejected form and the repaired one. */
#include "bpf.h"

struct packet {
	u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto, priority, ingress_ifindex, ifindex, tc_index, cb[5], hash,
		tc_classid, data, data_end;
};

struct numbers {
	u32 count;
	u32 values[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct numbers);
} numbers SEC(".maps");

/* In an array of a known size an element of a known index is found always, and newer kernels know that. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct numbers);
} table SEC(".maps");

const volatile u32 constant = 7;

static long (*const skb_pull_data)(void *skb, u32 len) = (void *)39;

#define DATA(context) (void *)(long)(context)->data

ALWAYS_INLINE struct numbers *lookup(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&numbers, &key);
}

ALWAYS_INLINE struct numbers *find(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&table, &key);
}

SEC("?tc")
int null_lookup(struct packet *context)
{
	return find()->count; /* rejected */
}

SEC("?tc")
int null_lookup_repaired(struct packet *context)
{
	struct numbers *found = find();

	return found ? found->count : 0;
}

SEC("?tc")
int null_arithmetic(struct packet *context)
{
	struct numbers *found = find();

	asm volatile("%0 += 8" : "+r"(found)); /* rejected */
	return found ? found->count : 0;
}

SEC("?tc")
int null_arithmetic_repaired(struct packet *context)
{
	struct numbers *found = find();

	if (!found)
		return 0;
	asm volatile("%0 += 8" : "+r"(found));
	return found->count;
}

SEC("?tc")
int unbounded_index(struct packet *context)
{
	struct numbers *found = lookup();
	u64 index = context->mark;

	if (!found)
		return 0;
	return found->values[index]; /* rejected */
}

SEC("?tc")
int unbounded_index_repaired(struct packet *context)
{
	struct numbers *found = lookup();
	u64 index = context->mark;

	if (!found || index >= 16)
		return 0;
	return found->values[index];
}

SEC("?tc")
int negative_index(struct packet *context)
{
	struct numbers *found = lookup();
	s64 index = (s32)context->mark;

	if (!found || index > 15)
		return 0;
	return found->values[index]; /* rejected */
}

SEC("?tc")
int negative_index_repaired(struct packet *context)
{
	struct numbers *found = lookup();
	s64 index = (s32)context->mark;

	if (!found || index > 15 || index < 0)
		return 0;
	return found->values[index];
}

SEC("?tc")
int outside_value(struct packet *context)
{
	struct numbers *found = lookup();

	if (!found)
		return 0;
	return *((volatile u32 *)found + 17); /* rejected */
}

SEC("?tc")
int outside_value_repaired(struct packet *context)
{
	struct numbers *found = lookup();

	if (!found)
		return 0;
	return *((volatile u32 *)found + 16);
}

SEC("?tc")
int unchecked_packet(struct packet *context)
{
	u8 *data = DATA(context);

	return data[12]; /* rejected */
}

SEC("?tc")
int unchecked_packet_repaired(struct packet *context)
{
	u8 *data = DATA(context);

	return data + 13 > (u8 *)(long)context->data_end ? 0 : data[12];
}

SEC("?tc")
int stale_packet(struct packet *context)
{
	u8 *data = DATA(context);

	if (data + 13 > (u8 *)(long)context->data_end)
		return 0;
	skb_pull_data(context, 20);
	return data[12]; /* rejected */
}

SEC("?tc")
int stale_packet_repaired(struct packet *context)
{
	u8 *data;

	skb_pull_data(context, 20);
	data = DATA(context);
	return data + 13 > (u8 *)(long)context->data_end ? 0 : data[12];
}

SEC("?tc")
int context_offset(struct packet *context)
{
	return *((volatile u32 *)context + 200); /* rejected */
}

SEC("?tc")
int context_offset_repaired(struct packet *context)
{
	return *((volatile u32 *)context + 2);
}

SEC("?tc")
int context_write(struct packet *context)
{
	*(volatile u32 *)&context->len = 1; /* rejected */
	return 0;
}

SEC("?tc")
int context_write_repaired(struct packet *context)
{
	*(volatile u32 *)&context->mark = 1;
	return 0;
}

SEC("?raw_tp/sys_enter")
int kernel_memory(void *context)
{
	return *(volatile int *)bpf_get_current_task(); /* rejected */
}

SEC("?raw_tp/sys_enter")
int kernel_memory_repaired(void *context)
{
	int value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)bpf_get_current_task());
	return value != 0;
}

SEC("?tc")
int constant_write(struct packet *context)
{
	*(volatile u32 *)&constant = 8; /* rejected */
	return 0;
}

SEC("?tc")
int constant_write_repaired(struct packet *context)
{
	return constant;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
