// SPDX-License-Identifier: MIT
/* What main.bpf.c calls, with a program of its own in a section that main.bpf.c has too. */
#include "counters.h"

struct task_struct {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

u64 shared_total = 40;
struct sample shared_sample = {.factor = 9, .text = "hello"};
const volatile u32 library_limit = 1000;
static volatile u32 private_count = 10;
static volatile u64 private_zero;
extern struct sums_map sums SEC_EXTERN(".maps");
extern int LINUX_KERNEL_VERSION KCONFIG;

int preferred(void);

static NO_INLINE int step(int number)
{
	return number + private_count;
}

NO_INLINE int scale(int number, const struct sample *sample)
{
	return sample ? number * sample->factor : 0;
}

/* 1 + number + 10 */
HIDDEN NO_INLINE int hidden_step(int number)
{
	private_zero++;
	return 1 + step(number);
}

NO_INLINE int preferred(void)
{
	return 2;
}

WEAK NO_INLINE int fallback(void)
{
	return 5000;
}

/* The sum of all elements of the map. */
static long add(void *map, const u32 *index, const u64 *number, u64 *sum)
{
	*sum += *number;
	return 0;
}

SEC("socket")
int sum_all(struct __sk_buff *packet)
{
	u64 sum = 0;

	bpf_for_each_map_elem(&sums, add, &sum, 0);
	return sum;
}

/* pid of the task by CO-RE, at each system call; and whether the kernel is one at all */
SEC("raw_tp/sys_enter")
int library_at_entry(void *arguments)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	shared_total += READ_INTEGER(task, pid) + !LINUX_KERNEL_VERSION;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
