// SPDX-License-Identifier: MIT
/*
 * The programs, which need library.bpf.c and more.bpf.c. Run them with BPF_PROG_TEST_RUN and any packet of 14 bytes or more; what each
 * returns is told above it. Needs Linux 5.13.
 */
#include "counters.h"

const volatile u32 multiplier = 3;
u64 runs = 100;
static volatile u32 private_count = 1;
static volatile u64 private_zero;

struct sums_map sums SEC(".maps");

extern u64 shared_total;
extern struct sample shared_sample;
extern const volatile u32 library_limit;
extern int LINUX_KERNEL_VERSION KCONFIG;
extern const void no_such_symbol KSYM WEAK;

/* Yields to the strong one of library.bpf.c. */
WEAK NO_INLINE int preferred(void)
{
	return 1000 + private_count;
}

/* Stays, since the others are weak too and come later. */
WEAK NO_INLINE int fallback(void)
{
	return 20 + private_count;
}

/* One of this name in every file. */
static NO_INLINE int step(int number)
{
	return number + 1 + private_count;
}

/* 3 * 7 + (5 + 1 + 1) + hidden_step(5) = 21 + 7 + 16 = 44 */
SEC("socket")
int call_across(struct __sk_buff *packet)
{
	struct sample sample = {.number = 1, .factor = 7};

	return scale(multiplier, &sample) + step(5) + hidden_step(5);
}

/* 2 (preferred: strong) + 21 (fallback: this one) = 23 */
SEC("socket")
int weak_and_strong(struct __sk_buff *packet)
{
	return preferred() + fallback();
}

/* shared_total grows by 5 from 40 and stays below library_limit (1000); 45 + 9 + 'h' (104) at first: 158 */
SEC("socket")
int variables_across(struct __sk_buff *packet)
{
	if (shared_total < library_limit)
		shared_total += 5;
	runs++;
	private_zero++;
	return shared_total + shared_sample.factor + shared_sample.text[0];
}

/* How often this ran before; more.bpf.c counts in element 1, and library.bpf.c reads both. */
SEC("socket")
int count_here(struct __sk_buff *packet)
{
	u32 key = 0;
	u64 *sum = bpf_map_lookup_elem(&sums, &key);

	return sum ? (*sum)++ : -1;
}

/* LINUX_KERNEL_VERSION; 0 if what must be absent is there */
SEC("socket")
int kernel_version(struct __sk_buff *packet)
{
	return &no_such_symbol ? 0 : LINUX_KERNEL_VERSION;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
