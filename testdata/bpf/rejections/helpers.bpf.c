// SPDX-License-Identifier: MIT
/* What the verifier refuses about helpers, references and locks; of each program the rejected form and the repaired one. */
#include "bpf.h"

struct bpf_spin_lock {
	u32 value;
};

struct locked {
	struct bpf_spin_lock lock;
	u32 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct locked);
} locked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

static long (*const spin_lock)(struct bpf_spin_lock *lock) = (void *)93;
static long (*const spin_unlock)(struct bpf_spin_lock *lock) = (void *)94;
static long (*const xdp_adjust_head)(void *context, int delta) = (void *)44;
static long (*const get_current_comm)(void *to, u32 size) = (void *)16;
static long (*const skb_load_bytes)(const void *skb, u32 offset, void *to, u32 len) = (void *)26;
static void *(*const ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*const ringbuf_submit)(void *record, u64 flags) = (void *)132;
static void (*const ringbuf_discard)(void *record, u64 flags) = (void *)133;

SEC("?tc")
int argument_type(u32 *context)
{
	return bpf_map_delete_elem(&counts, (void *)(u64)context[2]); /* rejected */
}

SEC("?tc")
int argument_type_repaired(u32 *context)
{
	u32 key = context[2];

	return bpf_map_delete_elem(&counts, &key);
}

SEC("?tc")
int argument_null(u32 *context)
{
	u32 key = 0, other = 1;

	return bpf_map_update_elem(&counts, &other, bpf_map_lookup_elem(&counts, &key), BPF_ANY); /* rejected */
}

SEC("?tc")
int argument_null_repaired(u32 *context)
{
	u32 key = 0, other = 1;
	u64 *value = bpf_map_lookup_elem(&counts, &key);

	return value ? bpf_map_update_elem(&counts, &other, value, BPF_ANY) : 0;
}

SEC("?tc")
int foreign_helper(void *context)
{
	return xdp_adjust_head(context, 4); /* rejected */
}

SEC("?xdp")
int foreign_helper_repaired(void *context)
{
	return xdp_adjust_head(context, 4) ? 1 : 2;
}

SEC("?tc")
int unbounded_length(u32 *context)
{
	u8 bytes[16] = {};

	skb_load_bytes(context, 0, bytes, context[2]); /* rejected */
	return bytes[0];
}

SEC("?tc")
int unbounded_length_repaired(u32 *context)
{
	u8 bytes[16] = {};
	u64 length = (context[2] & (sizeof(bytes) - 1)) + 1; /* not every kernel follows a comparison with 0 */

	skb_load_bytes(context, 0, bytes, length);
	return bytes[0];
}

SEC("?raw_tp/sys_enter")
int zero_length(void *context)
{
	char name[16];

	return get_current_comm(name, 0); /* rejected */
}

SEC("?raw_tp/sys_enter")
int zero_length_repaired(void *context)
{
	char name[16];

	return get_current_comm(name, sizeof(name));
}

SEC("?raw_tp/sys_enter")
int long_read(void *context)
{
	char name[16];

	return get_current_comm(name, 64); /* rejected */
}

SEC("?raw_tp/sys_enter")
int long_read_repaired(void *context)
{
	char name[16];

	return get_current_comm(name, sizeof(name));
}

SEC("?raw_tp/sys_enter")
int kept_record(void *context)
{
	u64 *record = ringbuf_reserve(&ring, 8, 0);

	if (!record)
		return 0;
	*record = 1;
	return 0; /* rejected */
}

SEC("?raw_tp/sys_enter")
int kept_record_repaired(void *context)
{
	u64 *record = ringbuf_reserve(&ring, 8, 0);

	if (!record)
		return 0;
	*record = 1;
	ringbuf_submit(record, 0);
	return 0;
}

SEC("?raw_tp/sys_enter")
int released_twice(void *context)
{
	u64 *record = ringbuf_reserve(&ring, 8, 0);

	if (!record)
		return 0;
	ringbuf_submit(record, 0);
	ringbuf_discard(record, 0); /* rejected */
	return 0;
}

SEC("?raw_tp/sys_enter")
int released_twice_repaired(void *context)
{
	u64 *record = ringbuf_reserve(&ring, 8, 0);

	if (!record)
		return 0;
	ringbuf_discard(record, 0);
	return 0;
}

ALWAYS_INLINE struct locked *find_locked(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&locked, &key);
}

SEC("?tc")
int kept_lock(void *context)
{
	struct locked *found = find_locked();

	if (!found)
		return 0;
	spin_lock(&found->lock);
	found->count++;
	return 0; /* rejected */
}

SEC("?tc")
int kept_lock_repaired(void *context)
{
	struct locked *found = find_locked();

	if (!found)
		return 0;
	spin_lock(&found->lock);
	found->count++;
	spin_unlock(&found->lock);
	return 0;
}

SEC("?tc")
int call_under_lock(void *context)
{
	struct locked *found = find_locked();

	if (!found)
		return 0;
	spin_lock(&found->lock);
	found->count = bpf_get_prandom_u32(); /* rejected */
	spin_unlock(&found->lock);
	return 0;
}

SEC("?tc")
int call_under_lock_repaired(void *context)
{
	struct locked *found = find_locked();
	u32 random = bpf_get_prandom_u32();

	if (!found)
		return 0;
	spin_lock(&found->lock);
	found->count = random;
	spin_unlock(&found->lock);
	return 0;
}

SEC("?tc")
int unheld_lock(void *context)
{
	struct locked *found = find_locked();

	if (found)
		spin_unlock(&found->lock); /* rejected */
	return 0;
}

SEC("?tc")
int unheld_lock_repaired(void *context)
{
	struct locked *found = find_locked();

	if (!found)
		return 0;
	spin_lock(&found->lock);
	spin_unlock(&found->lock);
	return 0;
}

SEC("?tc")
int read_lock(void *context)
{
	struct locked *found = find_locked();

	return found ? *(volatile u32 *)&found->lock.value : 0; /* rejected */
}

SEC("?tc")
int read_lock_repaired(void *context)
{
	struct locked *found = find_locked();

	return found ? *(volatile u32 *)&found->count : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
