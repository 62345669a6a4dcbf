// SPDX-License-Identifier: MIT
/* Declares the symbol of the kernel that main.bpf.c declares. */
#include "counters.h"

extern const void no_such_symbol KSYM WEAK;

SEC("socket")
int is_there(struct __sk_buff *packet)
{
	return &no_such_symbol != 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
