// SPDX-License-Identifier: MIT
/*
 * First come, first served: the lottery scheduler (scx_lottery.bpf.c) without the lottery. What that one costs beyond
 * this one is what the draw, the currencies and the books cost.
 */
#include "scx_waiting.h"

SEC("struct_ops/dispatch")
void fifo_dispatch(u64 *context)
{
	struct task_struct *previous = (void *)context[1];

	if (!queue_move_first_here(WAITING) && previous && is_runnable(previous))
		set_slice(previous, slice_ns);
}

SEC(".struct_ops.link")
struct sched_ext_ops fifo = {
	.select_cpu = (void *)wait_select_cpu,
	.enqueue = (void *)wait_enqueue,
	.dispatch = (void *)fifo_dispatch,
	.init = (void *)wait_init,
	.exit = (void *)wait_exit,
	.flags = SCX_OPS_ENQ_EXITING,
	.timeout_ms = SCX_MAX_TIMEOUT_MS,
	.name = "fifo",
};

char LICENSE[] SEC("license") = "Dual MIT/GPL";
