// SPDX-License-Identifier: MIT
/* What a program keeps with tasks: user space sets a limit for a task, the program counts its system calls up to it. Needs Linux 5.11. */
#include "bpf.h"

#define BPF_MAP_TYPE_TASK_STORAGE 29

struct task_struct;

static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158;
static void *(*const bpf_task_storage_get)(void *map, struct task_struct *task, void *value, u64 flags) = (void *)156;

struct budget {
	u64 used, limit;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct budget);
} budgets SEC(".maps");

SEC("tp_btf/sys_enter")
int count(u64 *context)
{
	struct budget *budget = bpf_task_storage_get(&budgets, bpf_get_current_task_btf(), 0, 0);

	if (budget && budget->used < budget->limit)
		budget->used++;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
