// SPDX-License-Identifier: MIT
/* The least of a scheduler: the kernel's default for everything, and a count of who runs. */
#include "bpf.h"

struct task_struct;
struct scx_exit_info;

struct sched_ext_ops___p3 {
	char name[128];
	u32 timeout_ms;
	u64 flags;
	void (*running)(struct task_struct *task);
	s32 (*init)(void);
	void (*exit)(struct scx_exit_info *info);
	void (*no_such_callback)(void);
};

u64 runs;
u64 starts;
u64 ends;

SEC("struct_ops/running")
void count_run(u64 *context)
{
	__sync_fetch_and_add(&runs, 1);
}

SEC("struct_ops.s/init")
s32 count_start(u64 *context)
{
	__sync_fetch_and_add(&starts, 1);
	return 0;
}

SEC("struct_ops/exit")
void count_end(u64 *context)
{
	__sync_fetch_and_add(&ends, 1);
}

SEC(".struct_ops.link")
struct sched_ext_ops___p3 minimal = {
	.name = "p3_minimal",
	.running = (void *)count_run,
	.init = (void *)count_start,
	.exit = (void *)count_end,
};

char LICENSE[] SEC("license") = "GPL";
