// SPDX-License-Identifier: MIT
/* How long tasks wait for a processor, from being woken to running: a histogram with a slot for each power of two microseconds. */
#include "vmlinux.h"
#include "p3ebpf.h"

#define SLOTS 24

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, u64);
} waits SEC(".maps");

/* Since when a thread waits. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 10240);
	__type(key, s32);
	__type(value, u64);
} woken SEC(".maps");

static __always_inline int wake(struct task_struct *task)
{
	s32 thread = task->pid;
	u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&woken, &thread, &now, BPF_ANY);
	return 0;
}

/* The arguments of these are what the kernel's tracepoint is given: pointers whose types the verifier knows. */
SEC("tp_btf/sched_wakeup")
int on_wakeup(u64 *context)
{
	return wake((void *)context[0]);
}

SEC("tp_btf/sched_wakeup_new")
int on_wakeup_new(u64 *context)
{
	return wake((void *)context[0]);
}

SEC("tp_btf/sched_switch")
int on_switch(u64 *context)
{
	struct task_struct *next = (void *)context[2];
	s32 thread = next->pid;
	u64 *since = bpf_map_lookup_elem(&woken, &thread);

	if (!since)
		return 0;

	u64 microseconds = (bpf_ktime_get_ns() - *since) / 1000;
	u32 slot = 0;

	while (microseconds >>= 1)
		slot++;
	if (slot >= SLOTS)
		slot = SLOTS - 1;

	u64 *count = bpf_map_lookup_elem(&waits, &slot);

	if (count)
		++*count;
	bpf_map_delete_elem(&woken, &thread);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
