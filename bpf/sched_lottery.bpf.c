// SPDX-License-Identifier: MIT
/*
 * Keeps the books of a lottery scheduler: at every context switch, who left the processor, who got it, for how long, and
 * how many tickets each task holds. It watches; it does not decide who runs.
 *
 * A task is on one processor at a time, and is let go by one before another can take it, so plain additions to its record
 * do not race. For the same reason user space must not write whole records: use set_tickets (set_tickets.bpf.c).
 */
#include "kernel_types.h"
#include "nice_weights.h"
#include "sched_lottery.h"

ALWAYS_INLINE u32 weight_of_task(struct task_struct *task)
{
	if (READ_INTEGER(task, policy) == SCHED_IDLE)
		return IDLE_POLICY_WEIGHT;
	return weight_of_priority(READ_INTEGER(task, static_prio));
}

ALWAYS_INLINE u32 state_of_task(struct task_struct *task)
{
	if (FIELD_EXISTS(task->__state))
		return READ_INTEGER(task, __state);
	return READ_INTEGER((struct task_struct___before_5_14 *)task, state);
}

ALWAYS_INLINE u64 cpu_cgroup_of_task(struct task_struct *task)
{
	if (!ENUM_VALUE_EXISTS(cgroup_subsys_id, cpu_cgrp_id))
		return 0;

	struct css_set *groups = READ_POINTER(task, cgroups);
	struct cgroup_subsys_state *state =
		READ_POINTER_AT(groups, subsys, ENUM_VALUE(cgroup_subsys_id, cpu_cgrp_id));
	struct cgroup *group = READ_POINTER(state, cgroup);
	struct kernfs_node *directory = READ_POINTER(group, kn);

	return READ_INTEGER(directory, id);
}

/* The command name may one day be longer than a record's place for it, or shorter. */
ALWAYS_INLINE void read_command(struct task_record *record, struct task_struct *task)
{
	u32 size = FIELD_SIZE(task->comm);

	if (size > sizeof(record->comm))
		size = sizeof(record->comm);
	bpf_probe_read_kernel_str(record->comm, size, task->comm);
}

/*
 * The kernel's total grows by what the task ran since it was last switched out, even if a switch in between went unseen.
 * Of its first stretch only the length by the clock is known, which is too long by what was stolen from it; a task that has
 * run no longer than that in all its life has run in this stretch only.
 */
ALWAYS_INLINE void add_run_time(struct task_record *record, struct task_struct *task, u64 now)
{
	u64 total = READ_INTEGER(task, se.sum_exec_runtime);

	if (record->kernel_run_time_ns && total >= record->kernel_run_time_ns) {
		record->run_time_ns += total - record->kernel_run_time_ns;
	} else if (record->state == TASK_ON_CPU) {
		u64 stretch = now - record->last_start_ns;

		record->run_time_ns += total < stretch ? total : stretch;
	}
	record->kernel_run_time_ns = total;
}

ALWAYS_INLINE void switch_out(struct trace_event_raw_sched_switch *event, u32 pid, u64 now)
{
	/* The tracepoint fires before the switch: the current task is still the one that leaves. */
	struct task_struct *task = (void *)bpf_get_current_task();
	u32 state = state_of_task(task);

	if (state & TASK_DEAD) {
		bpf_map_delete_elem(&task_map, &pid);
		return;
	}

	struct task_record *record = task_record_of(pid);

	if (!record)
		return;

	add_run_time(record, task, now);
	record->switches++;
	record->state = READ_INTEGER(event, prev_state) & TASK_REPORT_MAX ? 0 : state;
	record->tickets = record->user_tickets ? record->user_tickets : weight_of_task(task);
	record->cgroup_id = cpu_cgroup_of_task(task);
	record->tgid = READ_INTEGER(task, tgid);
	read_command(record, task);
}

ALWAYS_INLINE void switch_in(struct trace_event_raw_sched_switch *event, u32 pid, u64 now)
{
	struct task_record *record = task_record_of(pid);

	if (!record)
		return;

	/* Until its own first switch-out, all that is known of the task is what the event says. */
	if (!record->switches) {
		record->tickets = record->user_tickets ? record->user_tickets : weight_of_priority(event->next_prio);
		bpf_probe_read_kernel_str(record->comm, sizeof(record->comm), event->next_comm);
	}
	record->last_start_ns = now;
	record->state = TASK_ON_CPU;
}

SEC("tracepoint/sched/sched_switch")
int handle_sched_switch(struct trace_event_raw_sched_switch *event)
{
	u64 now = bpf_ktime_get_ns();
	u32 prev_pid = event->prev_pid;
	u32 next_pid = event->next_pid;

	if (prev_pid)
		switch_out(event, prev_pid, now);
	if (next_pid)
		switch_in(event, next_pid, now);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
