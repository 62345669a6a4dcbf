// SPDX-License-Identifier: MIT
/* A function that is called lies in a section of its own, as only programs may. */
#include "bpf.h"

__attribute__((section("helpers"), noinline)) int add(int left, int right)
{
	volatile int sum = left;

	return sum + right;
}

SEC("socket")
int calls(void *packet)
{
	return add((int)bpf_get_prandom_u32(), 1);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
