// SPDX-License-Identifier: MIT
/* Takes a variable and a function of library.bpf.c for something else. */
#include "bpf.h"

struct __sk_buff;

extern u32 shared_total;

SEC("socket")
int reads_half(struct __sk_buff *packet)
{
	return shared_total;
}
