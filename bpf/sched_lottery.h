/* SPDX-License-Identifier: MIT */
/*
 * The record that the lottery scheduler keeps of every task, in the hash map task_map under the task's id (what the
 * kernel calls pid and user space calls a thread id, in the initial pid namespace). The idle tasks, which all have id 0,
 * have no record. A record appears when its task is first switched in or out, and goes when the task has exited.
 */
#pragma once

#include "bpf.h"

/* Most tasks that can be recorded at one time; others are passed over. */
#define MAX_TASKS 16384

/* task_record.state of a task that is on a processor; no state bit of the kernel's */
#define TASK_ON_CPU 0x80000000

struct task_record {
	/* The task's share: user_tickets when set, otherwise the kernel's weight for its nice value (1024 for nice 0). */
	u32 tickets;

	/* What user space gave it; 0 when the nice value decides. Written by set_tickets only. */
	u32 user_tickets;

	/* How often it was switched out: voluntary plus nonvoluntary_ctxt_switches of /proc, counted from attachment. */
	u64 switches;

	/*
	 * Time on a processor up to the last switch-out, as the kernel accounts for it: without what a hypervisor stole and,
	 * where the kernel measures that, without interrupts. A stretch that had begun before attachment does not count.
	 */
	u64 run_time_ns;

	/* When it was last switched in (CLOCK_MONOTONIC); 0 when that was never seen. */
	u64 last_start_ns;

	/*
	 * Its cgroup in the CPU controller's hierarchy, as the directory's inode number; 0 without that controller. The kernel
	 * divides CPU time among these groups first, so tickets compare between tasks of one group.
	 */
	u64 cgroup_id;

	/*
	 * TASK_ON_CPU, else the kernel's state bits when it was last switched out: 0 runnable (R), 1 interruptible sleep (S),
	 * 2 uninterruptible sleep (D), 4 stopped (T), 8 traced (t), 0x40 parked (P). Higher bits qualify: 0x400 does not count as
	 * load (0x402: idle kernel thread, I), 0x2000 may be frozen (from 6.1, so most sleepers show 0x2001). Mask with 0xff.
	 */
	u32 state;

	/* The process it belongs to; 0 until first switched out. */
	u32 tgid;

	/* Command name, ended by a zero. */
	char comm[16];

	/* The kernel's own total of its run time (sum_exec_runtime) when it was last switched out; 0 before that. */
	u64 kernel_run_time_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_TASKS);
	__type(key, u32);
	__type(value, struct task_record);
} task_map SEC(".maps");

/* The record of a task, made if there is none; NULL if the map is full. */
ALWAYS_INLINE struct task_record *task_record_of(u32 pid)
{
	struct task_record *record = bpf_map_lookup_elem(&task_map, &pid);

	if (!record) {
		struct task_record empty = {};

		bpf_map_update_elem(&task_map, &pid, &empty, BPF_NOEXIST);
		record = bpf_map_lookup_elem(&task_map, &pid);
	}
	return record;
}
