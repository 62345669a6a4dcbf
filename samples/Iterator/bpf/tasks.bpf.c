// SPDX-License-Identifier: MIT
/* Walks all tasks, and writes a record for each process. */
#include "vmlinux.h"
#include "p3ebpf.h"

struct process {
	u32 pid;
	u32 parent;
	u64 started_ns;
	u64 voluntary_switches;
	u64 involuntary_switches;
	char comm[16];
};

/* What walk() writes: in C#, ReadWalk() yields Tasks.Process. */
BPF_RECORD(walk, struct process);

SEC("iter/task")
int walk(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	/* The last call of a walk has no task. Threads that are not the first of their process are left out. */
	if (!task || task->pid != task->tgid)
		return 0;

	struct process process = {
		.pid = task->tgid,
		.parent = task->real_parent->tgid,
		.started_ns = task->start_time,
		.voluntary_switches = task->nvcsw,
		.involuntary_switches = task->nivcsw,
	};

	bpf_probe_read_kernel_str(process.comm, sizeof(process.comm), task->comm);
	bpf_seq_write(context->meta->seq, &process, sizeof(process));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
