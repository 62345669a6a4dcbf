// SPDX-License-Identifier: MIT
/* A kernel function that is declared with a parameter more than it has. */
#include "bpf.h"

struct task_struct;
extern struct task_struct *bpf_task_from_pid(s32 pid, u64 more) SEC_EXTERN(".ksyms");

SEC("tp_btf/task_newtask")
int calls(u64 *context)
{
	bpf_task_from_pid(1, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
