// SPDX-License-Identifier: MIT
/*
 * First come, first served: the lottery scheduler (scx_lottery.bpf.c) without the lottery. What that one costs beyond
 * this one is what the draw, the currencies and the books cost.
 */
#include "scx.h"

#define WAITING 0 /* the one queue */

const volatile u64 slice_ns = 3000000;

struct exit_record exit_record;

SEC("struct_ops/select_cpu")
s32 fifo_select_cpu(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	bool idle = false;
	s32 cpu = scx_bpf_select_cpu_dfl(task, context[1], context[2], &idle);

	if (idle)
		queue_insert(task, SCX_DSQ_LOCAL, slice_ns, 0);
	return cpu;
}

SEC("struct_ops/enqueue")
void fifo_enqueue(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	u64 flags = context[1];

	if (is_kernel_thread(task) && flags & ENUM_VALUE(scx_enq_flags, SCX_ENQ_WAKEUP)) {
		queue_insert(task, SCX_DSQ_LOCAL, slice_ns, flags | ENUM_VALUE(scx_enq_flags, SCX_ENQ_PREEMPT));
		return;
	}

	queue_insert(task, WAITING, slice_ns, flags);

	s32 idle = scx_bpf_pick_idle_cpu(task->cpus_ptr, 0);

	if (idle >= 0)
		scx_bpf_kick_cpu(idle, ENUM_VALUE(scx_kick_flags, SCX_KICK_IDLE));
}

SEC("struct_ops/dispatch")
void fifo_dispatch(u64 *context)
{
	struct task_struct *previous = (void *)context[1];

	if (!queue_move_first_here(WAITING) && previous && is_runnable(previous))
		set_slice(previous, slice_ns);
}

SEC("struct_ops.s/init")
s32 fifo_init(u64 *context)
{
	return scx_bpf_create_dsq(WAITING, -1);
}

SEC("struct_ops/exit")
void fifo_exit(u64 *context)
{
	record_exit(&exit_record, (void *)context[0]);
}

SEC(".struct_ops.link")
struct sched_ext_ops fifo = {
	.select_cpu = (void *)fifo_select_cpu,
	.enqueue = (void *)fifo_enqueue,
	.dispatch = (void *)fifo_dispatch,
	.init = (void *)fifo_init,
	.exit = (void *)fifo_exit,
	.flags = SCX_OPS_ENQ_EXITING,
	.timeout_ms = SCX_MAX_TIMEOUT_MS,
	.name = "fifo",
};

char LICENSE[] SEC("license") = "Dual MIT/GPL";
