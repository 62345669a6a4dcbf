// SPDX-License-Identifier: MIT
/* What the verifier refuses about types of the kernel, sleeping and kernel functions; of each program the rejected form and the repaired one. */
#include "bpf.h"

/* Kernels without the functions have the other programs. */
#define WEAK __attribute__((weak))

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct task_struct {
	int pid;
	int prio;
	struct task_struct *parent;
};
#pragma clang attribute pop

struct bpf_iter_num {
	u64 opaque;
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) SEC_EXTERN(".ksyms") WEAK;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) SEC_EXTERN(".ksyms") WEAK;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) SEC_EXTERN(".ksyms") WEAK;
extern struct task_struct *bpf_task_from_pid(s32 pid) SEC_EXTERN(".ksyms") WEAK;
extern void bpf_task_release(struct task_struct *task) SEC_EXTERN(".ksyms") WEAK;
extern void bpf_rcu_read_lock(void) SEC_EXTERN(".ksyms") WEAK;
extern void bpf_rcu_read_unlock(void) SEC_EXTERN(".ksyms") WEAK;

static long (*const copy_from_user)(void *to, u32 size, const void *from) = (void *)148;

SEC("?tp_btf/sched_switch")
int type_write(u64 *context)
{
	struct task_struct *task = (void *)context[1];

	*(volatile int *)&task->prio = 1; /* rejected */
	return 0;
}

SEC("?tp_btf/sched_switch")
int type_write_repaired(u64 *context)
{
	struct task_struct *task = (void *)context[1];

	return *(volatile int *)&task->prio;
}

SEC("?tp_btf/sched_switch")
int type_outside(u64 *context)
{
	return *(volatile int *)((void *)context[1] + 200000); /* rejected */
}

SEC("?tp_btf/sched_switch")
int type_outside_repaired(u64 *context)
{
	struct task_struct *task = (void *)context[1];

	return *(volatile int *)&task->prio;
}

SEC("?tp_btf/sched_switch")
int sleeping_helper(u64 *context)
{
	u32 value = 0;

	return copy_from_user(&value, sizeof(value), (void *)context[0]); /* rejected */
}

SEC("?syscall")
int sleeping_helper_repaired(u64 *context)
{
	u32 value = 0;

	return copy_from_user(&value, sizeof(value), (void *)8);
}

SEC("?syscall")
int kept_task(void *context)
{
	struct task_struct *task = bpf_task_from_pid(1);

	return task ? *(volatile int *)&task->prio : 0; /* rejected */
}

SEC("?syscall")
int kept_task_repaired(void *context)
{
	struct task_struct *task = bpf_task_from_pid(1);
	int prio = 0;

	if (task) {
		prio = *(volatile int *)&task->prio;
		bpf_task_release(task);
	}
	return prio;
}

SEC("?syscall")
int untrusted_argument(void *context)
{
	struct task_struct *task = bpf_task_from_pid(1);

	if (!task)
		return 0;
	bpf_task_release((void *)(long)*(volatile int *)&task->prio); /* rejected */
	return 0;
}

SEC("?syscall")
int untrusted_argument_repaired(void *context)
{
	struct task_struct *task = bpf_task_from_pid(1);

	if (task)
		bpf_task_release(task);
	return 0;
}

SEC("?syscall")
int kept_iterator(void *context)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	return 0; /* rejected */
}

SEC("?syscall")
int kept_iterator_repaired(void *context)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	while (bpf_iter_num_next(&it))
		;
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("?syscall")
int kept_rcu(void *context)
{
	bpf_rcu_read_lock();
	return 0; /* rejected */
}

SEC("?syscall")
int kept_rcu_repaired(void *context)
{
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
