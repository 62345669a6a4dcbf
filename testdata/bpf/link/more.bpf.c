// SPDX-License-Identifier: MIT
/* A third file, which needs the other two: the same names again, more of every section. */
#include "counters.h"

struct task_struct {
	int tgid;
	int pid;
	char comm[16];
} __attribute__((preserve_access_index));

/* All of another alignment than what comes before them. */
u8 odd_byte = 7;
const volatile u8 odd_constant = 11;
u8 odd_zero;
u64 more_zeros[3];
static volatile u32 private_count = 100;
u32 custom SEC(".data.custom") = 70;

extern u64 shared_total;
extern struct sums_map sums SEC_EXTERN(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u64);
	__type(value, struct sample);
} samples SEC(".maps");

static NO_INLINE int step(int number)
{
	return number + private_count;
}

WEAK NO_INLINE int fallback(void)
{
	return 9000;
}

/* 7 + 11 + 0 + 70 + step(1) (101) + hidden_step(2) (13) = 202 */
SEC("socket")
int odd_variables(struct __sk_buff *packet)
{
	more_zeros[2]++;
	return odd_byte + odd_constant + odd_zero + custom + step(1) + hidden_step(2);
}

/* Adds shared_total to element 1 of the map of main.bpf.c and returns what is there then. */
SEC("tc")
int count_there(struct __sk_buff *packet)
{
	u32 key = 1;
	u64 *sum = bpf_map_lookup_elem(&sums, &key);
	struct sample sample = {.factor = fallback()};
	u64 number = sample.factor;

	bpf_map_update_elem(&samples, &number, &sample, BPF_ANY);
	return sum ? *sum += shared_total : -1;
}

/* tgid and length of the name of the task by CO-RE, at each system call */
SEC("raw_tp/sys_enter")
int more_at_entry(void *arguments)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	more_zeros[0] += READ_INTEGER(task, tgid) + FIELD_SIZE(task->comm);
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
