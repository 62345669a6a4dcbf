// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler: whoever becomes runnable goes to the end of one queue, and has a processor for some milliseconds when its turn comes. What it needs of
 * the kernel it declares itself, so that it also compiles where the running kernel has no sched_ext.
 */
typedef unsigned char __u8;
typedef signed int __s32;
typedef unsigned int __u32;
typedef unsigned long long __u64;
enum { BPF_MAP_TYPE_PERCPU_ARRAY = 6 };

#include "p3ebpf.h"

struct task_struct;

#define GLOBAL_QUEUE 0x8000000000000001ULL /* SCX_DSQ_GLOBAL: a processor takes from it when it has nothing else */

/* Linux 6.13 renamed it; the one that the kernel lacks has the address 0, and is never called. */
extern void scx_bpf_dsq_insert(struct task_struct *task, __u64 queue, __u64 slice, __u64 flags) __attribute__((section(".ksyms"), weak));
extern void scx_bpf_dispatch(struct task_struct *task, __u64 queue, __u64 slice, __u64 flags) __attribute__((section(".ksyms"), weak));

/* Its members are found by name in the kernel's struct sched_ext_ops; what follows ___ is no part of the name. */
struct sched_ext_ops___fifo {
	void (*enqueue)(struct task_struct *task, __u64 flags);
	void (*running)(struct task_struct *task);
	__u32 timeout_ms;
	char name[128];
};

/* How long a turn is; can be set before loading. */
const volatile __u64 slice_ns = 5000000;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

SEC("struct_ops")
void fifo_enqueue(__u64 *context)
{
	struct task_struct *task = (void *)context[0];

	if (scx_bpf_dsq_insert)
		scx_bpf_dsq_insert(task, GLOBAL_QUEUE, slice_ns, context[1]);
	else if (scx_bpf_dispatch)
		scx_bpf_dispatch(task, GLOBAL_QUEUE, slice_ns, context[1]);
}

SEC("struct_ops")
void fifo_running(__u64 *context)
{
	__u32 first = 0;
	__u64 *count = bpf_map_lookup_elem(&runs, &first);

	if (count)
		++*count;
}

/* A task that waits longer than timeout_ms for its turn ends the scheduler: the kernel's own takes over. */
SEC(".struct_ops.link")
struct sched_ext_ops___fifo fifo = {
	.enqueue = (void *)fifo_enqueue,
	.running = (void *)fifo_running,
	.timeout_ms = 10000,
	.name = "fifo",
};

char LICENSE[] SEC("license") = "GPL";
