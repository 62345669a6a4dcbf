// SPDX-License-Identifier: MIT
/* Expects of the kernel what library.bpf.c defines. */
#include "counters.h"

extern u64 shared_total KSYM;

SEC("socket")
int asks_the_kernel(struct __sk_buff *packet)
{
	return shared_total != 0;
}
