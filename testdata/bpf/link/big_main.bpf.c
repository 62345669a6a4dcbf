// SPDX-License-Identifier: MIT
/* Big-endian: cannot be loaded here, but linked. */
#include "counters.h"

extern u64 shared_total;
static volatile u32 private_count = 1;

static NO_INLINE int step(int number)
{
	return number + private_count;
}

SEC("socket")
int big_program(struct __sk_buff *packet)
{
	return step(1) + hidden_step(2) + shared_total;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
