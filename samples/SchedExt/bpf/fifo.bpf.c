// SPDX-License-Identifier: MIT
/*
 * A scheduler: whoever becomes runnable goes to the end of one queue, and has a processor for some milliseconds when its turn comes. Linux 6.13.
 * What it needs of the kernel it declares itself, so that it also compiles where the running kernel has no sched_ext.
 */
typedef unsigned char __u8;
typedef signed int __s32;
typedef unsigned int __u32;
typedef unsigned long long __u64;
enum { BPF_MAP_TYPE_PERCPU_ARRAY = 6 };

#include "p3ebpf.h"

struct task_struct {
	__s32 pid;
} __attribute__((preserve_access_index));

#define GLOBAL_QUEUE 0x8000000000000001ULL /* SCX_DSQ_GLOBAL: the kernel takes from it when a processor has nothing else */

extern void scx_bpf_dsq_insert(struct task_struct *task, __u64 queue, __u64 slice, __u64 flags) __attribute__((section(".ksyms")));

/* Members are found by name in the kernel's struct; what is behind ___ is not part of a name. */
struct sched_ext_ops___fifo {
	void (*enqueue)(struct task_struct *task, __u64 flags);
	void (*running)(struct task_struct *task);
	__u32 timeout_ms;
	char name[128];
};

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
	scx_bpf_dsq_insert((void *)context[0], GLOBAL_QUEUE, slice_ns, context[1]);
}

SEC("struct_ops")
void fifo_running(__u64 *context)
{
	__u32 first = 0;
	__u64 *count = bpf_map_lookup_elem(&runs, &first);

	if (count)
		++*count;
}

SEC(".struct_ops.link")
struct sched_ext_ops___fifo fifo = {
	.enqueue = (void *)fifo_enqueue,
	.running = (void *)fifo_running,
	.timeout_ms = 5000,
	.name = "fifo",
};

char LICENSE[] SEC("license") = "GPL";
