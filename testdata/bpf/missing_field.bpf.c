// SPDX-License-Identifier: MIT
/* Each program asks CO-RE for a field that no kernel has. */
#include "bpf.h"

struct task_struct {
	int static_priority; /* the kernel's is static_prio */
} __attribute__((preserve_access_index));

/* Nothing guards the access: the poisoned instruction is reached, and the verifier refuses the program. */
SEC("tracepoint/sched/sched_switch")
int unguarded(void *event)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return READ_INTEGER(task, static_priority); /* the line the loader names */
}

/* The poisoned instructions are dead code behind an existence guard: this one loads. */
SEC("tracepoint/sched/sched_switch")
int guarded(void *event)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!FIELD_EXISTS(task->static_priority))
		return 0;
	return READ_INTEGER(task, static_priority);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
