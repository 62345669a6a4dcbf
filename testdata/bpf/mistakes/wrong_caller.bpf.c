// SPDX-License-Identifier: MIT
/* Helpers that a program of this kind may not call, and one that no kernel has. */
#include "bpf.h"

static long (*const kallsyms_lookup_name)(const char *name, int length, int flags, u64 *address) = (void *)179;
static long (*const future)(void) = (void *)90000;

SEC("?raw_tp/sys_enter")
int for_others(void *context)
{
	char name[4] = "abc";
	u64 address = 0;

	return kallsyms_lookup_name(name, sizeof(name), 0, &address);
}

SEC("?raw_tp/sys_enter")
int for_nobody(void *context)
{
	return future();
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
