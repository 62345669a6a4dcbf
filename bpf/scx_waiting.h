/* SPDX-License-Identifier: MIT */
/*
 * The parts that schedulers with one queue have in common, whoever of it runs next: tasks wait in the order in which they
 * came, an idle processor takes them at once, and threads of the kernel go first. Such a scheduler has its own dispatch.
 */
#pragma once

#include "scx.h"

#define WAITING 0 /* the queue */

const volatile u64 slice_ns = 3000000;

struct exit_record exit_record;

SEC("struct_ops/select_cpu")
s32 wait_select_cpu(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	bool idle = false;
	s32 cpu = scx_bpf_select_cpu_dfl(task, context[1], context[2], &idle);

	if (idle)
		queue_insert(task, SCX_DSQ_LOCAL, slice_ns, 0);
	return cpu;
}

SEC("struct_ops/enqueue")
void wait_enqueue(u64 *context)
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

SEC("struct_ops.s/init")
s32 wait_init(u64 *context)
{
	return scx_bpf_create_dsq(WAITING, -1);
}

SEC("struct_ops/exit")
void wait_exit(u64 *context)
{
	record_exit(&exit_record, (void *)context[0]);
}
