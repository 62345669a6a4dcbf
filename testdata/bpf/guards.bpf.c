// SPDX-License-Identifier: MIT
/* Ways to keep a program from reaching what no kernel has, and ways that only look so. */
#include "bpf.h"

struct task_struct {
	int static_priority; /* the kernel's is static_prio */
	int static_prio;
} __attribute__((preserve_access_index));

const volatile u32 off = 0;
const volatile u32 on = 1;
u32 variable = 0;

#define CURRENT ((struct task_struct *)bpf_get_current_task())

/* Each missing field is read in a function of its own; who calls it decides. */
static NO_INLINE u64 read_when_called(struct task_struct *task)
{
	return READ_INTEGER(task, static_priority);
}

static NO_INLINE u64 read_never_called(struct task_struct *task)
{
	u64 value = READ_INTEGER(task, static_priority);

	return value * 2;
}

SEC("raw_tp")
int fine_by_constant_variable(void *context)
{
	return off ? READ_INTEGER(CURRENT, static_priority) : 0;
}

SEC("raw_tp")
int fine_by_two_conditions(void *context)
{
	if (FIELD_EXISTS(CURRENT->static_priority) && variable)
		return READ_INTEGER(CURRENT, static_priority);
	return 0;
}

SEC("raw_tp")
int fine_by_negation(void *context)
{
	u32 lacks = !FIELD_EXISTS(CURRENT->static_priority);

	if (lacks)
		return READ_INTEGER(CURRENT, static_prio);
	return READ_INTEGER(CURRENT, static_priority);
}

SEC("raw_tp")
int fine_by_call(void *context)
{
	return FIELD_EXISTS(CURRENT->static_priority) ? read_never_called(CURRENT) : 0;
}

SEC("raw_tp")
int bad_by_constant_variable(void *context)
{
	return on ? READ_INTEGER(CURRENT, static_priority) : 0;
}

SEC("raw_tp")
int bad_by_variable(void *context)
{
	return variable ? READ_INTEGER(CURRENT, static_priority) : 0;
}

SEC("raw_tp")
int bad_by_other_guard(void *context)
{
	return FIELD_EXISTS(CURRENT->static_prio) ? READ_INTEGER(CURRENT, static_priority) : 0;
}

SEC("raw_tp")
int bad_by_call(void *context)
{
	return variable ? read_when_called(CURRENT) : 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
