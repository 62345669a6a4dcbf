// SPDX-License-Identifier: MIT
/* Names of kernel functions with a letter too many. */
#include "bpf.h"

struct task_struct;
extern void bpf_task_realease(struct task_struct *task) SEC_EXTERN(".ksyms");

SEC("?tp_btf/task_newtask")
int calls(u64 *context)
{
	bpf_task_realease((struct task_struct *)context[0]);
	return 0;
}

SEC("?fentry/do_unlinkatt")
int enters(u64 *context)
{
	return 0;
}

SEC("?tp_btf/sched_swich")
int traces(u64 *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
