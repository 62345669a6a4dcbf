// SPDX-License-Identifier: MIT
/*
 * The lottery as the paper first tells it: the waiting tasks stand in a list, a winning ticket is drawn, and the list is
 * walked until the tickets passed exceed it. Time grows with the number of tasks, which is what it is here to show;
 * scx_lottery.bpf.c draws in logarithmic time. Tickets are the weights of the tasks' nice values; no currencies, no
 * compensation.
 */
#include "nice_weights.h"
#include "scx_waiting.h"

/* Sums live in a map: the verifier would follow the values of registers round the loop for ever. */
struct walk {
	u64 total;
	u64 passed;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct walk);
} walks SEC(".maps");

ALWAYS_INLINE u32 tickets_of(struct task_struct *task)
{
	return weight_of_priority(task->static_prio);
}

SEC("struct_ops/dispatch")
void list_dispatch(u64 *context)
{
	s32 cpu = context[0];
	struct task_struct *previous = (void *)context[1];
	bool stays = previous && is_runnable(previous);
	u32 own = stays ? tickets_of(previous) : 0;
	struct bpf_iter_scx_dsq list;
	struct task_struct *task;
	u32 key = 0;
	struct walk *walk = bpf_map_lookup_elem(&walks, &key);

	if (!walk)
		return;

	walk->total = walk->passed = own;
	bpf_iter_scx_dsq_new(&list, WAITING, 0);
	while ((task = bpf_iter_scx_dsq_next(&list)))
		if (bpf_cpumask_test_cpu(cpu, task->cpus_ptr))
			walk->total += tickets_of(task);
	bpf_iter_scx_dsq_destroy(&list);

	/* The task that has used up its slice stands first. */
	u64 winner = walk->total * bpf_get_prandom_u32() >> 32;
	bool found = false;

	if (winner >= own) {
		bpf_iter_scx_dsq_new(&list, WAITING, 0);
		while (!found && (task = bpf_iter_scx_dsq_next(&list))) {
			if (!bpf_cpumask_test_cpu(cpu, task->cpus_ptr))
				continue;
			walk->passed += tickets_of(task);
			if (winner < walk->passed)
				found = queue_move(&list, task, SCX_DSQ_LOCAL, 0);
		}
		bpf_iter_scx_dsq_destroy(&list);
		/* Another processor was faster. */
		if (!found)
			found = queue_move_first_here(WAITING);
	}
	if (!found && stays)
		set_slice(previous, slice_ns);
}

SEC(".struct_ops.link")
struct sched_ext_ops lottery_list = {
	.select_cpu = (void *)wait_select_cpu,
	.enqueue = (void *)wait_enqueue,
	.dispatch = (void *)list_dispatch,
	.init = (void *)wait_init,
	.exit = (void *)wait_exit,
	.flags = SCX_OPS_ENQ_EXITING,
	.timeout_ms = SCX_MAX_TIMEOUT_MS,
	.name = "lottery_list",
};

char LICENSE[] SEC("license") = "Dual MIT/GPL";
