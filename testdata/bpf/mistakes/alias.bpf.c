// SPDX-License-Identifier: MIT
/* Two names for the same instructions, of a program and of what it calls. */
#include "bpf.h"

static NO_INLINE int original(int number)
{
	volatile int copy = number;

	return copy + 1;
}

SEC("socket")
int program(void *packet)
{
	return original(1);
}

int other_name(void *packet) __attribute__((alias("program")));

char LICENSE[] SEC("license") = "Dual MIT/GPL";
