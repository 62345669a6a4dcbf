// SPDX-License-Identifier: MIT
/* Big-endian: the other half of big_main.bpf.c. */
#include "counters.h"

u64 shared_total = 0x0102030405060708;
static volatile u32 private_count = 2;

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

static NO_INLINE int step(int number)
{
	return number * private_count;
}

HIDDEN NO_INLINE int hidden_step(int number)
{
	return step(number) + step(number + 1);
}

SEC("raw_tp/sys_enter")
int big_pid(void *arguments)
{
	return READ_INTEGER((struct task_struct *)bpf_get_current_task(), pid);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
